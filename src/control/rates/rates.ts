/** Operations on rate cards: what a model costs, since when, and where that was learnt. Cards are added, never changed. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { cardInForce } from '../../pricing/cards.ts'
import { readRateBook } from '../../routing/rates.ts'
import { notFound } from '../find.ts'
import { instant } from '../instant.ts'
import { findConnection } from '../nouns/connections.ts'
import { findProvider } from '../nouns/providers.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { cardParts, cardRows, partsOf, showCard, shownCard } from './rate-cards.ts'

const model = z.string().min(1).max(512).describe("The provider's id of the model.")
const provider = z.string().min(1).max(200).describe("The provider's name or id.")
const connection = z.string().min(1).max(200).describe('A connection of that provider, by name or id.')

const columns = [
  { field: 'provider', title: 'PROVIDER' },
  { field: 'model', title: 'MODEL' },
  { field: 'input_token_cost_per_1m', title: 'INPUT', show: 'right' },
  { field: 'output_token_cost_per_1m', title: 'OUTPUT', show: 'right' },
  { field: 'cache_read_cost_per_1m', title: 'READ', show: 'right' },
  { field: 'cache_write_cost_per_1m', title: 'WRITE', show: 'right' },
  { field: 'currency', title: '' },
  { field: 'effective_from', title: 'FROM', show: 'instant' },
  { field: 'revision', title: 'REV', show: 'right' },
] as const

export const ratesList = operation({
  name: 'rates.list',
  summary: 'List the rate cards by provider, model and instant. Prices are per 1M tokens.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({ provider: provider.optional(), model: model.optional(), ...paging }),
  output: pageOf(shownCard),
  columns,
  example: 'purser rates list --provider openai',
  async run(context, input) {
    const after = decodeCursor(input.cursor, ['text', 'text', 'count', 'count', 'text'])
    let query = cardRows(context)
    if (input.provider !== undefined) query = query.where('rate_cards.provider_id', '=', (await findProvider(context, input.provider)).id)
    if (input.model !== undefined) query = query.where('rate_cards.model', '=', input.model)
    if (after !== undefined) {
      const [providerName, afterModel, from, revision, id] = after
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('providers.name', 'rate_cards.model', 'rate_cards.effective_from', 'rate_cards.revision', 'rate_cards.id'),
          '>',
          tuple(providerName, afterModel, from, BigInt(revision), id),
        ),
      )
    }
    const rows = await query
      .orderBy('providers.name')
      .orderBy('rate_cards.model')
      .orderBy('rate_cards.effective_from')
      .orderBy('rate_cards.revision')
      .orderBy('rate_cards.id')
      .limit(input.limit + 1)
      .execute()
    return page(rows, input.limit, (row) => [row.provider, row.model, row.effective_from, Number(row.revision), row.id], showCard)
  },
})

export const ratesGet = operation({
  name: 'rates.get',
  summary: 'Show one rate card with its conditions and its source, by id.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['card'],
  input: z.strictObject({ card: z.string().min(1).max(200).describe('Its id.') }),
  output: shownCard.extend(cardParts),
  columns,
  example: 'purser rates get 01990000-0000-7000-8000-000000000000',
  async run(context, input) {
    const row = await cardRows(context).where('rate_cards.id', '=', input.card).executeTakeFirst()
    if (row === undefined) throw notFound('rates', input.card)
    return { ...showCard(row), ...(await partsOf(context, row.id)) }
  },
})

export const ratesHistory = operation({
  name: 'rates.history',
  summary: 'Show every card a model ever had at a provider, oldest first, withdrawn ones too.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({ provider, model }),
  output: pageOf(shownCard),
  columns: [...columns, { field: 'source', title: 'SOURCE' }, { field: 'voided_at', title: 'WITHDRAWN', show: 'instant' }],
  example: 'purser rates history --provider simulated --model simulated-1',
  async run(context, input) {
    const found = await findProvider(context, input.provider)
    const rows = await cardRows(context)
      .where('rate_cards.provider_id', '=', found.id)
      .where('rate_cards.model', '=', input.model)
      .orderBy('rate_cards.effective_from')
      .orderBy('rate_cards.revision')
      .orderBy('rate_cards.recorded_at')
      .execute()
    return { items: rows.map(showCard), next: null }
  },
})

export const ratesAt = operation({
  name: 'rates.at',
  summary: 'Show the card in force for a model at an instant, as it was known at another.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({
    provider,
    model,
    connection: connection.optional(),
    at: instant.optional().describe('T: when the price applies. Now, if not given.'),
    known_at: instant.optional().describe('K: what was recorded later is not seen. Now, if not given.'),
  }),
  output: shownCard.extend({ ...cardParts, matched: z.string(), at: z.int(), known_at: z.int() }),
  columns: [...columns, { field: 'matched', title: 'MATCHED' }],
  example: 'purser rates at --provider simulated --model simulated-1',
  async run(context, input) {
    const serves = await findProvider(context, input.provider)
    const pays = input.connection === undefined ? null : await findConnection(context, input.connection)
    if (pays !== null && pays.provider_id !== serves.id) throw notOf(pays.name, serves.name)
    const at = input.at ?? context.clock.now()
    const { book, knownAt } = await readRateBook(context.store.read)
    const known = input.known_at ?? Math.max(context.clock.now(), knownAt)
    const found = cardInForce(book, {
      providerId: serves.id,
      connectionId: pays?.id ?? null,
      requestedModel: input.model,
      reportedModel: null,
      at,
      knownAt: known,
    })
    const row = found === undefined ? undefined : await cardRows(context).where('rate_cards.id', '=', found.card.row.id).executeTakeFirst()
    if (found === undefined || row === undefined) {
      throw new PurserError(
        'not_found',
        `No rate card prices "${input.model}" of ${serves.name} at that instant. Its calls are unpriced, not free.`,
        {
          hint: `Add one:  purser rates create --provider ${serves.name} --model ${input.model} --input PRICE --output PRICE`,
        },
      )
    }
    return { ...showCard(row), ...(await partsOf(context, row.id)), matched: found.matched, at, known_at: known }
  },
})

function notOf(connectionName: string, providerName: string): PurserError {
  return new PurserError('invalid_request', `"connection": ${connectionName} is not a connection of ${providerName}.`, {
    field: 'connection',
    hint: 'See which are:  purser connections list',
  })
}
