/** What the books need of a request, read from its bytes only when asked: settings that decide a price, or the whole for an estimate. */

import { type Json, parseJson } from '../core/json.ts'
import type { Scan } from '../core/scan.ts'
import type { WireRequest } from '../core/wire.ts'

const priceSettings = new Set([
  'service_tier',
  'speed',
  'inference_geo',
  'thinking',
  'enable_thinking',
  'resolution',
  'quality',
  'web_search_options',
])

const decoder = new TextDecoder()

export type Scanned = { readonly body: Uint8Array; readonly scan: Scan }

function slice(request: Scanned, start: number, end: number): string {
  return decoder.decode(request.body.subarray(start, end))
}

/** The members of a request that a price can depend on, and no others. `tools` only where one names a search context size. */
export function priceSettingsOf(request: Scanned): Json {
  const found: Record<string, Json> = {}
  for (const member of request.scan.members) {
    const wanted = priceSettings.has(member.key)
    if (!wanted && member.key !== 'tools') continue
    const text = slice(request, member.valueStart, member.valueEnd)
    if (!wanted && !text.includes('"search_context_size"')) continue
    const value = parseJson(text)
    if (value !== undefined) found[member.key] = value
  }
  return found
}

export function wholeRequest(body: Uint8Array): Json | undefined {
  return parseJson(decoder.decode(body))
}

/** The session that the caller's client groups its calls by, where it says one. */
export function sessionOf(request: WireRequest): string | null {
  for (const name of ['x-claude-code-session-id', 'session-id', 'thread-id', 'x-session-id'] as const) {
    const value = request.headers[name]
    if (value) return value.slice(0, 255)
  }
  return null
}

/** Which try of the caller's own this is, as its SDK counts them. */
export function callerRetryOf(request: WireRequest): number | null {
  const count = Number(request.headers['x-stainless-retry-count'])
  return Number.isSafeInteger(count) && count >= 0 && request.headers['x-stainless-retry-count'] ? count : null
}

/** The caller's client in its own words, without what could be a secret: product and version only. */
export function clientOf(request: WireRequest): string | null {
  const agent = request.headers['user-agent']
  return agent ? (/^[\w.@/ -]{1,80}/.exec(agent)?.[0].trim() ?? null) : null
}
