/** Rows as statements of a control batch: bound by the kinds of their columns. */

import type { Kysely } from 'kysely'
import { canonicalJson, type Json } from '../core/json.ts'
import { real } from '../store/binding.ts'
import { type Column, type Row, type TableName, type Tables, tables } from '../store/schema.ts'
import { type ControlStatement, recordedAt } from '../store/store.ts'

/** A row to be written. The one column that only the writer knows may hold its stand-in. */
export type NewRow<T extends TableName> = {
  readonly [C in keyof Row<T>]: Row<T>[C] | (C extends 'recorded_at' ? typeof recordedAt : never)
}

/** The table in which each kind of thing that a catalogue, a document or an import speaks of has its rows. */
export const tableOf = { provider: 'providers', connection: 'connections', profile: 'model_profiles', route: 'routes' } as const

const mostRows = 100

export function insertRows<T extends TableName>(read: Kysely<Tables>, table: T, rows: readonly NewRow<T>[]): readonly ControlStatement[] {
  const columns: Readonly<Record<string, Column>> = tables[table].columns
  const statements: ControlStatement[] = []
  for (let from = 0; from < rows.length; from += mostRows) {
    const some = rows.slice(from, from + mostRows) as readonly Readonly<Record<string, unknown>>[]
    const values = some.map((row) => Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, bound(row[name], column)])))
    const query = read
      .insertInto(table)
      .values(values as never)
      .compile()
    statements.push({ sql: query.sql, parameters: query.parameters, expectChanges: some.length })
  }
  return statements
}

/** Other values for some columns of the row with this id. That it is still there is expected. */
export function updateRow<T extends TableName & TableWithId>(
  read: Kysely<Tables>,
  table: T,
  id: string,
  columns: Partial<NewRow<T>>,
): ControlStatement {
  const kinds: Readonly<Record<string, Column>> = tables[table].columns
  const values = Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, bound(value, kinds[name]!)]))
  const query = read
    .updateTable(table as 'providers')
    .set(values)
    .where('id', '=', id)
    .compile()
  return { sql: query.sql, parameters: query.parameters, expectChanges: 1 }
}

/** Takes out the members of a route: as many as there were when the change was planned, where that was counted. */
export function deleteMembers(read: Kysely<Tables>, routeId: string, count?: number): ControlStatement {
  const { sql, parameters } = read.deleteFrom('route_members').where('route_id', '=', routeId).compile()
  return { sql, parameters, ...(count === undefined ? {} : { expectChanges: count }) }
}

/** A member of a route as JSON has it. */
type Member = { readonly profile_id: string; readonly weight: number | null; readonly conditions: Json }

/** The members of a route, in their order. */
export function insertMembers(read: Kysely<Tables>, routeId: string, members: readonly Member[]): readonly ControlStatement[] {
  const rows = members.map(({ profile_id, weight, conditions }, place) => ({
    route_id: routeId,
    position: BigInt(place),
    profile_id,
    weight: weight === null ? null : BigInt(weight),
    conditions,
  }))
  return insertRows(read, 'route_members', rows)
}

type TableWithId = { [T in TableName]: 'id' extends keyof Row<T> ? T : never }[TableName]

/** Where a JSON column cannot be NULL, null is the JSON value. */
function bound(value: unknown, { kind, nullable }: Column): unknown {
  if (value === null && kind === 'json' && nullable !== true) return 'null'
  if (value === null || value === recordedAt) return value
  if (kind === 'json') return canonicalJson(value)
  if (kind === 'real' && typeof value === 'number') return real(value)
  return kind === 'bool' ? Number(value) : value
}
