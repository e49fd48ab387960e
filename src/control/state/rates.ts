/** Rates in a state document: the cards that operators and imports gave, and what was withdrawn. They are added where they are missing, and never changed. */

import type { Kysely } from 'kysely'
import { canonicalJson, type JsonObject } from '../../core/json.ts'
import { conditionKey } from '../../pricing/conditions.ts'
import { parsePrice, printPrice } from '../../pricing/money.ts'
import { compareBytes } from '../../pricing/patterns.ts'
import type { Row, Tables } from '../../store/schema.ts'
import { type ControlStatement, recordedAt } from '../../store/store.ts'
import { plainNumbers } from '../plain.ts'
import { insertRows } from '../row-statements.ts'
import type { StateChange } from './changes.ts'
import type { StateFault } from './document.ts'
import type { RateItem } from './rate-item.ts'
import { isThere, type StateRows } from './rows.ts'

export type RateState = {
  readonly cards: readonly Row<'rate_cards'>[]
  readonly components: readonly Row<'rate_card_components'>[]
  readonly multipliers: readonly Row<'rate_card_multipliers'>[]
  readonly voids: readonly (Row<'rate_card_voids'> & { readonly said_by: string })[]
}

/** What the catalogue brought comes with the catalogue, and is only named where somebody withdrew it. */
const shipped = /^manifest/

export async function readRateState(read: Kysely<Tables>): Promise<RateState> {
  const [cards, components, multipliers, voids] = await Promise.all([
    read.selectFrom('rate_cards').selectAll().execute(),
    read.selectFrom('rate_card_components').selectAll().execute(),
    read.selectFrom('rate_card_multipliers').selectAll().execute(),
    read
      .selectFrom('rate_card_voids')
      .innerJoin('rate_batches', 'rate_batches.recorded_at', 'rate_card_voids.recorded_at')
      .selectAll('rate_card_voids')
      .select('rate_batches.source as said_by')
      .execute(),
  ])
  return { cards, components, multipliers, voids }
}

/** Cards of what was removed have nobody to be named by, and stay in this database. */
export function showRates(rates: RateState, { providers, connections }: StateRows): readonly RateItem[] {
  const voids = new Map(rates.voids.map((row) => [row.rate_card_id, row]))
  const nameOf = (rows: StateRows['providers'] | StateRows['connections'], id: string) =>
    rows.find((row) => row.id === id && isThere(row))?.name
  const items = rates.cards.flatMap((card): RateItem[] => {
    const withdrawn = voids.get(card.id)
    if (shipped.test(card.source) && (withdrawn === undefined || shipped.test(withdrawn.said_by))) return []
    const provider = nameOf(providers, card.provider_id)
    const connection = card.connection_id === null ? null : nameOf(connections, card.connection_id)
    if (provider === undefined || connection === undefined) return []
    return [{ ...showCardRow(card, rates), provider, connection, voided: withdrawn?.reason ?? null }]
  })
  return items.toSorted((a, b) => compareBytes(keyOf(a), keyOf(b)))
}

function keyOf({ provider, connection, model, effective_from, revision }: RateItem): string {
  return canonicalJson([provider, connection ?? '', model, effective_from, revision])
}

function showCardRow(
  card: Row<'rate_cards'>,
  { components, multipliers }: RateState,
): Omit<RateItem, 'provider' | 'connection' | 'voided'> {
  const printed = (nanos: bigint | null): string | null => (nanos === null ? null : printPrice(nanos))
  const bySaying = <T>(parts: readonly T[]): T[] => parts.toSorted((a, b) => compareBytes(canonicalJson(a), canonicalJson(b)))
  return {
    model: card.model,
    effective_from: card.effective_from,
    revision: Number(card.revision),
    match_mode: card.match_mode as 'exact',
    input_token_cost_per_1m: printPrice(card.input_token_nanos_per_1m),
    output_token_cost_per_1m: printPrice(card.output_token_nanos_per_1m),
    cache_write_cost_per_1m: printed(card.cache_write_token_nanos_per_1m),
    cache_read_cost_per_1m: printed(card.cache_read_token_nanos_per_1m),
    currency: card.currency,
    source: card.source,
    source_ref: card.source_ref,
    components: bySaying(
      components
        .filter((part) => part.rate_card_id === card.id)
        .map(({ meter, price_nanos, per_units, conditions: when, priority }) => ({
          ...{ meter, price: printed(price_nanos), per_units: Number(per_units) },
          ...{ conditions: when as JsonObject, priority: Number(priority) },
        })),
    ),
    multipliers: bySaying(
      multipliers
        .filter((part) => part.rate_card_id === card.id)
        .map(({ meters, num, den, conditions: when }) => ({
          ...{ meters: meters as string[], num: Number(num), den: Number(den) },
          ...{ conditions: when as JsonObject },
        })),
    ),
  }
}

export type RatePlan = {
  readonly changes: readonly StateChange[]
  readonly faults: readonly StateFault[]
  readonly warnings: readonly string[]
  statements(read: Kysely<Tables>): readonly ControlStatement[]
}

