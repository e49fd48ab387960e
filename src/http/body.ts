/** A request body, read once within its limits. */

import type { IncomingMessage } from 'node:http'
import { PurserError } from '../core/errors.ts'

export const bodyLimit = 32 * 1024 * 1024

/** Calls back once: with the whole body, or with `too_large`. A caller who leaves first is answered by nobody. */
export function readBody(incoming: IncomingMessage, done: (body: Uint8Array | null, error: PurserError | null) => void): void {
  const announced = Number(incoming.headers['content-length'] ?? 0)
  if (announced > bodyLimit) return done(null, tooLarge(announced))
  let chunks: Uint8Array[] = []
  let size = 0
  let over = false
  incoming.on('data', (chunk: Uint8Array) => {
    size += chunk.length
    if (over) return
    if (size <= bodyLimit) return void chunks.push(chunk)
    over = true
    chunks = []
    done(null, tooLarge(size))
  })
  incoming.on('end', () => {
    if (!over) done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), null)
  })
}

function tooLarge(bytes: number): PurserError {
  return new PurserError(
    'too_large',
    `The request body has ${bytes} bytes or more, and the limit is ${bodyLimit}. Send less, or name files by reference.`,
  )
}
