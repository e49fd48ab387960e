/** The store as the plan is made against it: rows by name, what the last import said, and what it kept. */

import type { Json, JsonObject } from '../../core/json.ts'
import type { Row } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import type { Kind } from './notes.ts'

export type Thing = {
  readonly kind: Exclude<Kind, 'rate_card'>
  readonly id: string
  readonly name: string
  /** References by name, so that they compare with what the file says. */
  readonly fields: JsonObject
  readonly canonical: boolean
  /** What the manifest said of it, where it says anything. */
  readonly shipped: JsonObject | null
  readonly removed: boolean
  /** Columns that no file of the source speaks of. */
  readonly beyond: JsonObject
}

/** What columns hold that no file of the source speaks of, in a row that an import makes. */
export const unspoken = {
  provider: { dialect: {}, stops_on_disconnect: null, bills_errors: false, modality: 'chat' },
  connection: { on_abandon: null, canonical_equivalent_id: null },
  profile: { system_prompt: null, timeouts: {}, strict: false, idempotent: false },
  route: { allow_cross: [] },
} as const satisfies Readonly<Record<Thing['kind'], JsonObject>>

export type Origin = {
  readonly kind: Kind
  readonly name: string
  readonly field: string
  readonly pointer: string
  readonly era: string
  readonly rule: string
  readonly value: Json
}

export type LastImport = {
  readonly id: string
  readonly origins: readonly Origin[]
  /** By `kind/name` as imported: the row. */
  readonly rows: ReadonlyMap<string, string>
  readonly kept: ReadonlyMap<string, Json>
}

export type Present = {
  readonly revision: bigint
  readonly things: readonly Thing[]
  readonly cards: readonly { readonly id: string; readonly voided: boolean }[]
  readonly last: LastImport | null
}

export async function readPresent({ read }: Pick<Store, 'read'>): Promise<Present> {
  const [revision, providers, connections, profiles, routes, members, cards, voids, base, imports] = await Promise.all([
    read.selectFrom('revision').select('n').executeTakeFirst(),
    read.selectFrom('providers').selectAll().execute(),
    read.selectFrom('connections').selectAll().execute(),
    read.selectFrom('model_profiles').selectAll().execute(),
    read.selectFrom('routes').selectAll().execute(),
    read.selectFrom('route_members').selectAll().orderBy('position').execute(),
    read
      .selectFrom('rate_cards')
      .select('id')
      .where('source_ref', 'is not', null)
      .where('source', 'in', ['import:config.json', 'user_override'])
      .execute(),
    read.selectFrom('rate_card_voids').select('rate_card_id').execute(),
    read.selectFrom('canonical_base').selectAll().execute(),
    read
      .selectFrom('imports')
      .selectAll()
      .where('kind', '=', 'backfill')
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(1)
      .execute(),
  ])
  const shipped = new Map(base.map((row) => [row.row_id, row.fields as JsonObject]))
  const voided = new Set(voids.map((row) => row.rate_card_id))
  return {
    revision: revision?.n ?? 0n,
    things: thingsOf({ providers, connections, profiles, routes, members }, shipped),
    cards: cards.map(({ id }) => ({ id, voided: voided.has(id) })),
    last: imports[0] === undefined ? null : await readImport(read, imports[0].id),
  }
}

type Rows = {
  readonly providers: readonly Row<'providers'>[]
  readonly connections: readonly Row<'connections'>[]
  readonly profiles: readonly Row<'model_profiles'>[]
  readonly routes: readonly Row<'routes'>[]
  readonly members: readonly Row<'route_members'>[]
}

export function thingsOf(rows: Rows, shipped: ReadonlyMap<string, JsonObject>): readonly Thing[] {
  const nameOf = new Map([...rows.providers, ...rows.connections, ...rows.profiles].map((row) => [row.id, row.name]))
  const named = (id: string | null) => (id === null ? null : (nameOf.get(id) ?? null))
  const members = Map.groupBy(rows.members, (row) => row.route_id)
  const thing = (kind: Thing['kind'], row: Row<'routes'> | Row<'providers'>, fields: JsonObject): Thing => ({
    kind,
    id: row.id,
    name: row.name,
    fields: { ...fields, disabled: row.disabled },
    canonical: row.is_canonical,
    shipped: row.is_canonical ? (shipped.get(row.id) ?? null) : null,
    removed: row.removed_at !== null,
    beyond: Object.fromEntries(Object.keys(unspoken[kind]).map((column) => [column, row[column as 'disabled']])),
  })
  return [
    ...rows.providers.map((row) => {
      const { contract, base_url, network, network_cidrs } = row
      return thing('provider', row, { contract, base_url, network, network_cidrs })
    }),
    ...rows.connections.map((row) => {
      const { provider_id, auth, billing, platform } = row
      return thing('connection', row as never, { provider: named(provider_id), auth, billing, platform })
    }),
    ...rows.profiles.map((row) => {
      const { provider_id, connection_id, model, max_tokens, temperature, params } = row
      const fields = { provider: named(provider_id), connection: named(connection_id), model, temperature, params }
      return thing('profile', row as never, { ...fields, max_tokens: max_tokens === null ? null : Number(max_tokens) })
    }),
    ...rows.routes.map((row) => {
      const list = (members.get(row.id) ?? []).map(({ profile_id, weight }) => ({
        profile: named(profile_id),
        weight: weight === null ? null : Number(weight),
      }))
      return thing('route', row, { members: list })
    }),
  ]
}

export async function readImport(read: Store['read'], id: string): Promise<LastImport> {
  const [provenance, preserved] = await Promise.all([
    read.selectFrom('provenance').selectAll().where('import_id', '=', id).execute(),
    read.selectFrom('preserved').selectAll().where('import_id', '=', id).execute(),
  ])
  const names = new Map(
    provenance.filter(({ field }) => field === 'name').map(({ kind, row_id, value }) => [`${kind}/${row_id}`, String(value)] as const),
  )
  const origins = provenance.map(({ kind, row_id, field, pointer, era, rule, value }) => ({
    kind: kind as Kind,
    name: names.get(`${kind}/${row_id}`) ?? row_id,
    field,
    pointer,
    era,
    rule,
    value,
  }))
  const rows = new Map(provenance.map(({ kind, row_id }) => [`${kind}/${names.get(`${kind}/${row_id}`) ?? row_id}`, row_id] as const))
  return { id, origins, rows, kept: new Map(preserved.map(({ pointer, value }) => [pointer, value])) }
}
