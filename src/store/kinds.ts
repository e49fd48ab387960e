/** What a column's value is in code, once it has been read: the one place that settles how the engines differ. */

import { parseJson } from '../core/json.ts'
import { type Kind, type Table, tables } from './schema.ts'

export type Row = Record<string, unknown>

/** The kind of every column by its name alone, which is all that a result tells. */
export const kindOfColumn: ReadonlyMap<string, Kind> = collectKinds(tables)

export function collectKinds(schema: Readonly<Record<string, Table>>): Map<string, Kind> {
  const kinds = new Map<string, Kind>()
  for (const [tableName, table] of Object.entries(schema)) {
    for (const [name, { kind }] of Object.entries(table.columns)) {
      const known = kinds.get(name)
      if (known !== undefined && known !== kind)
        throw new Error(`${tableName}.${name} is ${kind}, and the same name is ${known} in another table.`)
      kinds.set(name, kind)
    }
  }
  return kinds
}

const read: Readonly<Record<Kind, (value: unknown) => unknown>> = {
  text: (value) => value,
  int: (value) => (typeof value === 'bigint' ? value : BigInt(value as number | string)),
  bool: (value) => value === 1n || value === 1 || value === true,
  json: (value) => parseJson(value as string) ?? unreadable(value as string),
  instant: Number,
  real: Number,
}

/** JSON that was edited by hand and broken: its text, which no schema takes, so that the row is set aside by name and the others are read. */
function unreadable(text: string): string | null {
  return text.trim() === 'null' ? null : text
}

/** A row as the house sees it. Whole numbers of unnamed expressions (`count(*)`, `sum(…)`, `max(…)`) are bigint. */
export function readRow(row: Row): Row {
  const result: Row = {}
  for (const name in row) {
    const value = row[name]
    const kind = value === null ? undefined : kindOfColumn.get(name)
    result[name] = kind === undefined ? value : read[kind](value)
  }
  return result
}

/** NUMERIC, as Postgres answers a `sum` over BIGINT: whole ones as bigint. */
export function readNumeric(text: string): bigint | number {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text)
}
