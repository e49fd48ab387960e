/** Which of a provider's answer headers reach the caller: an allow list, so that cookies, redirects and hop-by-hop headers never do. */

import type { Headers } from '../core/wire.ts'

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

/** The caller's header lines: the allowed ones of the upstream, and the two by which the call is found again. */
export function answerHeaders(upstream: Headers, requestId: string): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name in upstream) {
    if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) kept[name] = upstream[name]!
  }
  kept['x-request-id'] = requestId
  kept['request-id'] = requestId
  return kept
}
