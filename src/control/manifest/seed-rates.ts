/** Which cards and aliases of a catalogue are new: the plan, without doing it. Rates are inserted, never merged and never updated. */

import type { Catalogue, CatalogueAlias, CatalogueCard } from '../../catalog/rate-cards.ts'
import { canonicalJson, type Json } from '../../core/json.ts'
import { sourceRank } from '../../pricing/book.ts'
import { conditionKey } from '../../pricing/conditions.ts'
import type { AliasRow, CardRow, ComponentRow, MultiplierRow, VoidRow } from '../../pricing/rows.ts'
import { type NewAlias, type NewCard, optionalPrice, priceColumns } from '../rates/rate-statements.ts'

/** What comes in the box and was left out. */
export type Conflict = {
  readonly kind: 'provider' | 'connection' | 'profile' | 'route' | 'rate_card' | 'alias'
  readonly name: string
  readonly reason: string
}

export type RatesPresent = {
  readonly cards: readonly CardRow[]
  readonly components: readonly ComponentRow[]
  readonly multipliers: readonly MultiplierRow[]
  readonly voids: readonly VoidRow[]
  readonly aliases: readonly (AliasRow & { readonly source: string })[]
}

export type RatesPlan = {
  readonly cards: readonly NewCard[]
  readonly aliases: readonly NewAlias[]
  readonly conflicts: readonly Conflict[]
}

/** A row at a key, as far as the rule asks. */
type Known = { readonly comparable: string; readonly content: string; readonly voided: boolean }
type Verdict = 'nothing' | 'insert' | 'conflict'

/** `providerIds`: by the catalogue's names, those that stand in the database. Items of others are left, and named by the plan of the manifest. */
export function planRates(
  catalogue: Catalogue,
  present: RatesPresent,
  providerIds: ReadonlyMap<string, string>,
  ids: () => string,
): RatesPlan {
  const source = `manifest@${catalogue.version}`
  const conflicts: Conflict[] = []
  const cardsThere = knownCards(present)
  const cards: NewCard[] = []
  for (const item of catalogue.cards) {
    const providerId = providerIds.get(item.provider)
    if (providerId === undefined) continue
    const card = cardOf(item, providerId, source, ids)
    const there = at(cardsThere, cardKey(card))
    const known = {
      comparable: comparable(source, card.match_mode),
      content: contentOf(card, card.components.map(partOf), []),
      voided: false,
    }
    const verdict = judge(there, known, item.correction === true)
    if (verdict === 'conflict') conflicts.push({ kind: 'rate_card', name: `${item.provider}/${item.model}`, reason: 'another_price' })
    if (verdict !== 'insert') continue
    cards.push({ ...card, revision: BigInt(there.length) })
    there.push(known)
  }
  const aliasesThere = new Map<string, Known[]>()
  for (const row of present.aliases)
    at(aliasesThere, aliasKey(row)).push({ comparable: comparable(row.source, ''), content: canonicalJson(row.model), voided: false })
  const aliases: NewAlias[] = []
  for (const item of catalogue.aliases) {
    const providerId = providerIds.get(item.provider)
    if (providerId === undefined) continue
    const alias = aliasOf(item, providerId, source, ids)
    const there = at(aliasesThere, aliasKey(alias))
    const known = { comparable: comparable(source, ''), content: canonicalJson(item.model), voided: false }
    const verdict = judge(there, known, item.correction === true)
    if (verdict === 'conflict') conflicts.push({ kind: 'alias', name: `${item.provider}/${item.alias}`, reason: 'another_model' })
    if (verdict !== 'insert') continue
    aliases.push({ ...alias, revision: BigInt(there.length) })
    there.push(known)
  }
  return { cards, aliases, conflicts }
}

