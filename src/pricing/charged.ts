/** What pricing says of an attempt: its status, its sums, its lines. */

import type { Meter } from '../core/meters.ts'
import type { UsageFlag } from '../core/usage.ts'
import type { Matched } from './cards.ts'

/** Raised when a rule of this room changes, so that an old charge is explained by the rules it was made with. */
export const rulesVersion = 1

export type PricingStatus = 'priced' | 'partially_priced' | 'unpriced' | 'included'
export type UnpricedReason = 'no_card' | 'no_price' | 'not_sold' | 'amount_overflow' | 'usage_unknown'
export type Billing = 'own' | 'platform' | 'subscription' | 'none'

/** One row of `charges`, but for the attempt and the number. It holds all that its amount is computed from. */
export type ChargeLine = {
  readonly segment: number
  /** `charge` counts; `shadow` shows what it would have cost. */
  readonly role: 'charge' | 'shadow'
  readonly meter: Meter
  readonly qty: bigint
  /** The meter whose price was taken. */
  readonly priceMeter: Meter
  readonly priceNanos: bigint
  readonly perUnits: bigint
  readonly num: bigint
  readonly den: bigint
  readonly amountPico: bigint
  readonly currency: string
  readonly rateCardId: string | null
  readonly componentId: string | null
  readonly multiplierIds: readonly string[]
  readonly reportedModel: string | null
}

export type Charged = {
  readonly pricingStatus: PricingStatus
  /** That of the first segment which has a card. */
  readonly currency: string | null
  /** Null: unpriced, which is never zero. */
  readonly chargedPico: bigint | null
  readonly shadowPico: bigint | null
  /** How the first segment's card was found. */
  readonly matched: Matched | null
  readonly costSource: 'computed' | 'provider_reported' | 'none'
  /** Meter to reason; `*` stands for usage that is unknown as a whole. */
  readonly unpriced: Readonly<Record<string, UnpricedReason>>
  /** The flags of the usage, and those of pricing it. */
  readonly flags: readonly UsageFlag[]
  readonly rulesVersion: number
  /** In the order of segments, then of the registry of meters. */
  readonly lines: readonly ChargeLine[]
}
