/** Between two contracts: the caller's request in the provider's words, and the provider's answer in the caller's. */

import type { Codec, Defaults, Retargeted } from '../contracts/contract.ts'
import { parseExactly } from '../contracts/exact-json.ts'
import type { Call, ReplyEvent, Warn } from '../core/call.ts'
import { scan } from '../core/scan.ts'
import { createFramer } from '../core/sse.ts'
import type { Frame, WireRequest } from '../core/wire.ts'
import { type Carried, type Carrier, joined, type StreamCarrier } from './carrier.ts'
import { type Meter, payloadOf } from './meter.ts'

/** `now` dates an answer whose provider told no time. */
export type Pair = { readonly caller: Codec; readonly provider: Codec; readonly now: () => number }

export type Translated = { readonly retargeted: Retargeted; readonly includeUsage: boolean }

/** The caller's values win; the profile's fill what he left unset, its further parameters as fields of the provider's contract. */
export function translateRequest(
  { caller, provider }: Pair,
  request: WireRequest,
  model: string,
  defaults: Defaults,
  warn: Warn,
): Translated {
  const call = filled(caller.decodeRequest(request, warn), defaults)
  const retargeted = provider.encodeRequest(call, model, warn)
  const { params } = defaults
  if (params === undefined) return { retargeted, includeUsage: call.streamUsage }
  const encoded = { ...retargeted, query: new URLSearchParams(), scan: scan(retargeted.body) }
  const { body } = provider.retarget(encoded, { model, defaults: { params } })
  return { retargeted: { ...retargeted, body }, includeUsage: call.streamUsage }
}

function filled(call: Call, { systemPrompt, temperature, maxTokens }: Defaults): Call {
  const instructed = systemPrompt === undefined || call.messages.some((message) => message.role === 'system')
  return {
    ...call,
    ...(instructed ? {} : { messages: [{ role: 'system', parts: [{ type: 'text', text: systemPrompt }] }, ...call.messages] }),
    ...(call.temperature === undefined && temperature !== undefined ? { temperature } : {}),
    ...(call.maxTokens === undefined && maxTokens !== undefined ? { maxTokens } : {}),
  }
}

/** The meter reads the provider's own events, before any translation. */
export function translate(pair: Pair, meter: Meter, includeUsage: boolean, warn: Warn): Carrier {
  return {
    relays: false,
    stream: () => translatedStream(pair, meter, includeUsage, warn),
    body(_payload, bytes) {
      const reply = dated(pair, pair.provider.decodeResponse(parseExactly(Buffer.from(bytes).toString('utf8')), warn))
      return Buffer.from(JSON.stringify(pair.caller.encodeResponse(reply, warn)))
    },
  }
}

function dated<T extends { readonly createdAt: number | null }>({ now }: Pair, told: T): T {
  return told.createdAt === null ? { ...told, createdAt: now() } : told
}

/** Nothing is read after the ending. */
function translatedStream(pair: Pair, meter: Meter, includeUsage: boolean, warn: Warn): StreamCarrier {
  const { caller, provider } = pair
  const framer = createFramer()
  const decoder = provider.streamDecoder(warn)
  const encoder = caller.streamEncoder({ includeUsage }, warn)
  /** What the caller knows the end by: it waits for the provider's own end, and for the settlement. */
  const last: Uint8Array[] = []

  const write = (events: readonly ReplyEvent[], forward: Uint8Array[]): void => {
    for (const event of events) {
      const written = encoder.take(event.type === 'start' ? dated(pair, event) : event)
      if (event.type === 'end') last.push(...written)
      else forward.push(...written)
    }
  }
  const ended = (forward: Uint8Array[], data: string): Carried => {
    write(decoder.end(), forward)
    return { forward: joined(forward), ending: { kind: 'terminal', bytes: joined(last), data } }
  }
  const carry = (frames: readonly Frame[]): Carried => {
    const forward: Uint8Array[] = []
    for (const frame of frames) {
      if (frame.data === '') continue
      const payload = payloadOf(frame.data)
      if (payload !== undefined) meter.take(payload)
      const kind = provider.frameKind(frame, payload)
      if (kind === 'error') return { forward: joined(forward), ending: { kind, bytes: null, data: frame.data } }
      write(decoder.take(frame, payload), forward)
      if (kind === 'terminal') return ended(forward, frame.data)
    }
    return { forward: joined(forward), ending: null }
  }

  return {
    push: (chunk) => carry(framer.push(chunk)),
    end: () => {
      const rest = framer.end()
      return carry(rest ? [rest] : [])
    },
  }
}
