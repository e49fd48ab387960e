/** What a reply goes through on its way to the caller: as it came (relay), or in the words of his own contract (translate). */

import type { Json } from '../core/json.ts'

/** What one chunk of the upstream brought. */
export type Carried = {
  /** Bytes for the caller now, or null. Null until the first event of a stream is known to be no error. */
  readonly forward: Uint8Array | null
  /** Set by the frame that ends the answer: what the caller is to get of it waits for the settlement. */
  readonly ending: Ending | null
}

export type Ending = {
  readonly kind: 'terminal' | 'error'
  /** Null for an error that the carrier leaves to be told in the caller's contract. */
  readonly bytes: Uint8Array | null
  /** What the frame said. */
  readonly data: string
}

export interface StreamCarrier {
  /** Throws PurserError `provider_malformed` on what cannot be read. */
  push(chunk: Uint8Array): Carried
  /** The upstream has ended: what an unfinished last frame still says. */
  end(): Carried
}

export interface Carrier {
  /** The provider's own words may reach the caller. */
  readonly relays: boolean
  stream(): StreamCarrier
  /** A whole answer. Throws as a stream does. */
  body(payload: Json, bytes: Uint8Array): Uint8Array
}

/** Neighbours in one chunk become one slice of it, without a copy. */
export function joined(parts: readonly Uint8Array[]): Uint8Array | null {
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
