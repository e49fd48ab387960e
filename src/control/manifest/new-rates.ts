/** The cards and aliases of the shipped catalogue that a database lacks, as statements: for providers that stand and for those of the same batch. */

import type { Shipped } from '../../catalog/shipped.ts'
import type { ControlBatch, ControlStatement, Store } from '../../store/store.ts'
import { rateStatements } from '../rates/rate-statements.ts'
import type { Present } from './items.ts'
import type { ThingChange } from './plan.ts'
import { type Conflict, planRates, type RatesPresent } from './seed-rates.ts'

export type NewRates = {
  readonly statements: readonly ControlStatement[]
  readonly conflicts: readonly Conflict[]
  readonly cards: number
  readonly aliases: number
  /** What seals the batch, where there are any. */
  readonly sealed: Pick<ControlBatch, 'rates'>
}

export const noRates: NewRates = { statements: [], conflicts: [], cards: 0, aliases: 0, sealed: {} }

export async function planNewRates(
  store: Store,
  { manifest, catalogue }: Shipped,
  { things }: Present,
  changes: readonly ThingChange[],
  ids: () => string,
): Promise<NewRates> {
  const there = new Set([...things, ...changes.map(({ after }) => after)].map(({ id }) => id))
  const providerIds = new Map(manifest.providers.filter(({ id }) => there.has(id)).map(({ id, name }) => [name, id]))
  const { cards, aliases, conflicts } = planRates(catalogue, await ratesPresent(store), providerIds, ids)
  const statements = rateStatements(store.read, ids, cards, aliases)
  const sealed = { rates: { source: `manifest@${catalogue.version}`, actor: 'seed', note: null } }
  return { statements, conflicts, cards: cards.length, aliases: aliases.length, sealed: statements.length === 0 ? {} : sealed }
}

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
