/** Rate rows for tests: written as an operator would say them, in prices as text. */

import type { JsonObject } from '../../src/core/json.ts'
import { conditionKey } from '../../src/pricing/conditions.ts'
import { parsePrice } from '../../src/pricing/money.ts'
import type { AliasRow, CardRow, ComponentRow, MultiplierRow } from '../../src/pricing/rows.ts'

let made = 0

type CardWords = {
  readonly model: string
  readonly input?: string
  readonly output?: string
  readonly cacheWrite?: string
  readonly cacheRead?: string
} & Partial<Omit<CardRow, 'model'>>

const nanos = (text: string | undefined): bigint | null => (text === undefined ? null : parsePrice(text, 'price'))

export function card({ model, input = '0', output = '0', cacheWrite, cacheRead, ...rest }: CardWords): CardRow {
  return {
    id: `card-${++made}`,
    provider_id: 'p',
    connection_id: null,
    model,
    match_mode: 'exact',
    input_token_nanos_per_1m: parsePrice(input, 'input'),
    output_token_nanos_per_1m: parsePrice(output, 'output'),
    cache_write_token_nanos_per_1m: nanos(cacheWrite),
    cache_read_token_nanos_per_1m: nanos(cacheRead),
    currency: 'USD',
    effective_from: 0,
    revision: 0n,
    recorded_at: 1,
    source: 'manifest@1',
    source_ref: {},
    ...rest,
  }
}

export function alias(name: string, model: string | null, rest: Partial<AliasRow> = {}): AliasRow {
  return { provider_id: 'p', alias: name, model, effective_from: 0, revision: 0n, recorded_at: 1, ...rest }
}

export function component(
  of: CardRow,
  meter: string,
  price: string | null,
  when: JsonObject = {},
  rest: Partial<ComponentRow> = {},
): ComponentRow {
  return {
    id: `component-${++made}`,
    rate_card_id: of.id,
    meter,
    price_nanos: price === null ? null : parsePrice(price, meter),
    per_units: 1_000_000n,
    conditions: when,
    condition_key: conditionKey(when),
    priority: 0n,
    ...rest,
  }
}

export function multiplier(of: CardRow, factor: string, when: JsonObject = {}, meters: readonly string[] = ['*']): MultiplierRow {
  const [num, den] = factor.split('/').map(BigInt) as [bigint, bigint]
  return { id: `multiplier-${String(++made).padStart(9, '0')}`, rate_card_id: of.id, meters, num, den, conditions: when }
}
