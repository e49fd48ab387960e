/** Usage and a card to exact lines: what one attempt costs, what of it has no price, and why. */

import { type Meter, meterOrder, meters } from '../core/meters.ts'
import type { PriceContext, Segment, Usage, UsageFlag } from '../core/usage.ts'
import type { RateBook, RateCard } from './book.ts'
import type { Prefixes } from './candidates.ts'
import { type CardFound, cardInForce, type Matched } from './cards.ts'
import { type Billing, type Charged, type ChargeLine, rulesVersion, type UnpricedReason } from './charged.ts'
import type { Facts } from './conditions.ts'
import { amountPico, fitsInt64, saturate } from './money.ts'
import { factorOf, hasUnlistedTier, isSoldOtherwise, priceOf, priceTable } from './prices.ts'
import { isIncluded, unknownCharge } from './unbilled.ts'

export type ChargeQuery = {
  readonly book: RateBook
  readonly providerId: string
  readonly connectionId: string
  readonly billing: Billing
  readonly requestedModel: string
  readonly reportedModel: string | null
  readonly at: number
  readonly knownAt: number
  /** Null: unknown, which is never zero. */
  readonly usage: Usage | null
  readonly context: PriceContext
  readonly prefixes?: Prefixes | undefined
}

/** What is gathered while segments are priced. */
type Sheet = {
  readonly query: ChargeQuery
  readonly role: ChargeLine['role']
  readonly lines: ChargeLine[]
  readonly unpriced: Record<string, UnpricedReason>
  readonly flags: Set<UsageFlag>
  cards: number
}

export function chargeUsage(query: ChargeQuery): Charged {
  const included = isIncluded(query.billing)
  const { usage } = query
  if (usage === null) return unknownCharge(query.billing)
  const sheet: Sheet = { query, role: included ? 'shadow' : 'charge', lines: [], unpriced: {}, flags: new Set(usage.flags), cards: 0 }
  let currency: string | null = null
  let matched: Matched | null = null
  const namesRequests = usage.segments.some((segment) => segment.meters.requests !== undefined)
  for (const [index, segment] of usage.segments.entries()) {
    const found = find(query, segment)
    if (index === 0) matched = found?.matched ?? null
    if (found !== undefined) {
      sheet.cards += 1
      currency ??= found.card.row.currency
      if (currency !== found.card.row.currency) sheet.flags.add('mixed_currency')
    }
    priceSegment(sheet, index, segment, found?.card, index === 0 && !namesRequests)
  }
  return total(sheet, included, currency, matched)
}

/** A segment of another model is looked up by that model as reported, and by nothing that was asked for. */
function find(query: ChargeQuery, segment: Segment): CardFound | undefined {
  const { book, providerId, connectionId, at, knownAt, prefixes } = query
  const own = segment.model === undefined
  return cardInForce(book, {
    providerId,
    connectionId,
    requestedModel: own ? query.requestedModel : null,
    reportedModel: own ? query.reportedModel : segment.model,
    at,
    knownAt,
    prefixes,
  })
}

function priceSegment(sheet: Sheet, index: number, segment: Segment, card: RateCard | undefined, answered: boolean): void {
  const { context } = sheet.query
  const table = card && priceTable(card)
  const facts = factsOf(segment, context)
  if (table !== undefined && hasUnlistedTier(table, context)) sheet.flags.add('tier_unlisted')
  for (const meter of meterOrder) {
    const qty = segment.meters[meter] ?? (answered && meter === 'requests' ? 1n : 0n)
    if (qty <= 0n) continue
    const price = table && priceOf(table, meter, facts)
    if (card === undefined || table === undefined || price === undefined || price.nanos === null) {
      const reason = card === undefined ? 'no_card' : price === undefined ? 'no_price' : 'not_sold'
      if (meter !== 'requests' && !(table && isSoldOtherwise(table, meter, facts))) sheet.unpriced[meter] ??= reason
      continue
    }
    const { num, den, ids } = factorOf(table, meter, price, facts)
    const terms = { qty, priceNanos: price.nanos, perUnits: price.perUnits, num, den }
    const amount = amountPico(terms)
    if (!fitsInt64(amount)) {
      if (meter !== 'requests') sheet.unpriced[meter] ??= 'amount_overflow'
      continue
    }
    sheet.lines.push({
      segment: index,
      role: sheet.role,
      meter,
      ...terms,
      priceMeter: price.meter,
      amountPico: amount,
      currency: card.row.currency,
      rateCardId: card.row.id,
      componentId: price.componentId,
      multiplierIds: ids,
      reportedModel: segment.model ?? sheet.query.reportedModel,
    })
  }
}

function factsOf(segment: Segment, context: PriceContext): Facts {
  const sums = { input: 0n, output: 0n, other: 0n }
  for (const [meter, qty] of Object.entries(segment.meters) as [Meter, bigint][]) sums[meters[meter].group] += qty
  return { context, inputTokens: sums.input, outputTokens: sums.output }
}

function total(sheet: Sheet, included: boolean, currency: string | null, matched: Matched | null): Charged {
  const missing = Object.keys(sheet.unpriced).length > 0
  const status = sheet.cards === 0 || (missing && sheet.lines.length === 0) ? 'unpriced' : missing ? 'partially_priced' : 'priced'
  let sum = 0n
  for (const line of sheet.lines) if (line.currency === currency) sum += line.amountPico
  const amount = status === 'unpriced' ? null : saturate(sum)
  if (amount !== null && amount !== sum) sheet.flags.add('amount_saturated')
  return {
    pricingStatus: included ? 'included' : status,
    currency,
    chargedPico: included ? 0n : amount,
    shadowPico: included ? amount : null,
    matched,
    costSource: included || status === 'unpriced' ? 'none' : 'computed',
    unpriced: sheet.unpriced,
    flags: [...sheet.flags],
    rulesVersion,
    lines: sheet.lines,
  }
}
