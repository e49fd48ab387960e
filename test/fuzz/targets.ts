/** What can be fuzzed: every decoder of outside bytes, the sound inputs to damage, and what must hold whatever comes. */

import assert from 'node:assert/strict'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import type { Codec } from '../../src/contracts/contract.ts'
import { contracts } from '../../src/contracts/index.ts'
import { PurserError } from '../../src/core/errors.ts'
import { type Json, parseJson } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'
import { createFramer } from '../../src/core/sse.ts'
import type { WireRequest } from '../../src/core/wire.ts'
import { arrived, decodedFrames, encodedCall, encodedReply, encodedStream, framesOf, inPieces } from '../contracts/wires.ts'
import { callWithin, replyWithin } from '../support/arbitrary-call.ts'
import { cuts, eventsOf, joined } from '../support/reply-events.ts'
import { vocabularies } from '../support/vocabulary.ts'
import { type Mutation, mutateBytes, mutateJson, mutateStream } from './mutate.ts'

export type Target = {
  readonly seeds: () => readonly Buffer[]
  readonly mutate: Mutation
  /** Throws where something that must hold does not. A PurserError for bad input is no failure, and does not come out. */
  readonly check: (input: Buffer) => void
}

const sampled = { numRuns: 60, seed: 1 }
const codecs = contracts.map(({ id, codec }) => ({ id, codec: codec(), words: vocabularies[id]! }))
const quiet = (): void => {}

export const targets: Readonly<Record<string, Target>> = {
  ...Object.fromEntries(codecs.flatMap(({ id, codec }) => contractTargets(id, codec))),
  scan: {
    seeds: () => requestSeeds(codecs[0]!.id),
    mutate: (...from) => (from[2](2) === 0 ? mutateBytes : mutateJson)(...from),
    check: checkScan,
  },
  sse: { seeds: framerSeeds, mutate: mutateStream, check: checkFramer },
}

function contractTargets(id: string, codec: Codec): [string, Target][] {
  return [
    [`${id}:request`, { seeds: () => requestSeeds(id), mutate: mutateJson, check: (input) => checkRequest(codec, id, input) }],
    [`${id}:response`, { seeds: () => responseSeeds(id), mutate: mutateJson, check: (input) => checkResponse(codec, input) }],
    [`${id}:stream`, { seeds: () => streamSeeds(id), mutate: mutateStream, check: (input) => checkStream(codec, input) }],
  ]
}

function speaker(id: string) {
  return codecs.find((one) => one.id === id)!
}

function requestSeeds(id: string): Buffer[] {
  const { codec, words } = speaker(id)
  return fc.sample(callWithin(words.call, id), sampled).map((call) => Buffer.from(encodedCall(codec, call).value.body))
}

function responseSeeds(id: string): Buffer[] {
  const { codec, words } = speaker(id)
  return fc.sample(replyWithin(words.reply), sampled).map((reply) => Buffer.from(JSON.stringify(encodedReply(codec, reply).value)))
}

function streamSeeds(id: string): Buffer[] {
  const { codec, words } = speaker(id)
  return fc
    .sample(fc.tuple(replyWithin(words.reply), cuts), sampled)
    .map(([reply, how]) => encodedStream(codec, eventsOf(reply, how)).value)
}

/** Streams with each of the three line ends, with comments, ids and data of two lines. */
function framerSeeds(): Buffer[] {
  const texts = streamSeeds(codecs[0]!.id).map((bytes, index) =>
    index % 2 === 0 ? bytes.toString() : bytes.toString().replaceAll('data: ', `: comment\nid: ${index}\ndata: first\ndata: `),
  )
  return ['\n', '\r\n', '\r'].flatMap((end) => texts.map((text) => Buffer.from(text.replaceAll('\n', end))))
}

/** What a caller may do wrong is his fault and has a sentence; what is read can be said again, to every provider. */
function checkRequest(codec: Codec, id: string, input: Buffer): void {
  const path = id === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages'
  const request = allowing(
    ['invalid_request'],
    (): WireRequest => ({ method: 'POST', path, query: new URLSearchParams(), headers: {}, body: input, scan: scan(input) }),
  )
  if (request === undefined) return
  if (allowing(['invalid_request'], () => codec.peek(request)) === undefined) return
  const call = allowing(['invalid_request', 'unsupported', 'too_large'], () => codec.decodeRequest(request, quiet))
  if (call === undefined) return
  for (const other of codecs) {
    const sent = allowing(['invalid_request', 'unsupported'], () => encodedCall(other.codec, call).value)
    if (sent !== undefined) other.codec.decodeRequest(arrived(sent), quiet)
  }
}

