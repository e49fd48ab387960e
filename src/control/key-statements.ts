/** How a key row is written: as one statement of a control batch. */

import type { Kysely } from 'kysely'
import type { Tables } from '../store/schema.ts'
import type { ControlStatement } from '../store/store.ts'

export type NewKey = {
  readonly id: string
  readonly name: string
  readonly kind: 'call' | 'admin'
  readonly secret_hash: string
  readonly scopes: string
  readonly created_at: number
}

export function insertKey(read: Kysely<Tables>, key: NewKey): ControlStatement {
  const query = read
    .insertInto('keys')
    .values({ ...key, tenant_id: 'default', expires_at: null, revoked_at: null })
    .compile()
  return { sql: query.sql, parameters: query.parameters, expectChanges: 1 }
}
