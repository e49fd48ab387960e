/** Which changes of the manifest wait for the operator: those that would send calls, prompts or a secret elsewhere, or let another account pay. */

import { at, type Json, type JsonObject } from '../../core/json.ts'
import type { Value } from '../merge.ts'
import { type Item, keyOf, membersOf, nameOf, type Present, type Thing } from './items.ts'

export const guardReasons = {
  secret_bound: 'a connection holds a secret for where this points now',
  profile_uses: 'a profile uses this row',
  who_pays: 'calls would go to another account or provider',
  known_by_name: 'a key or a setting names it',
} as const
type GuardReason = keyof typeof guardReasons

/** Fields whose parts mean nothing apart: the type of an auth decides which others there are. */
export const wholeFields: ReadonlySet<string> = new Set(['auth'])

const whereItPoints: ReadonlySet<string> = new Set([
  ...['base_url', 'contract', 'network', 'network_cidrs'],
  ...['provider_id', 'auth', 'billing', 'platform'],
])

/** Why theirs may not be taken unasked, or null. `things` are those before the merge, `items` those of the manifest. */
export function guardOf(item: Item, field: string, theirs: Value, { things, items, namedBy }: Sides): GuardReason | null {
  const standing = things.filter((thing) => !thing.removed)
  if (item.kind === 'provider' || item.kind === 'connection') {
    if (!whereItPoints.has(field)) return null
    if (standing.some((thing) => holdsSecret(thing) && concerns(item, thing))) return 'secret_bound'
    return standing.some((thing) => thing.kind === 'profile' && concerns(item, thing)) ? 'profile_uses' : null
  }
  if (field === 'name') return namedBy?.has(nameOf(item)) === true ? 'known_by_name' : null
  if (item.kind === 'profile') return field === 'provider_id' || field === 'connection_id' ? 'who_pays' : null
  if (field === 'allow_cross') return 'who_pays'
  return field === 'members' && movesAccounts(item, theirs, [...things, ...items]) ? 'who_pays' : null
}

type Sides = Pick<Present, 'things' | 'namedBy'> & { readonly items: readonly Item[] }

/** Whether a secret is there nobody can say from the tables: a reference to one counts. */
function holdsSecret({ kind, fields }: Thing): boolean {
  return kind === 'connection' && typeof at(fields.auth, 'credential') === 'string'
}

function concerns(item: Item, other: Thing): boolean {
  if (keyOf(item) === keyOf(other)) return true
  if (item.kind === 'provider') return other.fields.provider_id === item.id
  if (other.kind !== 'profile') return false
  return (
    other.fields.connection_id === item.id || (other.fields.connection_id === null && other.fields.provider_id === item.fields.provider_id)
  )
}

/** Whether the new members would let a connection serve that served no member before. */
function movesAccounts(route: Item, theirs: Value, things: readonly Item[]): boolean {
  const accounts = (fields: JsonObject) =>
    membersOf(fields).map((id) => {
      const profile = things.find((thing) => thing.kind === 'profile' && thing.id === id)
      return `${profile?.fields.provider_id ?? id} ${profile?.fields.connection_id ?? ''}`
    })
  const before = new Set(accounts(route.fields))
  return accounts({ members: theirs as Json }).some((account) => !before.has(account))
}
