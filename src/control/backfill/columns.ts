/** A row's fields, where references go by name, as columns and members of the tables. */

import type { JsonObject } from '../../core/json.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { OperationContext } from '../context.ts'
import { deleteMembers, insertMembers } from '../row-statements.ts'
import type { RowKind } from './settle.ts'

/** The id of what is called so. */
export type IdOf = (kind: RowKind, name: string) => string

export function columnsOf(idOf: IdOf, kind: RowKind, fields: JsonObject): object {
  const { provider, connection, members: _members, max_tokens, ...rest } = fields
  return {
    ...rest,
    ...(provider === undefined ? {} : { provider_id: idOf('provider', String(provider)) }),
    ...(connection === undefined ? {} : { connection_id: connection === null ? null : idOf('connection', String(connection)) }),
    ...(kind !== 'profile' || max_tokens === undefined ? {} : { max_tokens: max_tokens === null ? null : BigInt(Number(max_tokens)) }),
  }
}

type Members = readonly { readonly profile: string; readonly weight: number | null }[]

/** The members that the fields say, in place of those that a route has had; none where they say nothing of members. */
export function membersOf(
  { store }: OperationContext,
  idOf: IdOf,
  routeId: string,
  { members }: JsonObject,
  replace: boolean,
): readonly ControlStatement[] {
  if (members === undefined) return []
  const rows = (members as unknown as Members).map(({ profile, weight }) => ({
    profile_id: idOf('profile', profile),
    weight,
    conditions: {},
  }))
  return [...(replace ? [deleteMembers(store.read, routeId)] : []), ...insertMembers(store.read, routeId, rows)]
}
