/** Recorded requests and answers put through two codecs: what a caller of one contract asks a provider of the other, and what he is answered. */

import { isDeepStrictEqual } from 'node:util'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import type { Codec } from '../../src/contracts/contract.ts'
import { contractOf } from '../../src/contracts/index.ts'
import type { Reply, Warn, Warning } from '../../src/core/call.ts'
import { PurserError } from '../../src/core/errors.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'
import { callSettles, lossIsTold } from '../contracts/laws.ts'
import { meant } from '../contracts/laws-pairs.ts'
import { decodedFrames, decodedReply, decodedStream, encodedReply, encodedStream, framesOf } from '../contracts/wires.ts'
import { joined } from '../support/reply-events.ts'
import { type ReplyWords, vocabularies } from '../support/vocabulary.ts'
import { type Recording, readRecordings } from './recording.ts'

export type CrossTally = {
  passed: number
  /** By the field that is named, and the reason. */
  readonly refused: Map<string, number>
  readonly warned: Map<string, number>
  readonly failed: string[]
}

export type CrossRun = { readonly caller: string; readonly provider: string; readonly requests: CrossTally; readonly answers: CrossTally }

export function crossRun(corpus: string, caller: string, provider: string): CrossRun {
  const requests = emptyTally()
  const answers = emptyTally()
  for (const recording of readRecordings(corpus, caller))
    if (isObject(asJson(recording.request.body))) checkRequest(recording, provider, requests)
  for (const recording of readRecordings(corpus, provider)) checkAnswer(recording, caller, answers)
  return { caller, provider, requests, answers }
}

function emptyTally(): CrossTally {
  return { passed: 0, refused: new Map(), warned: new Map(), failed: [] }
}

function asJson(value: unknown): Json | undefined {
  return value as Json | undefined
}

/** What the recorded client asked, as the other contract's provider is asked it; read there, it is the same again. */
function checkRequest(recording: Recording, provider: string, tally: CrossTally): void {
  const own = contractOf(recording.contract)!.codec()
  const other = contractOf(provider)!.codec()
  const bytes = Buffer.from(JSON.stringify(recording.request.body))
  tallied(recording, tally, (warn) => {
    const request = {
      method: 'POST',
      path: recording.request.path,
      query: new URLSearchParams(),
      headers: {},
      body: bytes,
      scan: scan(bytes),
    }
    const call = own.decodeRequest(request, warn)
    other.encodeRequest(call, 'coin-1', warn)
    callSettles(other, call)
    lossIsTold(other, call)
  })
}

/** What the recorded provider answered, as the other contract's caller is told it; read there, it means the same. */
function checkAnswer(recording: Recording, caller: string, tally: CrossTally): void {
  const provider = shippedManifest().providers.find(({ name, contract }) => name === recording.provider && contract === recording.contract)
  const own = contractOf(recording.contract)!.codec(provider?.dialect, recording.model ?? undefined)
  const other = contractOf(caller)!.codec()
  const { status, body, sse_text: events, body_text: text } = recording.response
  tallied(recording, tally, (warn) => {
    if (status >= 400) return checkError(own, other, status, Buffer.from(body === undefined ? (text ?? '') : JSON.stringify(body)))
    const [before, after] =
      events === undefined ? wholeAnswer(own, other, asJson(body) ?? null, warn) : streamedAnswer(own, other, events, warn)
    if (!isDeepStrictEqual(meant(asEnded(before, after, vocabularies[caller]!.reply)), meant(after)))
      throw new Error(`the answer means another thing: ${shown(before)} became ${shown(after)}`)
  })
}

/** A way to end that the caller's contract has no word for is told by another word: any, but that an answer with calls of tools must end for them. */
function asEnded(before: Reply, after: Reply, words: ReplyWords): Reply {
  const calls = before.parts.some((part) => part.type === 'tool-call')
  const { stopSequence: _, ...silent } = before
  const told = words.stopSequence ? before : silent
  if (words.stopReasons.includes(before.stopReason)) return told
  return { ...told, stopReason: calls && after.stopReason === 'end' ? 'tool-call' : after.stopReason }
}

function wholeAnswer(own: Codec, other: Codec, body: Json, warn: Warn): [Reply, Reply] {
  const reply = own.decodeResponse(body, warn)
  const told = encodedReply(other, reply)
  for (const warning of told.warnings) warn(warning)
  return [reply, decodedReply(other, told.value).value]
}

function streamedAnswer(own: Codec, other: Codec, text: string, warn: Warn): [Reply, Reply] {
  const read = decodedFrames(own, framesOf([Buffer.from(text)]))
  const told = encodedStream(other, read.value)
  for (const warning of [...read.warnings, ...told.warnings]) warn(warning)
  return [joined(read.value), decodedStream(other, framesOf([told.value])).value]
}

function checkError(own: Codec, other: Codec, status: number, body: Buffer): void {
  const error = own.decodeError({ status, headers: {}, body })
  const told = other.encodeError(error, 'req-1')
  if (told.status !== error.status) throw new Error(`answered ${told.status} for the kind ${error.kind}`)
}

/** A fault that the provider itself reports inside a 200 is told as an error, and passes; ours is a refusal only where it names a field. */
function tallied(recording: Recording, tally: CrossTally, run: (warn: Warn) => void): void {
  const warnings: Warning[] = []
  try {
    run((warning) => void warnings.push(warning))
    tally.passed += 1
  } catch (error) {
    if (error instanceof PurserError && isProvidersOwn(error)) return void (tally.passed += 1)
    const refusal = error instanceof PurserError && error.field !== undefined ? `${general(error.field)}: ${error.message}` : undefined
    if (refusal === undefined)
      return void tally.failed.push(`${recording.id}: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`)
    add(tally.refused, refusal)
  }
  for (const { field, reason } of distinct(warnings)) add(tally.warned, `${field}: ${reason}`)
}

/** What the provider reports as its failure inside a 200, which the caller is told as an error. */
function isProvidersOwn({ kind, field, upstreamStatus }: PurserError): boolean {
  return field === undefined && upstreamStatus !== undefined && kind.startsWith('provider_')
}

/** Once for each recording, and without the place in a list. */
function distinct(warnings: readonly Warning[]): Warning[] {
  const each = warnings.map(({ field, reason }) => ({ field: general(field), reason }))
  return [...new Map(each.map((warning) => [JSON.stringify(warning), warning])).values()]
}

function general(field: string): string {
  return field.replaceAll(/\.\d+(?=\.|$)/g, '.N')
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function shown(reply: Reply): string {
  return JSON.stringify(meant(reply), (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)).slice(0, 400)
}
