/** How a key row is written: as statements of a control batch. */

import type { Kysely } from 'kysely'
import type { Tables } from '../store/schema.ts'
import type { ControlStatement } from '../store/store.ts'
import { insertRows, type NewRow } from './row-statements.ts'

export type NewKey = Pick<NewRow<'keys'>, 'id' | 'name' | 'kind' | 'secret_hash' | 'scopes' | 'created_at'>

/** Keys of the one tenant there is, neither expired nor revoked. */
export function insertKeys(read: Kysely<Tables>, keys: readonly NewKey[]): readonly ControlStatement[] {
  return insertRows(
    read,
    'keys',
    keys.map((key) => ({ ...key, tenant_id: 'default', expires_at: null, revoked_at: null, ...unrotated })),
  )
}

const unrotated = { next_hash: null, next_until: null, last_used_at: null } as const
