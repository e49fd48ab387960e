/** A rate card as a state document says it: names for ids, prices as text. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { pricePattern } from '../../pricing/money.ts'

const price = z.string().regex(pricePattern, 'A price is text such as "2.50": 0 to 999999, at most 9 decimals, no sign, no exponent.')
const conditions = z.record(z.string(), json)

export const rateItem = z.strictObject({
  provider: z.string().min(1).max(200),
  connection: z.string().min(1).max(200).nullable().default(null),
  model: z.string().min(1).max(512),
  effective_from: z.int().min(0),
  revision: z.int().min(0).default(0),
  match_mode: z.enum(['exact', 'prefix', 'glob']).default('exact'),
  input_token_cost_per_1m: price,
  output_token_cost_per_1m: price,
  cache_write_cost_per_1m: price.nullable().default(null),
  cache_read_cost_per_1m: price.nullable().default(null),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'A currency is three capital letters, such as USD.')
    .default('USD'),
  source: z
    .string()
    .max(200)
    .regex(/^(user_override|import|manifest)/, 'It is user_override, or says which import or manifest it came from.')
    .default('user_override'),
  source_ref: json.default({}),
  components: z
    .array(z.strictObject({ meter: z.string(), price: price.nullable(), per_units: z.int().min(1), conditions, priority: z.int() }))
    .default([]),
  multipliers: z.array(z.strictObject({ meters: z.array(z.string()), num: z.int(), den: z.int().min(1), conditions })).default([]),
  voided: z.string().min(1).max(1000).nullable().default(null),
})
export type RateItem = z.output<typeof rateItem>
