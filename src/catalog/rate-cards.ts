/** The rate cards in the box: format `purser-catalogue/1`, as much of it as the shipped file uses. Prices are decimal text and never pass through a float. */

import { z } from 'zod'
import { isMeter } from '../core/meters.ts'
import { json } from '../core/nouns.ts'
import { pricePattern } from '../pricing/money.ts'
import shipped from './rate-cards.json' with { type: 'json' }

const price = z.string().regex(pricePattern, 'A price is decimal text of at most 9 decimals, such as "2.50".')
const model = z.string().min(1).max(512)

/** Epoch milliseconds, 0 for always; RFC 3339 is read too. */
const instant = z.union([z.int().min(0), z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))])

const component = z.strictObject({
  meter: z.string().refine(isMeter, 'No such meter.'),
  /** Null: not sold. */
  price: price.nullable(),
  per_units: z.int().min(1).max(10_000_000_000_000),
  /** Always: the shipped file has no conditions. */
  when: z.strictObject({}),
})

const card = z.strictObject({
  /** The provider's name in the manifest. */
  provider: z.string(),
  model,
  effective_from: instant,
  /** Takes the next revision where another price stands at the same instant, instead of a conflict. */
  correction: z.literal(true).optional(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  input_token_cost_per_1m: price,
  output_token_cost_per_1m: price,
  cache_write_cost_per_1m: price.nullable(),
  cache_read_cost_per_1m: price.nullable(),
  source_ref: json,
  components: z.array(component),
  multipliers: z.array(z.never()),
})

const alias = z.strictObject({
  provider: z.string(),
  alias: model,
  model: model.nullable(),
  effective_from: instant,
  correction: z.literal(true).optional(),
})

export const catalogueSchema = z.strictObject({
  format: z.literal('purser-catalogue/1'),
  name: z.string(),
  version: z.string(),
  generated_at: z.iso.datetime({ offset: true }),
  cards: z.array(card),
  voids: z.array(z.never()),
  aliases: z.array(alias),
  calendars: z.array(z.never()),
  patterns: z.array(z.never()),
})

export type Catalogue = z.infer<typeof catalogueSchema>
export type CatalogueCard = z.infer<typeof card>
export type CatalogueAlias = z.infer<typeof alias>

export function shippedCatalogue(): Catalogue {
  return catalogueSchema.parse(shipped)
}
