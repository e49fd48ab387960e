/** What an attempt used, in disjoint meters: every billed unit stands in exactly one. */

import type { Json, JsonObject } from './json.ts'
import type { Meter } from './meters.ts'

/** What one model of an answer used. `model` is set only where it differs from the answer's own. Zeros are left out. */
export type Segment = { readonly model?: string; readonly meters: Readonly<Partial<Record<Meter, bigint>>> }

export type UsageFlag =
  | 'usage_inconsistent'
  | 'iteration_unknown'
  | 'estimate_excludes_media'
  | 'calendar_uncovered'
  | 'tier_unlisted'
  | 'price_drift'
  | 'mixed_currency'
  | 'amount_saturated'

export type Usage = { readonly segments: readonly Segment[]; readonly flags: readonly UsageFlag[] }

/** A provider's own report, as parsed from its answer and merged over a stream. */
export type RawUsage = JsonObject

export type UsageSource = 'provider_final' | 'provider_partial' | 'gateway_estimate' | 'reservation' | 'none' | 'unknown'

/** What else decides a price: absent values are `standard`, `standard`, `global`, false. */
export type PriceContext = {
  readonly service_tier?: string
  readonly speed?: string
  readonly region?: string
  readonly thinking?: boolean
  readonly resolution?: string
  readonly quality?: string
  readonly search_context_size?: string
}

/** Everything that one payload of an answer (a body, or one event of a stream) says for the books. */
export type Report = {
  /** The provider's id of the answer. */
  readonly id?: string
  readonly model?: string
  readonly stopReason?: string
  readonly usage?: RawUsage
  /** This is the terminal report of the answer, and not a running count. */
  readonly usageIsFinal?: boolean
  /** UTF-8 bytes of text, reasoning and tool arguments in this payload: the ground of an estimate. */
  readonly contentBytes: number
  /** What the payload says of tier, speed, region, merged later-wins over a stream and read by `priceContext`. */
  readonly context?: Json
}

/** The canonical text of a usage vector, as the ledger keeps it: the same as `canonicalJson`, at a quarter of its cost. */
export function usageText(usage: Usage): string {
  const segments = usage.segments.map(({ model, meters }) => {
    const counts = Object.keys(meters)
      .sort()
      .map((meter) => `"${meter}":"${meters[meter as Meter]}"`)
    const named = model === undefined ? '' : `,"model":${JSON.stringify(model)}`
    return `{"meters":{${counts.join(',')}}${named}}`
  })
  return `{"flags":${JSON.stringify(usage.flags)},"segments":[${segments.join(',')}]}`
}
