/** One row of a noun as a change plans it: a new one, or one with other values in some columns. What does not move is neither written nor audited. */

import type { Json, JsonObject } from '../core/json.ts'
import type { Row } from '../store/schema.ts'
import type { ControlStatement } from '../store/store.ts'
import type { Touched } from './change.ts'
import type { OperationContext } from './context.ts'
import { moved } from './patch.ts'
import { plainNumbers } from './plain.ts'
import { insertRows, updateRow } from './row-statements.ts'

const kinds = { providers: 'provider', connections: 'connection', model_profiles: 'profile', routes: 'route' } as const
type NounTable = keyof typeof kinds

export type RowChange<T extends NounTable> = {
  /** The row as it is afterwards. */
  readonly row: Row<T>
  readonly statements: readonly ControlStatement[]
  readonly touched: readonly Touched[]
}

/** What no operator says of a new row. */
export function newRow({ clock, ids }: OperationContext) {
  const now = clock.now()
  return { id: ids(), is_canonical: false, canonical_revision: null, removed_at: null, created_at: now, updated_at: now }
}

export function rowAdded<T extends NounTable>({ store }: OperationContext, table: T, row: Row<T>): RowChange<T> {
  return {
    row,
    statements: insertRows(store.read, table, [row]),
    touched: [{ kind: kinds[table], id: row.id, name: row.name, before: {}, after: plainNumbers(row) as JsonObject }],
  }
}

export function rowMoved<T extends NounTable>(
  { store, clock }: OperationContext,
  table: T,
  row: Row<T>,
  columns: Readonly<Record<string, Json>>,
): RowChange<T> {
  const { before, after } = moved(plainNumbers(row) as JsonObject, columns)
  if (Object.keys(after).length === 0) return { row, statements: [], touched: [] }
  const written = { ...after, updated_at: clock.now() }
  return {
    row: { ...row, ...written } as Row<T>,
    statements: [updateRow(store.read, table, row.id, written as object)],
    touched: [{ kind: kinds[table], id: row.id, name: row.name, before, after }],
  }
}
