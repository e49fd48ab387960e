/** A settled attempt priced anew from what the ledger keeps of it: usage, context, T and K. The stored lines must come out again, byte for byte. */

import { canonicalJson, isObject, type Json } from '../core/json.ts'
import { isMeter, type Meter } from '../core/meters.ts'
import type { PriceContext, Segment, Usage, UsageFlag } from '../core/usage.ts'
import type { RateBook } from '../pricing/book.ts'
import { chargeUsage } from '../pricing/charge.ts'
import type { Billing, Charged, ChargeLine } from '../pricing/charged.ts'
import { amountPico } from '../pricing/money.ts'
import { nothingToBill, unknownCharge } from '../pricing/unbilled.ts'
import type { Row } from '../store/schema.ts'

export type Settled = {
  readonly attempt: Row<'attempts'>
  readonly settlement: Row<'settlements'>
  readonly charges: readonly Row<'charges'>[]
  /** Region prefixes of the provider's model ids. */
  readonly prefixes: Readonly<Record<string, string>>
}

function deriveCharge({ attempt, settlement, prefixes }: Settled, book: RateBook): Charged {
  if (settlement.usage_source === 'none') return nothingToBill(attempt.billing)
  const usage = readUsage(settlement.usage)
  if (usage === null) return unknownCharge(attempt.billing)
  return chargeUsage({
    book,
    providerId: attempt.provider_id,
    connectionId: attempt.connection_id,
    billing: attempt.billing as Billing,
    requestedModel: settlement.requested_model,
    reportedModel: settlement.reported_model,
    at: attempt.priced_at,
    knownAt: attempt.known_at,
    usage,
    context: (settlement.price_context ?? {}) as PriceContext,
    prefixes,
  })
}

/** The amount of a stored line, computed again from the line alone. */
export function recomputed(line: Row<'charges'>): bigint {
  return amountPico({ qty: line.qty, priceNanos: line.price_nanos, perUnits: line.per_units, num: line.num, den: line.den })
}

/** What stands in the ledger otherwise than it comes out, as sentences. None is what must be. */
export function disagreements(settled: Settled, book: RateBook): readonly string[] {
  const { settlement, charges } = settled
  const found: string[] = []
  for (const line of charges) {
    const amount = recomputed(line)
    if (amount !== line.amount_pico) found.push(`Line ${line.line_no} says ${line.amount_pico} pico, and its own figures make ${amount}.`)
  }
  const derived = deriveCharge(settled, book)
  const [stored, anew] = [charges.map(storedLine), derived.lines.map(derivedLine)].map(canonicalJson)
  if (stored !== anew) found.push(`The lines come out differently: stored ${stored}, derived ${anew}.`)
  const facts: readonly (readonly [name: string, stored: unknown, derived: unknown])[] = [
    ['charged', settlement.charged_pico, derived.chargedPico],
    ['shadow', settlement.shadow_pico, derived.shadowPico],
    ['currency', settlement.currency, derived.currency],
    ['pricing status', settlement.pricing_status, derived.pricingStatus],
    ['unpriced', settlement.unpriced, derived.unpriced],
    ['matched', settlement.matched, derived.matched],
  ]
  for (const [name, here, there] of facts) {
    const [left, right] = [canonicalJson(here), canonicalJson(there)]
    if (left !== right) found.push(`The ${name} is stored as ${left} and comes out as ${right}.`)
  }
  return found
}

function storedLine({ attempt_id: _attempt, ...line }: Row<'charges'>) {
  return line
}

/** The columns of `charges` that a derived line would have been written to. */
function derivedLine(line: ChargeLine, place: number): Omit<Row<'charges'>, 'attempt_id'> {
  return {
    line_no: BigInt(place),
    segment: BigInt(line.segment),
    role: line.role,
    meter: line.meter,
    qty: line.qty,
    price_meter: line.priceMeter,
    price_nanos: line.priceNanos,
    per_units: line.perUnits,
    num: line.num,
    den: line.den,
    amount_pico: line.amountPico,
    currency: line.currency,
    rate_card_id: line.rateCardId,
    component_id: line.componentId,
    multiplier_ids: [...line.multiplierIds],
    reported_model: line.reportedModel,
  }
}

/** Usage as the ledger keeps it: quantities as decimal text. */
function readUsage(stored: Json | null): Usage | null {
  if (!isObject(stored ?? undefined)) return null
  const { segments, flags } = stored as { segments?: Json; flags?: Json }
  return {
    segments: Array.isArray(segments) ? segments.map(readSegment) : [],
    flags: Array.isArray(flags) ? (flags as readonly UsageFlag[]) : [],
  }
}

function readSegment(stored: Json): Segment {
  const { model, meters } = stored as { model?: Json; meters?: Json }
  const counted = Object.entries(isObject(meters) ? meters : {}).filter(([name]) => isMeter(name))
  return {
    ...(typeof model === 'string' ? { model } : {}),
    meters: Object.fromEntries(counted.map(([name, quantity]) => [name, BigInt(String(quantity))])) as Partial<Record<Meter, bigint>>,
  }
}
