/** Rate cards as JSON says them, and the reads behind the operations on rates. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { printPrice } from '../../pricing/money.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'

const price = z.string().describe('Decimal text, in `currency`.')

export const shownCard = z.object({
  id: z.string(),
  provider_id: z.string(),
  provider: z.string(),
  connection_id: z.string().nullable(),
  connection: z.string().nullable(),
  model: z.string(),
  match_mode: z.string(),
  input_token_cost_per_1m: price,
  output_token_cost_per_1m: price,
  cache_write_cost_per_1m: price.nullable(),
  cache_read_cost_per_1m: price.nullable(),
  currency: z.string(),
  effective_from: z.int(),
  revision: z.int(),
  recorded_at: z.int(),
  source: z.string(),
  source_ref: json,
  voided_at: z.int().nullable().describe('When it was withdrawn.'),
  void_reason: z.string().nullable(),
})
export type ShownCard = z.output<typeof shownCard>

export const cardParts = {
  components: z.array(
    z.object({ id: z.string(), meter: z.string(), price: price.nullable(), per_units: z.int(), conditions: json, priority: z.int() }),
  ),
  multipliers: z.array(z.object({ id: z.string(), meters: json, factor: z.string(), conditions: json })),
}

type CardRow = Row<'rate_cards'> & {
  readonly provider: string
  readonly connection: string | null
  readonly voided_at: number | null
  readonly void_reason: string | null
}

export function cardRows({ store }: OperationContext) {
  return store.read
    .selectFrom('rate_cards')
    .innerJoin('providers', 'providers.id', 'rate_cards.provider_id')
    .leftJoin('connections', 'connections.id', 'rate_cards.connection_id')
    .leftJoin('rate_card_voids', 'rate_card_voids.rate_card_id', 'rate_cards.id')
    .selectAll('rate_cards')
    .select(['providers.name as provider', 'connections.name as connection'])
    .select(['rate_card_voids.recorded_at as voided_at', 'rate_card_voids.reason as void_reason'])
}

export function showCard(row: CardRow): ShownCard {
  return {
    id: row.id,
    provider_id: row.provider_id,
    provider: row.provider,
    connection_id: row.connection_id,
    connection: row.connection,
    model: row.model,
    match_mode: row.match_mode,
    input_token_cost_per_1m: printPrice(row.input_token_nanos_per_1m),
    output_token_cost_per_1m: printPrice(row.output_token_nanos_per_1m),
    cache_write_cost_per_1m: priceOrNull(row.cache_write_token_nanos_per_1m),
    cache_read_cost_per_1m: priceOrNull(row.cache_read_token_nanos_per_1m),
    currency: row.currency,
    effective_from: row.effective_from,
    revision: Number(row.revision),
    recorded_at: row.recorded_at,
    source: row.source,
    source_ref: row.source_ref,
    voided_at: row.voided_at === null ? null : Number(row.voided_at),
    void_reason: row.void_reason,
  }
}

/** The condition sets and multipliers of one card. */
export async function partsOf({ store }: OperationContext, cardId: string) {
  const components = await store.read
    .selectFrom('rate_card_components')
    .selectAll()
    .where('rate_card_id', '=', cardId)
    .orderBy('id')
    .execute()
  const multipliers = await store.read
    .selectFrom('rate_card_multipliers')
    .selectAll()
    .where('rate_card_id', '=', cardId)
    .orderBy('id')
    .execute()
  return {
    components: components.map((row) => ({
      id: row.id,
      meter: row.meter,
      price: priceOrNull(row.price_nanos),
      per_units: Number(row.per_units),
      conditions: row.conditions,
      priority: Number(row.priority),
    })),
    multipliers: multipliers.map((row) => ({
      id: row.id,
      meters: row.meters,
      factor: `${row.num}/${row.den}`,
      conditions: row.conditions,
    })),
  }
}

function priceOrNull(nanos: bigint | null): string | null {
  return nanos === null ? null : printPrice(nanos)
}
