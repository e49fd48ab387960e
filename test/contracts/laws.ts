/** The laws of one codec, as functions that throw where it breaks them: a property test runs them, and so do the planted faults. */

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { Codec } from '../../src/contracts/contract.ts'
import { parseExactly } from '../../src/contracts/exact-json.ts'
import type { Call, Reply, Warning } from '../../src/core/call.ts'
import { type ErrorKind, PurserError } from '../../src/core/errors.ts'
import { isObject, type Json, parseJson } from '../../src/core/json.ts'
import type { RawUsage, Usage } from '../../src/core/usage.ts'
import { meaningOf, spelledPlainly } from '../support/meaning.ts'
import { type Cuts, eventsOf } from '../support/reply-events.ts'
import {
  arrived,
  bodyText,
  decodedCall,
  decodedFrames,
  decodedReply,
  decodedStream,
  encodedCall,
  encodedReply,
  encodedStream,
  framesOf,
  inPieces,
} from './wires.ts'

/** What the contract can say of a call is what is read back, without a word of warning. */
export function callSurvives(codec: Codec, call: Call): void {
  const sent = encodedCall(codec, call)
  assert.deepEqual(sent.warnings, [], 'warned while it was encoded')
  const request = arrived(sent.value)
  assert.deepEqual(codec.peek(request), { model: 'coin-1', stream: call.stream })
  const back = decodedCall(codec, request)
  assert.deepEqual(back.value, call)
  assert.deepEqual(back.warnings, [], 'warned while it was decoded')
}

/** Whatever a call says: it is refused by field name, or what is sent is read and sent again as the very same bytes. */
export function callSettles(codec: Codec, call: Call): void {
  const first = refusedOr(() => encodedCall(codec, call))
  if (first === undefined) return
  const read = decodedCall(codec, arrived(first.value)).value
  assert.equal(bodyText(encodedCall(codec, read).value), bodyText(first.value))
}

/** What does not come back has a warning that names its field. */
export function lossIsTold(codec: Codec, call: Call): void {
  const sent = refusedOr(() => encodedCall(codec, call))
  if (sent === undefined) return
  const back = decodedCall(codec, arrived(sent.value))
  const warned = [...sent.warnings, ...back.warnings]
  for (const field of Object.keys(call) as (keyof Call)[]) {
    if (field === 'messages' || field === 'streamUsage' || field === 'tools') continue
    if (holds(back.value[field], call[field])) continue
    assert.ok(warned.some(names(field)), `${field} was changed in silence: ${JSON.stringify(call[field])}, warned of ${told(warned)}`)
  }
  const { messages, tools } = back.value
  const lost = missing(leavesOf({ messages: call.messages, tools: call.tools }), leavesOf({ messages, tools })).find(
    (leaf) => !warned.some((warning) => covers(warning.field, leaf)),
  )
  assert.equal(lost, undefined, `lost in silence: ${JSON.stringify(lost)}, warned of ${told(warned)}`)
}

/** Where a request is refused, the refusal says so to the caller and names the field. */
function refusedOr<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    assert.ok(error instanceof PurserError, `threw ${String(error)}`)
    assert.ok(['invalid_request', 'unsupported'].includes(error.kind), error.kind)
    assert.ok(error.field !== undefined, `a refusal names no field: ${error.message}`)
    return undefined
  }
}

/** What a field of a call is called in warnings, where that is not its own name in the spelling of wires. */
const otherNames: Partial<Record<keyof Call, readonly string[]>> = {
  parallelTools: ['parallel_tools', 'parallel_tool_calls'],
  output: ['output', 'response_format'],
}

