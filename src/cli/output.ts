/** How an answer leaves a command: a table for a person, JSON, a JSON value a line, or comma-separated values. */

import type { Column } from '../control/operation.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { CommonOptions } from './options.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

export function jsonText(answer: unknown): string {
  return `${JSON.stringify(answer, null, 2)}\n`
}

/** One value a line; none for none. */
export function jsonLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('')
}

/**
 * The first line names the fields: every field of any item, in the order they first come up. Money, ids and instants stand as JSON has
 * them. What a spreadsheet would take for a formula is quoted with an apostrophe before it.
 */
export function csvText(items: readonly Json[]): string {
  const rows = items.map((item) => flattened(isObject(item) ? item : { value: item }))
  const fields = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = [fields, ...rows.map((row) => fields.map((field) => row[field] ?? ''))]
  return fields.length === 0 ? '' : lines.map((line) => `${line.map(quotedCell).join(',')}\r\n`).join('')
}

/** Objects inside become `outer.inner`, lists and empty objects compact JSON. */
function flattened(item: JsonObject, prefix = ''): Record<string, string> {
  const row: Record<string, string> = {}
  for (const [name, value] of Object.entries(item)) {
    if (isObject(value) && Object.keys(value).length > 0) Object.assign(row, flattened(value, `${prefix}${name}.`))
    else row[prefix + name] = plain(value)
  }
  return row
}

function plain(value: Json): string {
  if (value === null) return ''
  if (typeof value !== 'string') return typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /^[=+\-@\t\r]/.test(value) && !/^[+-]?\d+(\.\d+)?$/.test(value) ? `'${value}` : value
}

function quotedCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** A list that a command made by itself. */
export function printList(items: readonly Json[], columns: readonly Column[], options: CommonOptions, terminal: Terminal): void {
  const texts = {
    json: () => jsonText({ items, next: null }),
    jsonl: () => jsonLines(items),
    csv: () => csvText(items),
    table: () => `${renderItems(columns, items, terminal)}\n`,
  }
  terminal.out(texts[options.output]())
}
