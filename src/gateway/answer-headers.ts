/** Which of a provider's answer headers reach the caller: an allow list, so that cookies, redirects and hop-by-hop headers never do. */

import type { Headers } from '../core/wire.ts'
import { printAmount } from '../pricing/money.ts'
import type { Owed } from './settlement.ts'

const names = new Set([
  'content-type',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'openai-processing-ms',
  'openai-version',
  'cache-control',
  'x-simulated',
])
const prefixes = ['x-ratelimit-', 'anthropic-ratelimit-'] as const

const longestWaits = [
  ['retry-after', 30],
  ['retry-after-ms', 30_000],
] as const

/** The caller's header lines: the allowed ones of the upstream, and the two by which the call is found again. */
export function answerHeaders(upstream: Headers, requestId: string): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name in upstream) {
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) kept[name] = upstream[name]!
  }
  // A client that obeys a longer wait hangs, and one that does not comes back at once.
  for (const [name, longest] of longestWaits) if (Number(kept[name]) > longest) kept[name] = String(longest)
  kept['x-request-id'] = requestId
  kept['request-id'] = requestId
  return kept
}

/** What the answer cost, for a caller who asked. */
export function costHeaders({ charged }: Owed): Record<string, string> {
  return {
    'x-purser-pricing-status': charged.pricingStatus,
    ...(charged.chargedPico === null ? {} : { 'x-purser-cost': printAmount(charged.chargedPico) }),
  }
}
