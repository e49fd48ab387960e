/** Control rows written straight into a database, for tests of what reads and changes them. */

import { insertRows, type NewRow } from '../../src/control/row-statements.ts'
import type { Connection, Profile, Provider, Route } from '../../src/core/nouns.ts'
import type { TableName } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { audited } from './audit.ts'

export type ControlRows = {
  readonly providers?: readonly Provider[]
  readonly connections?: readonly Connection[]
  readonly profiles?: readonly Profile[]
  readonly routes?: readonly Route[]
}

export async function addControlRows({ read, writer }: Store, rows: ControlRows): Promise<void> {
  const into = <T extends TableName>(table: T, some: readonly object[] = []) => insertRows(read, table, some as readonly NewRow<T>[])
  await writer.control({
    audit: audited(),
    statements: [
      ...into('providers', rows.providers),
      ...into('connections', rows.connections),
      ...into('model_profiles', rows.profiles),
      ...into('routes', rows.routes),
      ...into(
        'route_members',
        rows.routes?.flatMap(({ members }) => members),
      ),
    ],
  })
}
