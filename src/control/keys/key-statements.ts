/** How a key row is written: as statements of a control batch. */

import type { Kysely } from 'kysely'
import type { Row, Tables } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import { insertRows } from '../row-statements.ts'

type Known = 'id' | 'name' | 'kind' | 'secret_hash' | 'scopes' | 'created_at'
export type NewKey = Pick<Row<'keys'>, Known> & { readonly expires_at?: number | null }

export function insertKeys(read: Kysely<Tables>, keys: readonly NewKey[]): readonly ControlStatement[] {
  return insertRows(read, 'keys', keys.map(wholeKey))
}

/** A key of the one tenant there is, with one secret. */
export function wholeKey(key: NewKey): Row<'keys'> {
  return { tenant_id: 'default', expires_at: null, ...key, revoked_at: null, next_hash: null, next_until: null, last_used_at: null }
}
