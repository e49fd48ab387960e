/** From how an attempt ended and what its answer said to the row in the books: whose usage counts, what is unknown, what is owed. */

import type { Warning } from '../core/call.ts'
import type { ErrorKind } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { PriceContext, RawUsage, Usage, UsageSource } from '../core/usage.ts'
import type { Headers } from '../core/wire.ts'
import type { Outcome, SettlementFacts } from '../ledger/facts.ts'
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

/** What is known of an attempt beside what it owes. */
export type Circumstances = {
  readonly attemptId: string
  readonly errorKind: ErrorKind | null
  /** 0 where the provider answered nothing. */
  readonly status: number
  readonly warnings: readonly Warning[]
  readonly firstByteMs: number | null
  readonly durationMs: number
  readonly responseBytes: number
  readonly settledAt: number
  readonly headers: Headers
}

export function settlementOf(target: Target, { outcome, reading }: Ended, owed: Owed, known: Circumstances): SettlementFacts {
  return {
    attemptId: known.attemptId,
    outcome,
    errorKind: known.errorKind,
    upstreamStatus: known.status === 0 ? null : known.status,
    upstreamId: upstreamIdOf(target, reading, known.headers),
    stopReason: reading.stopReason,
    warnings: known.warnings,
    firstByteMs: known.firstByteMs,
    durationMs: known.durationMs,
    responseBytes: known.responseBytes,
    settledAt: known.settledAt,
    usage: owed.usage,
    rawUsage: owed.rawUsage,
    usageSource: owed.usageSource,
    usageFlags: owed.charged.flags,
    priceContext: owed.priceContext,
    requestedModel: target.model,
    reportedModel: reading.reportedModel,
    charged: owed.charged,
  }
}

/** The id under which whoever answered finds the call again. A platform keeps books of its own, by its request id; its answer's own id is another provider's. */
function upstreamIdOf(target: Target, reading: Reading, headers: Headers): string | null {
  return (target.connection.auth.type === 'platform' ? headers['x-request-id'] : undefined) ?? reading.upstreamId
}

/** What is owed where working it out has failed: that it happened, and that nobody can say what it cost. */
export function unknownOwed(target: Target): Owed {
  return { usage: null, usageSource: 'unknown', rawUsage: null, priceContext: {}, charged: unknownCharge(target.billing) }
}

/** Beyond this depth a report is none: it is kept as the word that it was there, and its counts at the top are read all the same. */
const deepestReport = 32

function rawText(raw: RawUsage): string {
  return isDeeper(raw, deepestReport) ? '{"unreadable":"nested too deeply"}' : JSON.stringify(raw)
}

function isDeeper(value: Json, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return left === 0 || Object.values(value).some((part: Json) => isDeeper(part, left - 1))
}

/** Prices are those of the directory that the intent was made from, at the intent's instant, whatever has changed since. */
export function owedFor(target: Target, directory: Directory, pricedAt: number, ended: Ended): Owed {
  const { codec } = target
  const { reading } = ended
  const rawUsage = reading.raw === null ? null : rawText(reading.raw)
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