function names(field: keyof Call): (warning: Warning) => boolean {
  const known = otherNames[field] ?? [field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
  return (warning) => known.some((name) => warning.field === name || warning.field.startsWith(`${name}.`))
}

/** Whether all that was said is there. What was added beside it is no loss. */
function holds(back: unknown, said: unknown): boolean {
  if (typeof said !== 'object' || said === null) return isDeepStrictEqual(back, said)
  if (typeof back !== 'object' || back === null || Array.isArray(said) !== Array.isArray(back)) return false
  return Object.entries(said).every(([name, inner]) => holds((back as Record<string, unknown>)[name], inner))
}

function told(warnings: readonly Warning[]): string {
  return warnings.map(({ field }) => field).join(', ') || 'nothing'
}

const wordsOfKind: ReadonlySet<string> = new Set(['type', 'role', 'ttl', 'mediaType', 'origin'])

/** `place` is a dotted path with a star for each index: a warning is told once for all turns that lose the same. */
type Leaf = { readonly place: string; readonly said: string; readonly reasoning: boolean }

/** Every text and number in a value, except the words by which its kinds are told. */
function leavesOf(value: unknown, place = '', reasoning = false): Leaf[] {
  if (typeof value === 'string' || typeof value === 'number') {
    const key = place.slice(place.lastIndexOf('.') + 1)
    return wordsOfKind.has(key) ? [] : [{ place, said: key === 'arguments' ? spelledPlainly(String(value)) : String(value), reasoning }]
  }
  if (typeof value !== 'object' || value === null) return []
  const within = place === '' ? '' : `${place}.`
  return Object.entries(value).flatMap(([name, inner]) =>
    leavesOf(inner, `${within}${Array.isArray(value) ? '*' : name}`, reasoning || ('type' in value && value.type === 'reasoning')),
  )
}

/** Those that are nowhere in what came back. Ids may be escaped and arguments spelled anew, so that what holds one counts. */
function missing(said: readonly Leaf[], back: readonly Leaf[]): Leaf[] {
  const heard = back.map((leaf) => leaf.said).join('\n')
  return said.filter((leaf) => !heard.includes(leaf.said) && !heard.includes(JSON.stringify(leaf.said).slice(1, -1)))
}

/** Whether a warning speaks of the leaf, or of something that it stands in. An image or a document whose source cannot be sent is gone whole. */
function covers(field: string, { place, reasoning }: Leaf): boolean {
  const warned = field.replaceAll(/\.\d+(?=\.|$)/g, '.*').replace(/\.source$/, '')
  return place === warned || place.startsWith(`${warned}.`) || (reasoning && warned === 'messages.*.reasoning')
}

/** The same for an answer as a whole. */
export function replySurvives(codec: Codec, reply: Reply): void {
  const sent = encodedReply(codec, reply)
  assert.deepEqual(sent.warnings, [], 'warned while it was encoded')
  const back = decodedReply(codec, sent.value)
  assert.deepEqual(back.value, reply)
  assert.deepEqual(back.warnings, [], 'warned while it was decoded')
}

/** A reply that is streamed in any pieces, over bytes that are cut anywhere, is that reply; as the same codec says it in one piece. */
export function streamSurvives(codec: Codec, reply: Reply, cuts: Cuts, chunks: readonly number[]): void {
  const sent = encodedStream(codec, eventsOf(reply, cuts))
  assert.deepEqual(sent.warnings, [], 'warned while it was encoded')
  const frames = framesOf(inPieces(sent.value, chunks))
  const back = decodedStream(codec, frames)
  assert.deepEqual(back.value, reply)
  assert.deepEqual(back.warnings, [], 'warned while it was decoded')
  assert.deepEqual(decodedReply(codec, encodedReply(codec, reply).value).value, back.value)
  const last = frames.at(-1)!
  assert.equal(codec.frameKind(last, parseJson(last.data)), 'terminal')
  const kinds = frames.slice(0, -1).map((frame) => codec.frameKind(frame, parseJson(frame.data)))
  assert.ok(!kinds.includes('terminal') && !kinds.includes('error'))
}

/** Any answer at all can be told to a caller, whole and streamed, and both tellings mean the same. */
export function tellingsAgree(codec: Codec, reply: Reply, cuts: Cuts): void {
  const whole = decodedReply(codec, encodedReply(codec, reply).value).value
  const streamed = decodedStream(codec, framesOf([encodedStream(codec, eventsOf(reply, cuts)).value])).value
  assert.deepEqual({ ...streamed, parts: meaningOf(streamed) }, { ...whole, parts: meaningOf(whole) })
}

/** A stream that breaks off is an error, or nothing but its count was missing. It is never a shorter answer that ended well. */
export function breakIsSeen(codec: Codec, reply: Reply, cuts: Cuts): void {
  const frames = framesOf([encodedStream(codec, eventsOf(reply, cuts)).value])
  for (let kept = 0; kept < frames.length; kept += 1) {
    let read: Reply
    try {
      read = decodedStream(codec, frames.slice(0, kept)).value
    } catch (error) {
      assert.ok(error instanceof PurserError && error.kind === 'provider_malformed', `${kept} of ${frames.length} frames: ${String(error)}`)
      continue
    }
    const { usage: _, serviceTier: _tier, ...whole } = reply
    const { usage: _usage, serviceTier: _read, ...shorter } = read
    assert.deepEqual(shorter, whole, `${kept} of ${frames.length} frames passed for the whole`)
  }
}

/** What stands behind the terminal event is not read. */
export function nothingFollowsTheEnd(codec: Codec, reply: Reply, cuts: Cuts): void {
  const frames = framesOf([encodedStream(codec, eventsOf(reply, cuts)).value])
  const once = decodedFrames(codec, frames).value
  assert.deepEqual(decodedFrames(codec, [...frames, ...frames]).value, once)
}

/** What the books read off the frames one after the other is what they read off the whole, and is what the reply says. */
export function usageAddsUp(codec: Codec, reply: Reply, cuts: Cuts): void {
  const frames = framesOf([encodedStream(codec, eventsOf(reply, cuts)).value])
  let raw: RawUsage | undefined
  let final = false
  for (const frame of frames) {
    const payload = parseJson(frame.data)
    const report = payload === undefined ? undefined : codec.reportOf(payload)
    if (report?.usage === undefined) continue
    raw = raw === undefined ? report.usage : codec.mergeUsage(raw, report.usage)
    final = report.usageIsFinal === true
  }
  const streamed = raw === undefined ? null : codec.normaliseUsage(raw)
  const report = codec.reportOf(encodedReply(codec, reply).value)
  const whole = report.usage === undefined ? null : codec.normaliseUsage(report.usage)
  assert.deepEqual(comparableUsage(whole), comparableUsage(reply.usage), 'of the whole')
  assert.deepEqual(comparableUsage(streamed), comparableUsage(whole), 'of the pieces')
  if (streamed !== null) assert.ok(final, 'the last report of a stream is its final one')
}

/** A provider that has counted nothing, and one that did not say, are the same where a contract has no way to say nothing. */
function comparableUsage(usage: Usage | null): object | null {
  return usage === null || usage.segments.every(({ meters }) => Object.keys(meters).length === 0) ? null : usage
}

/** A relay between two speakers of one contract changes nothing of what is meant. */
export function relayKeeps(codec: Codec, call: Call): void {
  const request = arrived(encodedCall(codec, call).value)
  const sent = codec.retarget(request, { model: 'coin-2', defaults: {} })
  const relayed = parseJson(bodyText(sent))
  assert.deepEqual(relayed, { ...(parseJson(Buffer.from(request.body).toString()) as object), model: 'coin-2' })
  assert.deepEqual(decodedCall(codec, arrived(sent)).value, call)
}

/** A member of a request that Purser does not know is named in a warning, wherever it stands. */
export function strangersAreNamed(codec: Codec, call: Call): void {
  const request = arrived(encodedCall(codec, call).value)
  const body = parseExactly(Buffer.from(request.body).toString())
  assert.ok(isObject(body))
  const text = Buffer.from(JSON.stringify({ ...body, purser_stranger: { a: 1 } }))
  const back = decodedCall(codec, arrived({ ...request, path: request.path, body: text, askedForUsage: false }))
  assert.deepEqual(back.value, call)
  assert.deepEqual(back.warnings, [{ field: 'purser_stranger', reason: 'unknown field' }])
}

/** The kinds of error that a provider can tell, whose kind is the same for the caller who is told in turn. */
export const providerKinds: readonly ErrorKind[] = [
  'invalid_request',
  'context_length',
  'content_filtered',
  'not_found',
  'too_large',
  'provider_rate_limited',
  'provider_overloaded',
  'provider_timeout',
]

const wording: Partial<Record<ErrorKind, string>> = {
  context_length: 'The provider answered 400: prompt is too long: 300000 tokens > 200000 maximum',
  content_filtered: 'The provider answered 400: Output blocked by content filtering policy',
}

export function errorSurvives(codec: Codec, kind: ErrorKind): void {
  const error = new PurserError(kind, wording[kind] ?? 'It broke.', { hint: 'Mend it.' })
  const back = codec.decodeError(codec.encodeError(error, 'req-1'))
  assert.equal(back.kind, kind)
  assert.ok(back.message.includes(error.message))
}

/** Inside a stream there is no status: the kind is told by its words, or is at least one of a provider's. */
export function streamErrorIsSeen(codec: Codec, kind: ErrorKind): void {
  const frames = framesOf([codec.encodeStreamError(new PurserError(kind, wording[kind] ?? 'It broke.'), 'req-1')])
  assert.equal(frames.length, 1)
  const [frame] = frames
  const payload: Json | undefined = parseJson(frame!.data)
  assert.equal(codec.frameKind(frame!, payload), 'error')
  assert.throws(
    () => decodedFrames(codec, frames),
    (error) => error instanceof PurserError,
  )
}
