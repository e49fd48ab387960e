/** Rows as statements of a control batch: bound by the kinds of their columns, many rows a statement. */

import type { Kysely } from 'kysely'
import { canonicalJson } from '../core/json.ts'
import { real } from '../store/binding.ts'
import { type Column, type Kind, type Row, type TableName, type Tables, tables } from '../store/schema.ts'
import { type ControlStatement, recordedAt } from '../store/store.ts'

/** A row to be written. The one column that only the writer knows may hold its stand-in. */
export type NewRow<T extends TableName> = {
  readonly [C in keyof Row<T>]: Row<T>[C] | (C extends 'recorded_at' ? typeof recordedAt : never)
}

const mostRows = 100

export function insertRows<T extends TableName>(read: Kysely<Tables>, table: T, rows: readonly NewRow<T>[]): readonly ControlStatement[] {
  const columns: Readonly<Record<string, Column>> = tables[table].columns
  const statements: ControlStatement[] = []
  for (let from = 0; from < rows.length; from += mostRows) {
    const some = rows.slice(from, from + mostRows) as readonly Readonly<Record<string, unknown>>[]
    const values = some.map((row) => Object.fromEntries(Object.entries(columns).map(([name, { kind }]) => [name, bound(row[name], kind)])))
    const query = read
      .insertInto(table)
      .values(values as never)
      .compile()
    statements.push({ sql: query.sql, parameters: query.parameters, expectChanges: some.length })
  }
  return statements
}

function bound(value: unknown, kind: Kind): unknown {
  if (value === null || value === recordedAt) return value
  if (kind === 'json') return canonicalJson(value)
  if (kind === 'real' && typeof value === 'number') return real(value)
  return kind === 'bool' ? Number(value) : value
}
