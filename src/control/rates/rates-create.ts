/** The operation that adds a rate card. A correction is a further revision of the same instant; nothing is ever changed. */

import { z } from 'zod'
import type { JsonObject } from '../../core/json.ts'
import { pricePattern } from '../../pricing/money.ts'
import { matches } from '../../pricing/patterns.ts'
import type { MatchMode } from '../../pricing/rows.ts'
import { change } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { instant } from '../instant.ts'
import { findConnection } from '../nouns/connections.ts'
import { findProvider } from '../nouns/providers.ts'
import { plainNumbers } from '../plain.ts'
import { cardRows, showCard, shownCard } from './rate-cards.ts'
import { type NewCard, newCardBatch } from './rate-statements.ts'

const price = z.string().regex(pricePattern, 'A price is text such as "2.50": 0 to 999999, at most 9 decimals, no sign, no exponent.')

const input = z.strictObject({
  provider: z.string().min(1).max(200).describe("The provider's name or id."),
  model: z.string().min(1).max(512).describe("The provider's id of the model, or a pattern."),
  input_token_cost_per_1m: price.describe('Price of 1M input tokens.'),
  output_token_cost_per_1m: price.describe('Price of 1M output tokens.'),
  cache_read_cost_per_1m: price.optional().describe('Price of 1M tokens read from a cache; as input, if not given.'),
  cache_write_cost_per_1m: price.optional().describe('Price of 1M tokens written to a cache; as input, if not given.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'A currency is three capital letters, such as USD.')
    .default('USD')
    .describe('Three capital letters.'),
  effective_from: instant.optional().describe('When the price begins to apply. Now, if not given; 0 is always.'),
  revision: z.int().min(0).default(0).describe('A correction of the same instant is the next revision.'),
  connection: z.string().min(1).max(200).optional().describe('Only for this connection, by name or id: a negotiated price.'),
  match_mode: z.enum(['exact', 'prefix', 'glob']).default('exact').describe('How the model is compared.'),
  url: z
    .url({ protocol: /^https?$/, error: 'It must be an address that begins with http:// or https://.' })
    .optional()
    .describe('Where the price was published.'),
  note: z.string().max(1000).optional().describe('Why, for whoever reads it later.'),
})

export const ratesCreate = change({
  name: 'rates.create',
  summary: 'Add a rate card. Prices are decimal text per 1M tokens. A second card of the same instant and revision is refused.',
  scope: 'rates:write',
  effect: 'write',
  positional: [],
  flags: {
    input: 'input_token_cost_per_1m',
    output: 'output_token_cost_per_1m',
    'cache-read': 'cache_read_cost_per_1m',
    'cache-write': 'cache_write_cost_per_1m',
    match: 'match_mode',
  },
  input,
  output: shownCard.extend({
    recorded_at: z.int().nullable().describe('Null after a dry run.'),
    past_attempts: z
      .int()
      .describe(
        'Attempts already made at or after `effective_from` on the models and the connection of this card. What they cost does not change.',
      ),
  }),
  columns: [],
  example: 'purser rates create --provider simulated --model simulated-1 --input 1.00 --output 2.00',
  async plan(context, asked) {
    const serves = await findProvider(context, asked.provider)
    const pays = asked.connection === undefined ? null : await findConnection(context, asked.connection)
    const { batch, card } = await newCardBatch(
      context.store.read,
      context.ids,
      {
        provider_id: serves.id,
        connection_id: pays?.id ?? null,
        model: asked.model,
        match_mode: asked.match_mode,
        input_token_cost_per_1m: asked.input_token_cost_per_1m,
        output_token_cost_per_1m: asked.output_token_cost_per_1m,
        cache_write_cost_per_1m: asked.cache_write_cost_per_1m ?? null,
        cache_read_cost_per_1m: asked.cache_read_cost_per_1m ?? null,
        currency: asked.currency,
        effective_from: asked.effective_from ?? context.clock.now(),
        revision: asked.revision,
        source_ref: { ...(asked.url === undefined ? {} : { url: asked.url }), ...(asked.note === undefined ? {} : { note: asked.note }) },
      },
      context.actor.name,
    )
    const past = await attemptsSince(context, card)
    const { components: _components, ...fields } = card
    return {
      ...batch,
      touched: [{ kind: 'rate_card', id: card.id, name: card.model, before: {}, after: plainNumbers(fields) as JsonObject }],
      async answer(written) {
        if (written === null) {
          const names = { provider: serves.name, connection: pays?.name ?? null, voided_at: null, void_reason: null }
          return { ...showCard({ ...card, ...names, recorded_at: 0 }), recorded_at: null, past_attempts: past }
        }
        const row = await cardRows(context).where('rate_cards.id', '=', card.id).executeTakeFirstOrThrow()
        return { ...showCard(row), past_attempts: past }
      },
    }
  },
})

async function attemptsSince({ store }: OperationContext, card: NewCard): Promise<number> {
  const { match_mode, model, connection_id } = card
  const counted = await store.read
    .selectFrom('attempts')
    .select((each) => ['model', each.fn.countAll().as('total')])
    .where('provider_id', '=', card.provider_id)
    .where('priced_at', '>=', card.effective_from)
    .$if(match_mode === 'exact', (query) => query.where('model', '=', model))
    .$if(connection_id !== null, (query) => query.where('connection_id', '=', connection_id!))
    .groupBy('model')
    .execute()
  const matched = counted.filter((row) => matches(match_mode as MatchMode, model, row.model))
  return matched.reduce((sum, row) => sum + Number(row.total), 0)
}
