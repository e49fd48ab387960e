/** What an operation answers, as a person reads it: a table for a list, lines of name and value for one thing, ids alone when quiet. */

import { printInstant } from '../control/instant.ts'
import type { Column, Operation } from '../control/operation.ts'
import { at, isObject, type Json, type JsonObject } from '../core/json.ts'
import { renderTable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** What the print of a cell or a value depends on. */
type Show = Column['show']

export function renderAnswer(operation: Operation, answer: Json, terminal: Terminal): string {
  if (isList(answer)) return renderItems(operation.columns, answer.items, terminal)
  return renderThing(operation, isObject(answer) ? answer : { answer })
}

export function isList(answer: Json): answer is { readonly items: readonly Json[]; readonly next: Json } {
  return isObject(answer) && Array.isArray(answer.items) && 'next' in answer
}

export function renderItems(columns: readonly Column[], items: readonly Json[], terminal: Terminal): string {
  if (items.length === 0) return 'Nothing to show.'
  const rows = items.map((item) => columns.map((column) => toTheSecond(cell(at(item, column.field), column.show), column.show)))
  const kept = columns.map((column, place) => column.title === '' || rows.some((row) => row[place] !== '') || place === 0)
  const shown = columns.filter((_column, place) => kept[place])
  return renderTable(
    shown.map(({ title, show }) => ({ title, ...(show === undefined || show === 'yes' ? {} : { [show]: true }) })),
    rows.map((row) => row.filter((_cell, place) => kept[place])),
    terminal.width,
  )
}

/** An instant in a list: a table has no room for more, and the thing itself shows all of it. */
function toTheSecond(text: string, show: Show): string {
  return show === 'instant' ? text.replace(/\.\d{3}Z$/, 'Z') : text
}

/**
 * The fields of one thing, nested ones as compact JSON: no, where it is not so, a dash where nothing is said, and no line for a list of
 * none. Names that the operation shows as instants read as instants.
 */
function renderThing(operation: Operation, thing: JsonObject): string {
  const filled = Object.entries(thing).filter(([, value]) => !isEmpty(value))
  const lines = filled.map(([name, value]) => {
    const show: Show = operation.columns.find((column) => column.field === name)?.show ?? (isInstant(name) ? 'instant' : undefined)
    return [name, value === false ? 'no' : cell(value, show) || '-'] as const
  })
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`.trimEnd()).join('\n')
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Fields that hold milliseconds since 1970 bear such names. */
export function isInstant(field: string): boolean {
  return /(^|_)(at|until)$|^effective_from$/.test(field)
}

export function cell(value: Json | undefined, show?: Show): string {
  if (value === null || value === undefined) return ''
  if (show === 'yes') return value === true ? 'yes' : ''
  if (show === 'instant' && typeof value === 'number') return value === 0 ? 'always' : printInstant(value).replace('.000Z', 'Z')
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return String(value)
  return compact(value)
}

/** A nested value in a few words: `a, b` for a plain list, the values alone for a flat object, JSON for the rest. */
function compact(value: Json): string {
  if (Array.isArray(value)) return value.every(isFlat) ? value.map((each) => cell(each)).join(', ') : JSON.stringify(value)
  if (isObject(value) && Object.values(value).every(isFlat))
    return Object.values(value)
      .map((each) => cell(each))
      .filter((each) => each !== '')
      .join(' ')
  return JSON.stringify(value)
}

function isFlat(value: Json): boolean {
  return typeof value !== 'object' || value === null
}
