/** A row's fields, where references go by name, as columns and members of the tables. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
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

/** What a profile's calls are: who serves, who pays, which model. */
export function unitIn({ provider = null, connection = null, model = null }: JsonObject): JsonObject {
  return { provider, connection, model }
}

/** The things that the fields refer to. */
export function namesIn({ provider, connection, members }: JsonObject): readonly (readonly [RowKind, string])[] {
  const listed = Array.isArray(members) ? members.map((each: Json) => ['profile', profileOf(each)] as const) : []
  return [...named('provider', provider), ...named('connection', connection), ...listed]
}

/** A field with other names for what it refers to; undefined where one of them has none. */
export function renamed(field: string, value: Json, nameOf: (kind: RowKind, name: string) => string | undefined): Json | undefined {
  if ((field === 'provider' || field === 'connection') && value !== null) return nameOf(field, String(value))
  if (field !== 'members' || !Array.isArray(value)) return value
  const members = value.map((each: Json) => [each, nameOf('profile', profileOf(each))] as const)
  if (members.some(([, name]) => name === undefined)) return undefined
  return members.map(([each, name]) => ({ ...(each as JsonObject), profile: name! }))
}

function profileOf(member: Json): string {
  return isObject(member) ? String(member.profile) : ''
}

function named(kind: RowKind, value: Json | undefined): readonly (readonly [RowKind, string])[] {
  return typeof value === 'string' ? [[kind, value]] : []
}
