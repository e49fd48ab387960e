/** What the ledger is told: of a call, of an attempt before it is made, and of what became of it. */

import type { ErrorKind } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { PriceContext, Usage, UsageFlag, UsageSource } from '../core/usage.ts'
import type { Charged } from '../pricing/charged.ts'

export type CallFacts = {
  readonly id: string
  readonly tenantId: string
  /** Null for calls that no key made: the library's, or `try`. */
  readonly keyId: string | null
  readonly contract: string
  readonly endpoint: string
  readonly stream: boolean
  readonly requestedName: string
  /** Who won and who was skipped, with reasons, as canonical JSON. */
  readonly decision: string
  readonly configRevision: bigint
  readonly labels: JsonObject
  readonly client: string | null
  readonly sessionId: string | null
  readonly requestBytes: number
  readonly callerRetry: number | null
  readonly createdAt: number
}

/** What an attempt's row takes from its target: the same for every attempt at it. */
export type TargetFacts = {
  readonly profileId: string | null
  readonly profileName: string | null
  readonly connectionId: string
  readonly connectionName: string
  readonly providerId: string
  readonly providerName: string
  readonly contract: string
  readonly billing: 'own' | 'platform' | 'subscription' | 'none'
  readonly locality: 'local' | 'cloud'
}

export type AttemptFacts = {
  readonly attemptNo: number
  readonly target: TargetFacts
  readonly model: string
  /** T: the instant whose prices apply. */
  readonly pricedAt: number
  /** K: the newest rate batch known when the attempt was made. */
  readonly knownAt: number
}

export type Outcome = 'succeeded' | 'provider_error' | 'not_sent' | 'abandoned' | 'timed_out' | 'cut' | 'unknown'

export type Warning = { readonly field: string; readonly reason: string }

/** What became of an attempt. `usage` and `charged` are null where nothing is known. */
export type SettlementFacts = {
  readonly attemptId: string
  readonly outcome: Outcome
  readonly errorKind: ErrorKind | null
  readonly upstreamStatus: number | null
  readonly upstreamId: string | null
  readonly stopReason: string | null
  readonly warnings: readonly Warning[]
  readonly firstByteMs: number | null
  readonly durationMs: number
  readonly responseBytes: number
  readonly settledAt: number
  readonly usage: Usage | null
  /** The provider's own report as JSON text, its members in the order in which they came. */
  readonly rawUsage: string | null
  readonly usageSource: UsageSource
  readonly usageFlags: readonly UsageFlag[]
  readonly priceContext: PriceContext
  readonly requestedModel: string
  readonly reportedModel: string | null
  readonly charged: Charged
}

export function attemptIdOf(callId: string, attemptNo: number): string {
  return `${callId}.${attemptNo}`
}
