/** A stream of the caller's own contract, passed on as it came: framed only to meter it, to take out what was asked on the side, and to know its end. */

import type { Codec } from '../contracts/contract.ts'
import { createFramer } from '../core/sse.ts'
import type { Frame } from '../core/wire.ts'
import { type Meter, payloadOf } from './meter.ts'

/** What one chunk of the upstream brought. */
export type Relayed = {
  /** Bytes for the caller now, or null. */
  readonly forward: Uint8Array | null
  /** Set by the frame that ends the answer: its bytes wait for the settlement. */
  readonly ending: { readonly kind: 'terminal' | 'error'; readonly bytes: Uint8Array; readonly data: string } | null
}

export interface StreamRelay {
  /** Throws PurserError `provider_malformed` on a line or frame beyond the limits. */
  push(chunk: Uint8Array): Relayed
  /** The upstream has ended: what an unfinished last frame still says. */
  end(): Relayed
}

/** `dropUsage`: the usage frame was asked for by us, not by the caller. Nothing is read after the ending. */
export function createStreamRelay(codec: Codec, meter: Meter, dropUsage: boolean): StreamRelay {
  const framer = createFramer()

  const relay = (frames: readonly Frame[]): Relayed => {
    const forward: Uint8Array[] = []
    for (let index = 0; index < frames.length; index += 1) {
      const frame = frames[index]!
      const payload = payloadOf(frame.data)
      if (payload !== undefined) meter.take(payload)
      const kind = frame.data === '' ? 'content' : codec.frameKind(frame, payload)
      if (kind === 'terminal' || kind === 'error') {
        const rest = frames.slice(index).map((one) => one.bytes)
        return { forward: joined(forward), ending: { kind, bytes: joined(rest)!, data: frame.data } }
      }
      if (kind === 'usage' && dropUsage) continue
      forward.push(frame.bytes)
    }
    return { forward: joined(forward), ending: null }
  }

  return {
    push: (chunk) => relay(framer.push(chunk)),
    end: () => {
      const rest = framer.end()
      return relay(rest ? [rest] : [])
    },
  }
}

/** Neighbours in one chunk become one slice of it, without a copy. */
function joined(parts: readonly Uint8Array[]): Uint8Array | null {
  const [first] = parts
  if (!first) return null
  if (parts.length === 1) return first
  let end = first.byteOffset
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return Buffer.concat(parts)
    end += part.byteLength
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset)
}
