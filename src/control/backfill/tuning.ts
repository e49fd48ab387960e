/** The tuning of one fragment of the file, field by field: what has a column or a parameter here, what is impossible. All else is left to be preserved. */

import type { Json, JsonObject } from '../../core/json.ts'
import { type Cell, cell, type Notes, note } from './notes.ts'
import { child, member } from './pointer.ts'

type Rule = { readonly path: readonly string[]; readonly field: string; readonly takes: (value: Json) => boolean }

const whole = (least: number) => (value: Json) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= 100_000_000
const between = (least: number, most: number) => (value: Json) => typeof value === 'number' && value >= least && value <= most
const oneOf =
  (...words: readonly string[]) =>
  (value: Json) =>
    typeof value === 'string' && words.includes(value)

const rules: readonly Rule[] = [
  { path: ['maxTokens'], field: 'max_tokens', takes: whole(1) },
  { path: ['temperature'], field: 'temperature', takes: between(0, 2) },
  { path: ['topP'], field: 'params.top_p', takes: between(0, 1) },
  { path: ['effort'], field: 'params.effort', takes: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max') },
  { path: ['verbosity'], field: 'params.verbosity', takes: oneOf('low', 'medium', 'high') },
  { path: ['speed'], field: 'params.speed', takes: oneOf('standard', 'fast') },
  { path: ['thinking', 'enabled'], field: 'params.thinking.enabled', takes: (value) => typeof value === 'boolean' },
  { path: ['thinking', 'budgetTokens'], field: 'params.thinking.budget_tokens', takes: whole(0) },
  {
    path: ['openrouter', 'only'],
    field: 'params.provider.only',
    takes: (value) => Array.isArray(value) && value.every((each: Json) => typeof each === 'string'),
  },
]

/** `unless`: values that are nobody's choice; they are listed and not taken. */
export function tuningOf(
  notes: Notes,
  fragment: JsonObject,
  pointer: string,
  unless: (path: string, value: Json) => boolean = () => false,
): Record<string, Cell> {
  const cells: Record<string, Cell> = {}
  for (const { path, field, takes } of rules) {
    const value = path.reduce<Json | undefined>(member, fragment)
    const place = path.reduce(child, pointer)
    if (value === undefined) continue
    if (unless(path.join('.'), value)) note(notes, 'skip', place, 'injected', { provenance: 'injected', field, value })
    else if (value === null || (typeof value === 'string' && value.trim() === '')) note(notes, 'skip', place, 'says_nothing', { field })
    else if (takes(value)) cells[field] = cell(value, place, 'tuning')
    else note(notes, 'refuse', place, 'impossible_value', { field })
  }
  return cells
}
