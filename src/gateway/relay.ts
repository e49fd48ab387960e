/** An answer in the caller's own contract, passed on as it came: framed only to meter it, to take out what was asked on the side, and to know its end. */

import type { Codec } from '../contracts/contract.ts'
import { createFramer } from '../core/sse.ts'
import type { Frame } from '../core/wire.ts'
import { type Carried, type Carrier, joined, type StreamCarrier } from './carrier.ts'
import { type Meter, payloadOf } from './meter.ts'

/** Comments ahead of the first event are kept back up to here: then the caller gets them, whatever follows. */
const mostKeptBack = 16 * 1024

/** `dropUsage`: the usage frame was asked for by us, not by the caller. */
export function relay(codec: Codec, meter: Meter, dropUsage: boolean): Carrier {
  return { relays: true, stream: () => relayedStream(codec, meter, dropUsage), body: (_payload, bytes) => bytes }
}

/** Nothing is read after the ending. */
function relayedStream(codec: Codec, meter: Meter, dropUsage: boolean): StreamCarrier {
  const framer = createFramer()
  /** What came before the first event, until that is known. */
  let early: Uint8Array[] = []
  let earlyBytes = 0
  let begun = false

  const carry = (frames: readonly Frame[]): Carried => {
    let forward: Uint8Array[] = []
    for (let index = 0; index < frames.length; index += 1) {
      const frame = frames[index]!
      const payload = payloadOf(frame.data)
      if (payload !== undefined) meter.take(payload)
      const kind = frame.data === '' ? 'content' : codec.frameKind(frame, payload)
      if (kind === 'terminal' || kind === 'error') {
        const rest = [...(begun ? [] : early), ...frames.slice(index).map((one) => one.bytes)]
        return { forward: joined(forward), ending: { kind, bytes: joined(rest), data: frame.data } }
      }
      if (!begun) {
        if (frame.data === '' && (earlyBytes += frame.bytes.length) <= mostKeptBack) {
          early.push(frame.bytes)
          continue
        }
        begun = true
        forward = early
        early = []
      }
      if (kind === 'usage' && dropUsage) continue
      forward.push(frame.bytes)
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
