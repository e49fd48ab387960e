/** Which rows of the manifest are missing: the plan of the seed, without doing it. What is there, in use or removed, is left as it is. */

import type { Manifest } from '../catalog/manifest.ts'
import type { JsonObject } from '../core/json.ts'
import type { Row } from '../store/schema.ts'

export type Conflict = {
  readonly kind: 'provider' | 'connection' | 'profile' | 'rate_card' | 'alias'
  readonly name: string
  readonly reason: string
}

/** What the database holds, as far as the plan must know it. */
export type Present = {
  readonly providers: readonly Named[]
  readonly connections: readonly Named[]
  readonly profiles: readonly Named[]
  /** `kind/id` of everything that a manifest ever put there. */
  readonly seeded: ReadonlySet<string>
}
type Named = { readonly id: string; readonly name: string; readonly removed_at: number | null }

export type ManifestPlan = {
  readonly providers: readonly Row<'providers'>[]
  readonly connections: readonly Row<'connections'>[]
  readonly model_profiles: readonly Row<'model_profiles'>[]
  readonly canonical_base: readonly Row<'canonical_base'>[]
  readonly conflicts: readonly Conflict[]
}

export function planManifest(manifest: Manifest, present: Present, now: number): ManifestPlan {
  const conflicts: Conflict[] = []
  const shipped = { is_canonical: true, canonical_revision: BigInt(manifest.revision), removed_at: null, created_at: now, updated_at: now }
  const providerIds = new Map(manifest.providers.map((item) => [item.name, item.id]))
  const connectionIds = new Map(manifest.connections.map((item) => [item.name, item.id]))

  /** True where the item is to be inserted. A name that an operator's row bears is a conflict, and that row is never adopted. */
  const isMissing = (
    kind: 'provider' | 'connection' | 'profile',
    item: { readonly id: string; readonly name: string },
    rows: readonly Named[],
  ): boolean => {
    if (rows.some((row) => row.id === item.id) || present.seeded.has(`${kind}/${item.id}`)) return false
    const taken = rows.some((row) => row.name === item.name && row.removed_at === null)
    if (taken) conflicts.push({ kind, name: item.name, reason: 'name_taken' })
    return !taken
  }
  const stands = (
    needs: 'provider' | 'connection',
    name: string,
    planned: readonly Named[],
    rows: readonly Named[],
    kind: Conflict['kind'],
    item: string,
  ): boolean => {
    const id = (needs === 'provider' ? providerIds : connectionIds).get(name)
    const found = [...planned, ...rows].some((row) => row.id === id && row.removed_at === null)
    if (!found) conflicts.push({ kind, name: item, reason: `${needs}_absent` })
    return found
  }

  const providers = manifest.providers
    .filter((item) => isMissing('provider', item, present.providers))
    .map((item) => ({
      ...item,
      network_cidrs: null,
      stops_on_disconnect: null,
      bills_errors: false,
      modality: 'chat',
      disabled: false,
      ...shipped,
    }))
  const newConnections = manifest.connections.filter(
    (item) =>
      isMissing('connection', item, present.connections) &&
      stands('provider', item.provider, providers, present.providers, 'connection', item.name),
  )
  const connections = newConnections.map(({ provider, twin, ...item }) => ({
    ...item,
    provider_id: providerIds.get(provider)!,
    platform: null,
    on_abandon: null,
    canonical_equivalent_id: newConnections.find((other) => other.name === twin)?.id ?? null,
    ...shipped,
  }))
  const profiles = manifest.profiles
    .filter((item) => isMissing('profile', item, present.profiles))
    .filter((item) => stands('connection', item.connection, connections, present.connections, 'profile', item.name))
    .map(({ provider, connection, ...item }) => ({
      ...item,
      provider_id: providerIds.get(provider)!,
      connection_id: connectionIds.get(connection)!,
      system_prompt: null,
      temperature: null,
      max_tokens: null,
      params: {},
      timeouts: {},
      strict: false,
      idempotent: false,
      disabled: false,
      ...shipped,
    }))
  const base = (kind: string, rows: readonly (JsonObject & { readonly id: string })[]): Row<'canonical_base'>[] =>
    rows.map(({ id, ...fields }) => ({ kind, row_id: id, revision: BigInt(manifest.revision), fields }))
  return {
    providers,
    connections,
    model_profiles: profiles,
    canonical_base: [
      ...base('provider', providers.map(said)),
      ...base('connection', connections.map(said)),
      ...base('profile', profiles.map(said)),
    ],
    conflicts,
  }
}

/** The columns that a manifest speaks of: all but the book-keeping. */
function said<T extends { readonly id: string }>(row: T): JsonObject & { readonly id: string } {
  const {
    is_canonical: _canonical,
    canonical_revision: _revision,
    removed_at: _removed,
    created_at: _created,
    updated_at: _updated,
    ...fields
  } = row as Record<string, unknown>
  return fields as JsonObject & { readonly id: string }
}