/** A provider's nonsense is its own fault; what is read can be told to every caller. */
function checkResponse(codec: Codec, input: Buffer): void {
  const body = parseJson(input.toString())
  if (body === undefined) return
  checkBooks(codec, body)
  const reply = allowing(providerFaults, () => codec.decodeResponse(body, quiet))
  if (reply === undefined) return
  for (const other of codecs) other.codec.decodeResponse(encodedReply(other.codec, reply).value, quiet)
}

/** However the bytes are cut, the events are the same, and are a stream of a reply or end in a provider's fault. */
function checkStream(codec: Codec, input: Buffer): void {
  const frames = allowing(providerFaults, () => framesOf([input]))
  if (frames === undefined) return
  for (const frame of frames) {
    const payload = parseJson(frame.data)
    codec.frameKind(frame, payload)
    if (payload !== undefined) checkBooks(codec, payload)
  }
  const events = allowing(providerFaults, () => decodedFrames(codec, frames).value)
  if (events === undefined) return
  joined(events)
  for (const other of codecs) joined(decodedFrames(other.codec, framesOf([encodedStream(other.codec, events).value])).value)
}

function checkBooks(codec: Codec, payload: Json): void {
  const report = codec.reportOf(payload)
  if (report.usage !== undefined) codec.normaliseUsage(codec.mergeUsage(report.usage, report.usage))
  codec.priceContext(report.context, payload)
}

const providerFaults = [
  'provider_malformed',
  'provider_overloaded',
  'provider_rate_limited',
  'provider_timeout',
  'provider_auth',
  'context_length',
  'content_filtered',
  'invalid_request',
  'not_found',
  'too_large',
]

/** The value, or undefined where a fault of these kinds was found. Anything else comes out. */
function allowing<T>(kinds: readonly string[], run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof PurserError && kinds.includes(error.kind)) return undefined
    throw error
  }
}

/** The scan takes exactly what JSON is, but for its limits and doubled keys, and sees the members where they stand. */
function checkScan(input: Buffer): void {
  const scanned = scanOf(input)
  if (scanned === 'limited') return
  const text = input.toString()
  const value = Buffer.from(text).equals(input) && !text.startsWith('\ufeff') ? parseJson(text) : undefined
  if (scanned === undefined) return assert.equal(value, undefined, 'refused what is JSON')
  if (scanned.kind === 'empty') return assert.equal(input.length, 0)
  assert.notEqual(value, undefined, 'took what is no JSON')
  if (scanned.kind !== 'object') return
  const read = Object.fromEntries(
    scanned.members.map(({ key, valueStart, valueEnd }) => [key, parseJson(input.toString('utf8', valueStart, valueEnd))]),
  )
  assert.deepEqual(read, value)
}

function scanOf(input: Buffer): ReturnType<typeof scan> | 'limited' | undefined {
  try {
    return scan(input)
  } catch (error) {
    assert.ok(error instanceof PurserError && error.kind === 'invalid_request', String(error))
    return error.code === 'invalid_json' ? undefined : 'limited'
  }
}

/** However the bytes are cut, the frames are, one after the other, the bytes, and say what another reader of event streams hears. */
function checkFramer(input: Buffer): void {
  const heard: { event: string; data: string }[] = []
  const parser = createParser({ onEvent: ({ event, data }) => void heard.push({ event: event ?? '', data }) })
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(input)
  // The other reader waits for what may follow a last CR.
  parser.feed(text.endsWith('\r') ? `${text}: end` : text)
  for (const lengths of [[input.length || 1], [1], [2, 3, 7]]) {
    const framer = createFramer()
    const frames = allowing(['provider_malformed'], () => inPieces(input, lengths).flatMap((piece) => framer.push(piece)))
    if (frames === undefined) return
    const rest = framer.end()
    assert.ok(Buffer.concat([...frames, ...(rest === null ? [] : [rest])].map((frame) => frame.bytes)).equals(input))
    assert.deepEqual(
      frames.filter(({ data }) => data !== '').map(({ event, data }) => ({ event, data })),
      heard.filter(({ data }) => data !== ''),
    )
  }
}
