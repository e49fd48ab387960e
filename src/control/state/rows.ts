/** The control tables as one state, and that state in an operator's words: what an export says, and what a document is compared with. */

import type { Kysely } from 'kysely'
import { canonicalJson, type Json, type JsonObject } from '../../core/json.ts'
import { compareBytes } from '../../pricing/patterns.ts'
import type { Row, Tables } from '../../store/schema.ts'
import { plainNumbers } from '../plain.ts'
import { type Section, stateVersion } from './document.ts'

/** Every row, removed ones too: an id is never given twice. */
export type StateRows = {
  readonly providers: readonly Row<'providers'>[]
  readonly connections: readonly Row<'connections'>[]
  readonly profiles: readonly Row<'model_profiles'>[]
  readonly routes: readonly Row<'routes'>[]
  readonly members: readonly Row<'route_members'>[]
  readonly settings: readonly Row<'settings'>[]
  readonly keys: readonly Row<'keys'>[]
}

export async function readStateRows(read: Kysely<Tables>): Promise<StateRows> {
  const [providers, connections, profiles, routes, members, settings, keys] = await Promise.all([
    read.selectFrom('providers').selectAll().execute(),
    read.selectFrom('connections').selectAll().execute(),
    read.selectFrom('model_profiles').selectAll().execute(),
    read.selectFrom('routes').selectAll().execute(),
    read.selectFrom('route_members').selectAll().orderBy('route_id').orderBy('position').execute(),
    read.selectFrom('settings').selectAll().execute(),
    read.selectFrom('keys').selectAll().execute(),
  ])
  return { providers, connections, profiles, routes, members, settings, keys }
}

export function isThere(row: { readonly removed_at: number | null }): boolean {
  return row.removed_at === null
}

/** The whole state as a document: every field of every row, rows by name, so that equal states have equal texts. */
export function showState(rows: StateRows): JsonObject {
  const shown: Record<Exclude<Section, 'rates'>, readonly JsonObject[]> = {
    providers: rows.providers.filter(isThere).map(showProviderRow),
    connections: rows.connections.filter(isThere).map((row) => showConnectionRow(row, rows)),
    profiles: rows.profiles.filter(isThere).map((row) => showProfileRow(row, rows)),
    routes: rows.routes.filter(isThere).map((row) => showRouteRow(row, rows)),
    settings: rows.settings.map(({ name, value }) => ({ name, value })),
    keys: rows.keys.filter((row) => row.revoked_at === null).map(showKeyRow),
  }
  const sorted = Object.entries(shown).map(([section, items]) => [
    section,
    items.toSorted((a, b) => compareBytes(String(a.name), String(b.name))).map(inOrder),
  ])
  return { purser: stateVersion, ...(Object.fromEntries(sorted) as JsonObject) }
}

/** Fields of a row as they are declared, what stands inside of them by name. */
export function inOrder(item: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, JSON.parse(canonicalJson(value)) as Json]))
}

export function showProviderRow(row: Row<'providers'>): JsonObject {
  const { id, name, contract, base_url, dialect, network, network_cidrs, stops_on_disconnect, bills_errors, disabled } = row
  return { id, name, contract, base_url, dialect, network, network_cidrs, stops_on_disconnect, bills_errors, disabled }
}

export function showConnectionRow(row: Row<'connections'>, { providers, connections }: StateRows): JsonObject {
  const { id, name, auth, billing, platform, on_abandon, disabled } = row
  const provider = nameOf(providers, row.provider_id)
  return { id, name, provider, auth, billing, platform, on_abandon, twin: nameOf(connections, row.canonical_equivalent_id), disabled }
}

export function showProfileRow(row: Row<'model_profiles'>, { providers, connections }: StateRows): JsonObject {
  const { id, name, model, system_prompt, temperature, max_tokens, params, timeouts, strict, idempotent, disabled } = plainNumbers(row)
  const names = { provider: nameOf(providers, row.provider_id), connection: nameOf(connections, row.connection_id) }
  return { id, name, ...names, model, system_prompt, temperature, max_tokens, params, timeouts, strict, idempotent, disabled }
}

export function showRouteRow(row: Row<'routes'>, rows: StateRows): JsonObject {
  const { id, name, allow_cross, disabled } = row
  return { id, name, members: showMembers(row.id, rows), allow_cross, disabled }
}

export function showMembers(routeId: string, { members, profiles }: StateRows): readonly JsonObject[] {
  return members
    .filter((member) => member.route_id === routeId)
    .toSorted((a, b) => Number(a.position - b.position))
    .map(({ profile_id, weight, conditions }) => ({
      profile: nameOf(profiles, profile_id),
      weight: weight === null ? null : Number(weight),
      conditions,
    }))
}

export function showKeyRow({ id, name, kind, scopes, expires_at }: Row<'keys'>): JsonObject {
  return { id, name, kind, scopes, expires_at }
}

/** What a removed row was called is nobody's name any more; its id says which it was. */
function nameOf(rows: readonly { readonly id: string; readonly name: string; readonly removed_at: number | null }[], id: string | null) {
  if (id === null) return null
  const row = rows.find((each) => each.id === id)
  return row !== undefined && isThere(row) ? row.name : id
}
