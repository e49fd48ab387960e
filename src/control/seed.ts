/** Puts in what comes in the box and is missing: manifest rows, rate cards, aliases. Run at every start; the second run writes nothing. */

import { type Manifest, shippedManifest } from '../catalog/manifest.ts'
import { type Catalogue, shippedCatalogue } from '../catalog/rate-cards.ts'
import type { Clock } from '../core/ports.ts'
import type { Store } from '../store/store.ts'
import { rateStatements } from './rate-statements.ts'
import { insertRows } from './row-statements.ts'
import { type Conflict, type ManifestPlan, planManifest } from './seed-manifest.ts'
import { planRates, type RatesPlan, type RatesPresent } from './seed-rates.ts'

export type Shipped = { readonly manifest: Manifest; readonly catalogue: Catalogue }

export type SeedReport = {
  readonly inserted: {
    readonly providers: number
    readonly connections: number
    readonly profiles: number
    readonly rateCards: number
    readonly aliases: number
  }
  /** What stands in the way, and was left as it is. */
  readonly conflicts: readonly Conflict[]
  /** The revision of the control tables afterwards; null where nothing was written. */
  readonly revision: bigint | null
}

export async function seed(
  store: Store,
  clock: Clock,
  ids: () => string,
  shipped: Shipped = { manifest: shippedManifest(), catalogue: shippedCatalogue() },
): Promise<SeedReport> {
  const { read } = store
  const [revision, base, providers, connections, profiles, rates] = await Promise.all([
    read.selectFrom('revision').select('n').executeTakeFirst(),
    read.selectFrom('canonical_base').select(['kind', 'row_id', 'revision']).execute(),
    read.selectFrom('providers').select(['id', 'name', 'removed_at']).execute(),
    read.selectFrom('connections').select(['id', 'name', 'removed_at']).execute(),
    read.selectFrom('model_profiles').select(['id', 'name', 'removed_at']).execute(),
    ratesPresent(store),
  ])
  const seeded = new Set(base.map((row) => `${row.kind}/${row.row_id}`))
  const isOlder = base.some((row) => row.revision > BigInt(shipped.manifest.revision))
  const plan = isOlder ? nothing : planManifest(shipped.manifest, { providers, connections, profiles, seeded }, clock.now())
  const there = new Set([...providers, ...plan.providers].map((row) => row.id))
  const providerIds = new Map(shipped.manifest.providers.filter((item) => there.has(item.id)).map((item) => [item.name, item.id]))
  const priced = isOlder ? noRates : planRates(shipped.catalogue, rates, providerIds, ids)
  const rateRows = rateStatements(read, ids, priced.cards, priced.aliases)
  const statements = [
    ...insertRows(read, 'providers', plan.providers),
    ...insertRows(read, 'connections', plan.connections),
    ...insertRows(read, 'model_profiles', plan.model_profiles),
    ...insertRows(read, 'canonical_base', plan.canonical_base),
    ...rateRows,
  ]
  const inserted = {
    providers: plan.providers.length,
    connections: plan.connections.length,
    profiles: plan.model_profiles.length,
    rateCards: priced.cards.length,
    aliases: priced.aliases.length,
  }
  const conflicts = [...plan.conflicts, ...priced.conflicts]
  if (statements.length === 0) return { inserted, conflicts, revision: null }
  const written = await store.writer.control({
    statements,
    audit: [
      {
        id: ids(),
        actor_key_id: null,
        face: 'start',
        operation: 'seed',
        target_kind: 'manifest',
        target_id: String(shipped.manifest.revision),
        before: {},
        after: inserted,
        undo: {},
      },
    ],
    ...(revision === undefined ? {} : { expectRevision: revision.n }),
    ...(rateRows.length === 0 ? {} : { rates: { source: `manifest@${shipped.catalogue.version}`, actor: 'seed', note: null } }),
  })
  return { inserted, conflicts, revision: written.revision }
}

const noRates: RatesPlan = { cards: [], aliases: [], conflicts: [] }

/** An older release beside a newer database has nothing to say of its rows. */
const nothing: ManifestPlan = { providers: [], connections: [], model_profiles: [], canonical_base: [], conflicts: [] }

async function ratesPresent({ read }: Store): Promise<RatesPresent> {
  const [cards, components, multipliers, voids, aliases] = await Promise.all([
    read.selectFrom('rate_cards').selectAll().execute(),
    read.selectFrom('rate_card_components').selectAll().execute(),
    read.selectFrom('rate_card_multipliers').selectAll().execute(),
    read.selectFrom('rate_card_voids').selectAll().execute(),
    read.selectFrom('model_aliases').selectAll().execute(),
  ])
  return { cards, components, multipliers, voids, aliases }
}
