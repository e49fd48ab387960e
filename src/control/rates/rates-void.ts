/** The operation that withdraws a rate card. It prices nothing from then on; what it has priced stays. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { rateBook } from '../../pricing/book.ts'
import { cardInForce } from '../../pricing/cards.ts'
import { readRateRows } from '../../routing/rates.ts'
import type { Row } from '../../store/schema.ts'
import { recordedAt } from '../../store/store.ts'
import { change } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { insertRows } from '../row-statements.ts'
import { cardRows, showCard, shownCard } from './rate-cards.ts'

export const ratesVoid = change({
  name: 'rates.void',
  summary: 'Withdraw a rate card, with the reason. Calls that it priced keep their price.',
  scope: 'rates:write',
  effect: 'destroy',
  positional: ['card'],
  input: z.strictObject({
    card: z.string().min(1).max(200).describe('Its id.'),
    reason: z.string().trim().min(1).max(1000).describe('Why, for whoever reads it later.'),
    replaced_by: z.string().min(1).max(200).optional().describe('The id of the card that is right instead.'),
  }),
  output: shownCard.extend({ past_attempts: z.int().describe('Attempts that this card has priced. What they cost does not change.') }),
  columns: [],
  example: 'purser rates void 01990000-0000-7000-8000-000000000000 --reason "price was per 1k tokens" --yes',
  async plan(context, { card: id, reason, replaced_by = null }) {
    const card = await cardRows(context).where('rate_cards.id', '=', id).executeTakeFirst()
    if (card === undefined) throw notFound('rates', id)
    if (card.void_reason !== null)
      throw new PurserError('conflict', `The card ${id} was withdrawn already: ${card.void_reason}`, {
        code: 'card_voided',
        field: 'card',
        hint: `See what prices the model:  purser rates history --provider ${card.provider} --model ${card.model}`,
      })
    if (replaced_by !== null) await refuseStranger(context, card, replaced_by)
    const past = await attemptsPricedBy(context, id)
    const shown = { ...showCard(card), void_reason: reason, past_attempts: past }
    return {
      statements: insertRows(context.store.read, 'rate_card_voids', [
        { id: context.ids(), rate_card_id: id, reason, replaced_by, recorded_at: recordedAt },
      ]),
      rates: { source: 'user_override', actor: context.actor.name, note: reason },
      touched: [{ kind: 'rate_card', id, name: card.model, before: { voided: false }, after: { voided: true, reason, replaced_by } }],
      warnings: await leftWithout(context, card),
      answer: (written) => ({ ...shown, voided_at: written?.recordedAt ?? null }),
    }
  },
})

/** The card that stands in its place is another one of the same provider, and in force. */
async function refuseStranger(context: OperationContext, card: Row<'rate_cards'>, id: string): Promise<void> {
  const other = await cardRows(context).where('rate_cards.id', '=', id).executeTakeFirst()
  if (other === undefined) throw notFound('rates', id)
  const fault =
    other.id === card.id
      ? 'is the card itself'
      : other.provider_id !== card.provider_id
        ? 'prices another provider'
        : other.void_reason !== null
          ? 'was withdrawn itself'
          : undefined
  if (fault !== undefined) throw new PurserError('invalid_request', `"replaced_by": the card ${id} ${fault}.`, { field: 'replaced_by' })
}

async function attemptsPricedBy({ store }: OperationContext, id: string): Promise<number> {
  const row = await store.read
    .selectFrom('charges')
    .select((each) => each.fn.count('attempt_id').distinct().as('total'))
    .where('rate_card_id', '=', id)
    .executeTakeFirst()
  return Number(row?.total ?? 0)
}

/** Whether the card's own model has a price without it. A pattern has no model of its own to ask for. */
async function leftWithout({ store, clock }: OperationContext, card: Row<'rate_cards'> & { readonly provider: string }): Promise<string[]> {
  if (card.match_mode !== 'exact') return []
  const rows = await readRateRows(store.read)
  const cards = rows.cards.filter((row) => row.id !== card.id)
  const now = clock.now()
  const found = cardInForce(rateBook({ ...rows, cards }), {
    providerId: card.provider_id,
    connectionId: card.connection_id,
    requestedModel: card.model,
    reportedModel: null,
    at: now,
    knownAt: Number.MAX_SAFE_INTEGER,
  })
  return found === undefined
    ? [`Nothing else prices "${card.model}" of ${card.provider}: its calls are unpriced from now on, not free.`]
    : []
}
