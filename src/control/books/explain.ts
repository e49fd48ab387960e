/** The operation that explains a price: T, K, how the model matched, the card and its source, and every line's arithmetic, computed again twice. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { printAmount, printPrice } from '../../pricing/money.ts'
import { readRateBook } from '../../routing/rates.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { disagreements, recomputed } from '../derive.ts'
import { operation } from '../operation.ts'
import { cardRows, type ShownCard, showCard, shownCard } from '../rates/rate-cards.ts'
import { type FoundAttempt, findCall } from './calls.ts'
import { amountOrNull, showCall, showCharge, shownCall, shownCharge } from './ledger-rows.ts'
import { readPrefixes, settledOf } from './settled.ts'

const explainedLine = shownCharge.extend({
  arithmetic: z.string().describe('The line written out: quantity × price × factor / units = amount.'),
  recomputed: z.string().describe("The amount computed again from the line's own figures."),
})

const explainedAttempt = z.object({
  id: z.string(),
  provider: z.string(),
  connection: z.string(),
  profile: z.string().nullable(),
  billing: z.string(),
  requested_model: z.string(),
  reported_model: z.string().nullable(),
  matched: z.string().nullable().describe('How the card was found: exact, alias, dated, region, prefix or glob.'),
  priced_at: z.int().describe('T: the instant whose prices apply.'),
  known_at: z.int().describe('K: the newest prices that were known.'),
  outcome: z.string(),
  pricing_status: z.string().nullable(),
  unpriced: json.nullable(),
  usage_source: z.string().nullable(),
  usage: json.nullable(),
  usage_flags: json.nullable(),
  price_context: json.nullable(),
  currency: z.string().nullable(),
  charged: z.string().nullable(),
  shadow: z.string().nullable(),
  cards: z.array(shownCard),
  lines: z.array(explainedLine),
  disagreements: z.array(z.string()).describe('What does not come out as it is stored. Empty is right.'),
})

export const explainCall = operation({
  name: 'explain.call',
  summary: 'Explain what a call cost: each line, its card and where that came from. Fails if any line does not come out again.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['call'],
  input: z.strictObject({ call: z.string().min(1).max(200).describe('The id that answers carry as x-request-id.') }),
  output: z.object({ call: shownCall, attempts: z.array(explainedAttempt), agrees: z.boolean() }),
  columns: [],
  example: 'purser explain call 01990000-0000-7000-8000-000000000000',
  async run(context, input) {
    const { call, attempts } = await findCall(context, input.call)
    const { book } = await readRateBook(context.store.read)
    const prefixesOf = await readPrefixes(context.store)
    const cards = await cardsOf(
      context,
      attempts.flatMap((each) => each.charges),
    )
    const explained = attempts.map((each) => {
      const settled = settledOf(each, prefixesOf(each.attempt.provider_id, each.attempt.model))
      return explainAttempt(each, cards, settled === undefined ? [] : disagreements(settled, book))
    })
    return { call: showCall(call), attempts: explained, agrees: explained.every((each) => each.disagreements.length === 0) }
  },
})

async function cardsOf(context: OperationContext, charges: readonly Row<'charges'>[]): Promise<ReadonlyMap<string, ShownCard>> {
  const ids = [...new Set(charges.map((line) => line.rate_card_id).filter((id) => id !== null))]
  if (ids.length === 0) return new Map()
  const rows = await cardRows(context).where('rate_cards.id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, showCard(row)]))
}

function explainAttempt(
  { attempt, settlement, charges }: FoundAttempt,
  cards: ReadonlyMap<string, ShownCard>,
  found: readonly string[],
): z.output<typeof explainedAttempt> {
  const used = [...new Set(charges.map((line) => line.rate_card_id))].map((id) => (id === null ? undefined : cards.get(id)))
  return {
    id: attempt.id,
    provider: attempt.provider_name,
    connection: attempt.connection_name,
    profile: attempt.profile_name,
    billing: attempt.billing,
    requested_model: settlement?.requested_model ?? attempt.model,
    reported_model: settlement?.reported_model ?? null,
    matched: settlement?.matched ?? null,
    priced_at: attempt.priced_at,
    known_at: attempt.known_at,
    outcome: settlement?.outcome ?? 'open',
    pricing_status: settlement?.pricing_status ?? null,
    unpriced: settlement?.unpriced ?? null,
    usage_source: settlement?.usage_source ?? null,
    usage: settlement?.usage ?? null,
    usage_flags: settlement?.usage_flags ?? null,
    price_context: settlement?.price_context ?? null,
    currency: settlement?.currency ?? null,
    charged: amountOrNull(settlement?.charged_pico ?? null),
    shadow: amountOrNull(settlement?.shadow_pico ?? null),
    cards: used.filter((card) => card !== undefined),
    lines: charges.map((line) => ({ ...showCharge(line), arithmetic: arithmetic(line), recomputed: printAmount(recomputed(line)) })),
    disagreements: [...found],
  }
}

function arithmetic(line: Row<'charges'>): string {
  const factor = line.num === 1n && line.den === 1n ? '' : ` × ${line.num}/${line.den}`
  return `${line.qty} × ${printPrice(line.price_nanos)}${factor} / ${line.per_units} = ${printAmount(recomputed(line))}`
}
