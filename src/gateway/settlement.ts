/** From how an attempt ended and what its answer said to the row in the books: whose usage counts, what is unknown, what is owed. */

import type { Json } from '../core/json.ts'
import type { PriceContext, Usage, UsageSource } from '../core/usage.ts'
import type { Outcome } from '../ledger/facts.ts'
import { chargeUsage } from '../pricing/charge.ts'
import type { Charged } from '../pricing/charged.ts'
import { nothingToBill, unknownCharge } from '../pricing/unbilled.ts'
import type { Directory } from '../routing/directory.ts'
import type { Target } from '../routing/target.ts'
import { atLeast, estimateUsage } from './estimate.ts'
import type { Reading } from './meter.ts'

export type Ended = {
  readonly outcome: Outcome
  readonly reading: Reading
  /** The terminal event, or the whole body, was seen. */
  readonly complete: boolean
  /** Body bytes of a 2xx answer were seen. */
  readonly answered: boolean
  /** The request's members that can decide a price. */
  readonly settings: () => Json
  /** The whole request, parsed only where an estimate needs it. */
  readonly request: () => Json | undefined
}

export type Owed = {
  readonly usage: Usage | null
  readonly usageSource: UsageSource
  readonly rawUsage: string | null
  readonly priceContext: PriceContext
  readonly charged: Charged
}

/** Prices are those of the directory that the intent was made from, at the intent's instant, whatever has changed since. */
export function owedFor(target: Target, directory: Directory, pricedAt: number, ended: Ended): Owed {
  const { codec } = target
  const { reading } = ended
  const rawUsage = reading.raw === null ? null : JSON.stringify(reading.raw)
  const { usage, usageSource } = usageOf(target, ended)
  const priceContext = codec.priceContext(reading.context, ended.settings())
  if (usageSource === 'none') return { usage: null, usageSource, rawUsage, priceContext, charged: nothingToBill(target.billing) }
  if (usage === null) return { usage, usageSource, rawUsage, priceContext, charged: unknownCharge(target.billing) }
  const charged = chargeUsage({
    book: directory.book,
    providerId: target.provider.id,
    connectionId: target.connection.id,
    billing: target.billing,
    requestedModel: target.model,
    reportedModel: reading.reportedModel,
    at: pricedAt,
    knownAt: directory.knownAt,
    usage,
    context: priceContext,
    prefixes: codec.modelPrefixes,
  })
  return { usage, usageSource, rawUsage, priceContext, charged }
}

function usageOf(target: Target, ended: Ended): { readonly usage: Usage | null; readonly usageSource: UsageSource } {
  const { codec, provider } = target
  const { reading, outcome } = ended
  const reported = reading.raw === null ? null : codec.normaliseUsage(reading.raw)
  if (reported) {
    if (reading.final || ended.complete) return { usage: reported, usageSource: 'provider_final' }
    return { usage: atLeast(reported, reading.contentBytes, codec.bytesPerToken), usageSource: 'provider_partial' }
  }
  const estimated = (): { usage: Usage; usageSource: UsageSource } => ({
    usage: estimateUsage(ended.request(), reading.contentBytes, codec.bytesPerToken),
    usageSource: 'gateway_estimate',
  })
  const unknown = { usage: null, usageSource: 'unknown' } as const
  if (outcome === 'not_sent') return { usage: null, usageSource: 'none' }
  if (outcome === 'succeeded') return estimated()
  if (outcome === 'provider_error') {
    if (reading.contentBytes > 0) return estimated()
    return provider.bills_errors ? unknown : { usage: null, usageSource: 'none' }
  }
  return ended.answered ? estimated() : unknown
}
