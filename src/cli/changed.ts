/** What a write did, for a person: the thing as it is now, which fields moved, and what should be known about it. */

import { z } from 'zod'
import { at, isObject, type Json, type JsonObject } from '../core/json.ts'
import { json } from '../core/nouns.ts'
import { cell, isInstant } from './render.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const told = z.looseObject({
  dry_run: z.boolean(),
  config_revision: z.int(),
  changed: z.array(z.object({ kind: z.string(), name: z.string(), field: z.string(), before: json, after: json })),
  warnings: z.array(z.string()),
})

/** The answer of a write taken apart; undefined for any other answer. */
export function readChange(answer: Json): { readonly thing: JsonObject; readonly told: z.output<typeof told> } | undefined {
  const read = told.safeParse(answer)
  if (!read.success) return undefined
  const { dry_run, config_revision, changed, warnings, ...thing } = read.data
  return { thing: thing as JsonObject, told: read.data }
}

/** One line a field that moved. */
export function changedLines({ changed }: Pick<z.output<typeof told>, 'changed'>): readonly string[] {
  return changed.map(
    ({ kind, name, field, before, after }) => `changed  ${kind} ${name}: ${field}  ${shown(field, before)} → ${shown(field, after)}`,
  )
}

/** The same of a row as it was and is, each by the fields that moved. */
export function movedLines(kind: string, name: string, before: Json, after: Json): readonly string[] {
  const fields = [...new Set([before, after].flatMap((each) => (isObject(each) ? Object.keys(each) : [])))]
  const moved = fields.map((field) => ({ kind, name, field, before: at(before, field) ?? null, after: at(after, field) ?? null }))
  return changedLines({ changed: moved.filter((each) => each.before !== each.after) }).map(printable)
}

function shown(field: string, value: Json): string {
  return value === null ? 'nothing' : cell(value, isInstant(field) ? 'instant' : undefined) || '""'
}

/** Beside the data: warnings, and whether anything was written at all. */
export function tellChange({ dry_run, warnings }: z.output<typeof told>, terminal: Terminal): void {
  for (const warning of warnings) terminal.err(`${terminal.paint('yellow', 'warning:')} ${warning}\n`)
  if (dry_run) terminal.err('dry run: nothing was written\n')
}
