/** The laws of an ordered pair of codecs: a caller who speaks one contract, and a provider who speaks another. */

import assert from 'node:assert/strict'
import type { Codec } from '../../src/contracts/contract.ts'
import { parseExactly } from '../../src/contracts/exact-json.ts'
import type { Call, Reply, Warn, Warning } from '../../src/core/call.ts'
import { parseJson } from '../../src/core/json.ts'
import type { Frame } from '../../src/core/wire.ts'
import { meaningOf, totalsOf } from '../support/meaning.ts'
import { type Cuts, eventsOf } from '../support/reply-events.ts'
import {
  arrived,
  bodyText,
  decodedCall,
  decodedReply,
  decodedStream,
  encodedCall,
  encodedReply,
  encodedStream,
  framesOf,
  type Heard,
  hearing,
} from './wires.ts'

export type Pair = { readonly caller: Codec; readonly provider: Codec }

/** What both can say arrives at the provider as the caller said it, without a warning, and could be said back. */
export function callCrosses({ caller, provider }: Pair, call: Call): void {
  const asked = decodedCall(caller, arrived(encodedCall(caller, call).value))
  const forwarded = encodedCall(provider, asked.value)
  const received = decodedCall(provider, arrived(forwarded.value))
  assert.deepEqual([...asked.warnings, ...forwarded.warnings, ...received.warnings], [])
  const back = decodedCall(caller, arrived(encodedCall(caller, received.value).value))
  const { streamUsage: _, ...meant } = call
  const { streamUsage: _received, ...heard } = received.value
  const { streamUsage: _back, ...again } = back.value
  assert.deepEqual(heard, meant)
  assert.deepEqual(again, meant)
}

/** What the caller can say, and the provider cannot, is a warning or a refusal; what is sent is the same each time. */
export function callIsTranslatedOnce({ caller, provider }: Pair, call: Call): void {
  const asked = decodedCall(caller, arrived(encodedCall(caller, call).value)).value
  const first = encodedCall(provider, asked)
  assert.equal(bodyText(encodedCall(provider, asked).value), bodyText(first.value))
  assert.deepEqual(encodedCall(provider, asked).warnings, first.warnings)
}

/** A whole answer, as the provider sends it and the caller gets it. */
export function translatedReply({ caller, provider }: Pair, reply: Reply): Heard<unknown> & { readonly read: Reply } {
  return hearingReply((warn) => {
    const meant = provider.decodeResponse(encodedReply(provider, reply).value, warn)
    return caller.encodeResponse(meant, warn)
  }, caller)
}

function hearingReply(run: (warn: Warn) => unknown, caller: Codec): Heard<unknown> & { readonly read: Reply } {
  const { value, warnings } = hearing(run)
  return { value, warnings, read: decodedReply(caller, parseExactly(JSON.stringify(value))).value }
}

/** The same answer as a stream. */
export function translatedStream({ caller, provider }: Pair, reply: Reply, cuts: Cuts): Heard<readonly Frame[]> {
  const frames = framesOf([encodedStream(provider, eventsOf(reply, cuts)).value])
  const warnings: Warning[] = []
  const warn: Warn = (warning) => void warnings.push(warning)
  const decoder = provider.streamDecoder(warn)
  const encoder = caller.streamEncoder({ includeUsage: true }, warn)
  const events = [...frames.flatMap((frame) => [...decoder.take(frame, parseJson(frame.data))]), ...decoder.end()]
  return { value: framesOf([Buffer.concat(events.flatMap((event) => encoder.take(event)))]), warnings }
}

export function replyCrosses(pair: Pair, reply: Reply, cuts: Cuts): void {
  const whole = translatedReply(pair, reply)
  assert.deepEqual(whole.warnings, [])
  assert.deepEqual(meant(whole.read), meant(reply))
  const streamed = translatedStream(pair, reply, cuts)
  assert.deepEqual(streamed.warnings, [])
  assert.deepEqual(meant(decodedStream(pair.caller, streamed.value).value), meant(reply))
}

/** An answer in full words of the provider's contract is the same to the caller, streamed or not, and warns of nothing else. */
export function translationsAgree(pair: Pair, reply: Reply, cuts: Cuts): void {
  const whole = translatedReply(pair, reply)
  const streamed = translatedStream(pair, reply, cuts)
  assert.deepEqual(meant(decodedStream(pair.caller, streamed.value).value), meant(whole.read))
  const reasons = new Set(whole.warnings.map(({ reason }) => reason))
  assert.deepEqual(
    streamed.warnings.filter(({ reason }) => !reasons.has(reason)),
    [],
  )
}

/** The caller's own accounting of a translated answer comes to what the provider counted. */
export function usageCrosses(pair: Pair, reply: Reply): void {
  const body = parseJson(JSON.stringify(translatedReply(pair, reply).value))
  const raw = body === undefined ? undefined : pair.caller.reportOf(body).usage
  const read = raw === undefined ? null : pair.caller.normaliseUsage(raw)
  assert.deepEqual(totalsOf(read), totalsOf(reply.usage))
}

/** With the model and the counts, which both sides have a word for. */
export function meant(reply: Reply): object {
  return { ...meaningOf(reply), model: reply.model, usage: totalsOf(reply.usage) }
}