export function planRates(items: readonly RateItem[], rates: RateState, after: StateRows, newId: () => string): RatePlan {
  const faults: StateFault[] = []
  const warnings: string[] = []
  const changes: StateChange[] = []
  const made: (readonly [id: string, item: RateItem, providerId: string, connectionId: string | null])[] = []
  const voided: (readonly [cardId: string, reason: string])[] = []
  const placeOf = (
    providerId: string,
    connectionId: string | null,
    { model, effective_from }: Pick<RateItem, 'model' | 'effective_from'>,
  ) => canonicalJson([providerId, connectionId, model, effective_from])
  const counts = new Map<string, number>()
  const known = new Map<string, Row<'rate_cards'>>()
  for (const card of rates.cards) {
    const place = placeOf(card.provider_id, card.connection_id, card)
    counts.set(place, (counts.get(place) ?? 0) + 1)
    known.set(`${place}/${card.revision}`, card)
  }
  const withdrawn = new Set(rates.voids.map((row) => row.rate_card_id))
  const listed = items.map((item, index) => ({ item, path: `rates.${index}` })).toSorted((a, b) => a.item.revision - b.item.revision)
  for (const { item, path } of listed) {
    const provider = after.providers.find((row) => isThere(row) && (row.name === item.provider || row.id === item.provider))
    const connection = after.connections.find((row) => isThere(row) && (row.name === item.connection || row.id === item.connection))
    if (provider === undefined) {
      faults.push({ path: `${path}.provider`, says: `No provider is named "${item.provider}", here or in the document.` })
      continue
    }
    if (item.connection !== null && connection?.provider_id !== provider.id) {
      faults.push({ path: `${path}.connection`, says: `"${item.connection}" is no connection of "${item.provider}".` })
      continue
    }
    const place = placeOf(provider.id, connection?.id ?? null, item)
    const there = known.get(`${place}/${item.revision}`)
    if (there === undefined && shipped.test(item.source)) {
      warnings.push(`rates: the shipped card of "${item.model}" that was withdrawn is not here.`)
      continue
    }
    const id = there?.id ?? newId()
    if (there === undefined) {
      const next = counts.get(place) ?? 0
      if (item.revision !== next)
        faults.push({ path: `${path}.revision`, says: `It must be ${next}: so many cards are at this instant already.` })
      counts.set(place, next + 1)
      made.push([id, item, provider.id, connection?.id ?? null])
      changes.push({
        action: 'create',
        kind: 'rate_card',
        id,
        name: item.model,
        before: {},
        after: { ...plainNumbers(item), voided: null } as JsonObject,
      })
    } else if (!shipped.test(item.source)) {
      const { provider: _provider, connection: _connection, voided: _voided, ...content } = item
      if (canonicalJson(content) !== canonicalJson(showCardRow(there, rates)))
        faults.push({
          path,
          says: `Another card of "${item.model}" is there for this instant. A card is never changed: a correction is the next revision.`,
        })
    }
    if (item.voided === null) {
      if (withdrawn.has(id)) warnings.push(`rates: the card of "${item.model}" was withdrawn here, and stays so.`)
    } else if (!withdrawn.has(id)) {
      voided.push([id, item.voided])
      changes.push({ action: 'remove', kind: 'rate_card', id, name: item.model, before: {}, after: { voided: item.voided } })
    }
  }
  return { changes, faults, warnings, statements: (read) => rateRows(read, made, voided, newId) }
}

function rateRows(
  read: Kysely<Tables>,
  made: readonly (readonly [string, RateItem, string, string | null])[],
  voided: readonly (readonly [string, string])[],
  newId: () => string,
): readonly ControlStatement[] {
  const nanos = (text: string | null): bigint | null => (text === null ? null : parsePrice(text, 'price'))
  const cards = made.map(([id, item, provider_id, connection_id]) => ({
    ...{ id, provider_id, connection_id, model: item.model, match_mode: item.match_mode, currency: item.currency },
    input_token_nanos_per_1m: parsePrice(item.input_token_cost_per_1m, 'input_token_cost_per_1m'),
    output_token_nanos_per_1m: parsePrice(item.output_token_cost_per_1m, 'output_token_cost_per_1m'),
    cache_write_token_nanos_per_1m: nanos(item.cache_write_cost_per_1m),
    cache_read_token_nanos_per_1m: nanos(item.cache_read_cost_per_1m),
    ...{ effective_from: item.effective_from, revision: BigInt(item.revision), recorded_at: recordedAt },
    ...{ source: item.source, source_ref: item.source_ref },
  }))
  const part = (rate_card_id: string, when: JsonObject) => ({
    ...{ id: newId(), rate_card_id, conditions: when, condition_key: conditionKey(when), recorded_at: recordedAt },
  })
  const components = made.flatMap(([id, item]) =>
    item.components.map(({ meter, price: text, per_units, conditions: when, priority }) => ({
      ...part(id, when),
      ...{ meter, price_nanos: nanos(text), per_units: BigInt(per_units), priority: BigInt(priority) },
    })),
  )
  const multipliers = made.flatMap(([id, item]) =>
    item.multipliers.map(({ meters, num, den, conditions: when }) => ({ ...part(id, when), meters, num: BigInt(num), den: BigInt(den) })),
  )
  const voids = voided.map(([rate_card_id, reason]) => ({ id: newId(), rate_card_id, reason, replaced_by: null, recorded_at: recordedAt }))
  return [
    ...insertRows(read, 'rate_cards', cards),
    ...insertRows(read, 'rate_card_components', components),
    ...insertRows(read, 'rate_card_multipliers', multipliers),
    ...insertRows(read, 'rate_card_voids', voids),
  ]
}