/** The rule of an import at one key, among rows of the same source rank and match mode, oldest revision first. */
function judge(there: readonly Known[], fresh: Known, correction: boolean): Verdict {
  const peers = there.filter((row) => row.comparable === fresh.comparable)
  const inForce = peers.findLast((row) => !row.voided)
  if (inForce?.content === fresh.content) return 'nothing'
  if (peers.length === 0) return 'insert'
  // What was withdrawn after it had been corrected is not put back by the next start.
  if (correction) return peers.some((row) => row.voided && row.content === fresh.content) ? 'nothing' : 'insert'
  return inForce === undefined && peers.some((row) => row.content === fresh.content) ? 'nothing' : 'conflict'
}

function knownCards(present: RatesPresent): Map<string, Known[]> {
  const components = Map.groupBy(present.components, (row) => row.rate_card_id)
  const multipliers = Map.groupBy(present.multipliers, (row) => row.rate_card_id)
  const voided = new Set(present.voids.map((row) => row.rate_card_id))
  const known = new Map<string, Known[]>()
  for (const row of present.cards.toSorted((a, b) => Number(a.revision - b.revision))) {
    const factors = (multipliers.get(row.id) ?? []).map((each) =>
      [canonicalJson(each.meters), each.num, each.den, canonicalJson(each.conditions)].join(' '),
    )
    at(known, cardKey(row)).push({
      comparable: comparable(row.source, row.match_mode),
      content: contentOf(row, (components.get(row.id) ?? []).map(partOf), factors),
      voided: voided.has(row.id),
    })
  }
  return known
}

function cardOf(item: CatalogueCard, providerId: string, source: string, ids: () => string): NewCard {
  return {
    id: ids(),
    provider_id: providerId,
    connection_id: null,
    model: item.model,
    match_mode: 'exact',
    ...priceColumns(item),
    currency: item.currency,
    effective_from: item.effective_from,
    revision: 0n,
    source,
    source_ref: item.source_ref,
    components: item.components.map((part) => ({
      meter: part.meter,
      price_nanos: optionalPrice(part.price, part.meter),
      per_units: BigInt(part.per_units),
    })),
  }
}

function aliasOf(item: CatalogueAlias, providerId: string, source: string, ids: () => string): NewAlias {
  return {
    id: ids(),
    provider_id: providerId,
    alias: item.alias,
    model: item.model,
    effective_from: item.effective_from,
    revision: 0n,
    source,
    source_ref: {},
  }
}

type Part = {
  readonly meter: string
  readonly price_nanos: bigint | null
  readonly per_units: bigint
  readonly condition_key?: string
  readonly priority?: bigint
}

function partOf(part: Part): string {
  return [part.meter, part.price_nanos, part.per_units, part.condition_key ?? conditionKey({}), part.priority ?? 0n].join(' ')
}

/** What makes two cards the same: four prices, currency, components, multipliers. */
function contentOf(
  card: Omit<CardRow, 'id' | 'recorded_at' | 'source_ref'> & { readonly source_ref: Json },
  parts: readonly string[],
  factors: readonly string[],
): string {
  return canonicalJson([
    card.input_token_nanos_per_1m,
    card.output_token_nanos_per_1m,
    card.cache_write_token_nanos_per_1m,
    card.cache_read_token_nanos_per_1m,
    card.currency,
    parts.toSorted(),
    factors.toSorted(),
  ])
}

function comparable(source: string, matchMode: string): string {
  return `${sourceRank(source)} ${matchMode}`
}

function cardKey(row: {
  readonly provider_id: string
  readonly connection_id: string | null
  readonly model: string
  readonly effective_from: number
}): string {
  return `${row.provider_id}\n${row.connection_id ?? ''}\n${row.model}\n${row.effective_from}`
}

function aliasKey(row: { readonly provider_id: string; readonly alias: string; readonly effective_from: number }): string {
  return `${row.provider_id}\n${row.alias}\n${row.effective_from}`
}

function at(known: Map<string, Known[]>, key: string): Known[] {
  const there = known.get(key)
  if (there !== undefined) return there
  const none: Known[] = []
  known.set(key, none)
  return none
}
