/** What a manifest says and what the tables hold, as the same kind of value: things with fields, so that the two can be compared. */

import type { Manifest } from '../../catalog/manifest.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Row } from '../../store/schema.ts'
import { plainNumbers } from '../plain.ts'

/** In the order of dependence: each refers to kinds before its own. */
export const kinds = ['provider', 'connection', 'profile', 'route'] as const
export type ThingKind = (typeof kinds)[number]

/** `fields` are the columns that a manifest speaks of, `name` among them; a route's members are one field. */
export type Item = { readonly kind: ThingKind; readonly id: string; readonly fields: JsonObject }
export type Thing = Item & { readonly removed: boolean }
/** What the manifest said of a thing when it was last merged. */
export type Base = Item & { readonly revision: number }

/** What is kept of merges beside the bases. `frozen`: the revision of the base of each path that waits. `retired`: since which revision. */
export type MergeRecord = {
  readonly revision: number
  readonly frozen: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly retired: Readonly<Record<string, number>>
}

export type Present = {
  readonly things: readonly Thing[]
  readonly bases: readonly Base[]
  readonly record: MergeRecord | null
  /** What else names a profile or route, such as `key/laptop`, by that name. */
  readonly namedBy?: ReadonlyMap<string, readonly string[]>
}

/** What a field holds where nobody says anything. */
const defaults: Readonly<Record<ThingKind, JsonObject>> = {
  provider: { dialect: {}, network_cidrs: null, stops_on_disconnect: null, bills_errors: false, modality: 'chat', disabled: false },
  connection: { platform: null, on_abandon: null, canonical_equivalent_id: null, disabled: false },
  profile: {
    system_prompt: null,
    temperature: null,
    max_tokens: null,
    params: {},
    timeouts: {},
    strict: false,
    idempotent: false,
    disabled: false,
  },
  route: { allow_cross: [], members: [], disabled: false },
}

export function withDefaults(kind: ThingKind, fields: JsonObject): JsonObject {
  return { ...defaults[kind], ...fields }
}

/** The fields among `names`: a column that no manifest speaks of is no part of a merge. */
export function only(fields: JsonObject, ...names: readonly JsonObject[]): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.some((each) => Object.hasOwn(each, name))))
}

export function nameOf({ fields }: Item): string {
  return String(fields.name)
}

export function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

/** As a person types it: `provider/openai`. */
export function labelOf(item: Item): string {
  return `${item.kind}/${nameOf(item)}`
}

export function itemsOf(manifest: Manifest): readonly Item[] {
  const idsOf = (items: readonly { readonly id: string; readonly name: string }[]) => new Map(items.map(({ id, name }) => [name, id]))
  const [providers, connections, profiles] = [idsOf(manifest.providers), idsOf(manifest.connections), idsOf(manifest.profiles)]
  return [
    ...manifest.providers.map((item) => itemOf('provider', item)),
    ...manifest.connections.map(({ provider, twin, ...item }) =>
      itemOf('connection', {
        ...item,
        provider_id: known(providers, provider),
        canonical_equivalent_id: twin === null ? null : known(connections, twin),
      }),
    ),
    ...manifest.profiles.map(({ provider, connection, ...item }) =>
      itemOf('profile', { ...item, provider_id: known(providers, provider), connection_id: known(connections, connection) }),
    ),
    ...manifest.routes.map(({ members, ...item }) =>
      itemOf('route', {
        ...item,
        members: members.map(({ profile, weight = null, conditions = {} }) => ({
          profile_id: known(profiles, profile),
          weight,
          conditions,
        })),
      }),
    ),
  ]
}

function itemOf(kind: ThingKind, { id, ...fields }: { readonly id: string } & Readonly<Record<string, unknown>>): Item {
  return { kind, id, fields: withDefaults(kind, fields as JsonObject) }
}

/** A name that the manifest itself does not have refers to nothing that could ever stand. */
function known(ids: ReadonlyMap<string, string>, name: string): string {
  return ids.get(name) ?? `no item named ${name}`
}

export type ControlRows = {
  readonly providers: readonly Row<'providers'>[]
  readonly connections: readonly Row<'connections'>[]
  readonly model_profiles: readonly Row<'model_profiles'>[]
  readonly routes: readonly Row<'routes'>[]
  readonly route_members: readonly Row<'route_members'>[]
}

export function thingsOf(rows: ControlRows): readonly Thing[] {
  const members = Map.groupBy(
    rows.route_members.toSorted((a, b) => Number(a.position - b.position)),
    (row) => row.route_id,
  )
  return [
    ...rows.providers.map((row) => thing('provider', row)),
    ...rows.connections.map((row) => thing('connection', row)),
    ...rows.model_profiles.map((row) => thing('profile', row)),
    ...rows.routes.map((row) => thing('route', { ...row, members: (members.get(row.id) ?? []).map(memberFields) })),
  ]
}

function memberFields({ profile_id, weight, conditions }: Row<'route_members'>): Json {
  return { profile_id, weight: weight === null ? null : Number(weight), conditions }
}

const bookkeeping = new Set(['id', 'is_canonical', 'canonical_revision', 'removed_at', 'created_at', 'updated_at'])

function thing<R extends { readonly id: string; readonly removed_at: number | null }>(kind: ThingKind, row: R): Thing {
  const fields = Object.fromEntries(Object.entries(plainNumbers(row)).filter(([name]) => !bookkeeping.has(name)))
  return { kind, id: row.id, fields: fields as JsonObject, removed: row.removed_at !== null }
}

export type Reference = { readonly field: string; readonly kind: ThingKind; readonly id: string }

/** What a thing refers to, field by field. */
export function referencesOf({ kind, fields }: Item): readonly Reference[] {
  const to = (field: string, target: ThingKind): Reference[] => {
    const id = fields[field]
    return typeof id === 'string' ? [{ field, kind: target, id }] : []
  }
  if (kind === 'connection') return [...to('provider_id', 'provider'), ...to('canonical_equivalent_id', 'connection')]
  if (kind === 'profile') return [...to('provider_id', 'provider'), ...to('connection_id', 'connection')]
  if (kind === 'route') return membersOf(fields).map((id) => ({ field: 'members', kind: 'profile', id }))
  return []
}

/** The ids of a route's profiles, in order. */
export function membersOf(fields: JsonObject): readonly string[] {
  const members = (fields.members ?? []) as readonly { readonly profile_id: string }[]
  return members.map((member) => member.profile_id)
}
