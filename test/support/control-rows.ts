/** Control rows written straight into a database, for tests of what reads and changes them. */

import { insertRows, type NewRow } from '../../src/control/row-statements.ts'
import type { Connection, Profile, Provider, Route } from '../../src/core/nouns.ts'
import { originOf } from '../../src/net/destination.ts'
import type { Keys } from '../../src/net/vault.ts'
import type { Row, TableName } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { audited } from './audit.ts'

export type ControlRows = {
  readonly providers?: readonly Provider[]
  readonly connections?: readonly Connection[]
  readonly profiles?: readonly Profile[]
  readonly routes?: readonly Route[]
  /** References that may go to an address beyond those of the catalogue. */
  readonly bindings?: readonly { readonly reference: string; readonly address: string; readonly keys: Keys }[]
}

export async function addControlRows({ read, writer }: Store, rows: ControlRows): Promise<void> {
  const into = <T extends TableName>(table: T, some: readonly object[] = []) => insertRows(read, table, some as readonly NewRow<T>[])
  await writer.control({
    audit: audited(),
    statements: [
      ...into('providers', rows.providers),
      ...into('connections', rows.connections),
      ...into('model_profiles', rows.profiles),
      ...into('secret_bindings', rows.bindings?.map(bindingRow)),
      ...into('routes', rows.routes),
      ...into(
        'route_members',
        rows.routes?.flatMap(({ members }) => members),
      ),
    ],
  })
}

function bindingRow({ reference, address, keys }: NonNullable<ControlRows['bindings']>[number]): Row<'secret_bindings'> {
  if ('missing' in keys) throw new Error(keys.missing)
  const origin = originOf(address)
  return { reference, origin, hmac: keys.current.prove(reference, origin) }
}
