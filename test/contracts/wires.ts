/** Calls, replies and streams put on the wire by a codec and taken off it again, with all that was warned of on the way. */

import type { Codec, Retargeted } from '../../src/contracts/contract.ts'
import { parseExactly } from '../../src/contracts/exact-json.ts'
import type { Call, Reply, ReplyEvent, Warning } from '../../src/core/call.ts'
import { type Json, parseJson } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'
import { createFramer } from '../../src/core/sse.ts'
import type { Frame, WireRequest } from '../../src/core/wire.ts'
import { joined } from '../support/reply-events.ts'

/** What came out, and what was warned of. */
export type Heard<T> = { readonly value: T; readonly warnings: readonly Warning[] }

export function hearing<T>(run: (warn: (warning: Warning) => void) => T): Heard<T> {
  const warnings: Warning[] = []
  const value = run((warning) => void warnings.push(warning))
  return { value, warnings }
}

/** A request that was sent, as it arrives. */
export function arrived(sent: Retargeted): WireRequest {
  const [path, query] = sent.path.split('?')
  return {
    method: sent.method,
    path: path!,
    query: new URLSearchParams(query),
    headers: sent.headers,
    body: sent.body,
    scan: scan(sent.body),
  }
}

export function encodedCall(codec: Codec, call: Call, model = 'coin-1'): Heard<Retargeted> {
  return hearing((warn) => codec.encodeRequest(call, model, warn))
}

export function decodedCall(codec: Codec, request: WireRequest): Heard<Call> {
  return hearing((warn) => codec.decodeRequest(request, warn))
}

export function bodyText(sent: Retargeted): string {
  return Buffer.from(sent.body).toString()
}

/** A plain answer, as JSON text would carry it. */
export function encodedReply(codec: Codec, reply: Reply): Heard<Json> {
  const { value, warnings } = hearing((warn) => codec.encodeResponse(reply, warn))
  return { value: parseExactly(JSON.stringify(value)), warnings }
}

export function decodedReply(codec: Codec, body: Json): Heard<Reply> {
  return hearing((warn) => codec.decodeResponse(body, warn))
}

export function encodedStream(codec: Codec, events: readonly ReplyEvent[], includeUsage = true): Heard<Buffer> {
  return hearing((warn) => {
    const encoder = codec.streamEncoder({ includeUsage }, warn)
    return Buffer.concat(events.flatMap((event) => encoder.take(event)))
  })
}

/** Bytes in pieces of the lengths given, over and over. */
export function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const to = from + lengths[turn % lengths.length]!
    pieces.push(bytes.subarray(from, to))
    from = to
  }
  return pieces
}

export function framesOf(chunks: readonly Uint8Array[]): Frame[] {
  const framer = createFramer()
  const frames = chunks.flatMap((chunk) => framer.push(chunk))
  const last = framer.end()
  return last === null ? frames : [...frames, last]
}

export function decodedFrames(codec: Codec, frames: readonly Frame[]): Heard<ReplyEvent[]> {
  return hearing((warn) => {
    const decoder = codec.streamDecoder(warn)
    return [...frames.flatMap((frame) => [...decoder.take(frame, parseJson(frame.data))]), ...decoder.end()]
  })
}

export function decodedStream(codec: Codec, frames: readonly Frame[]): Heard<Reply> {
  const { value, warnings } = decodedFrames(codec, frames)
  return { value: joined(value), warnings }
}
