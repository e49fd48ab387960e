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

/** The same for a request that is a value. Throws what `tooLarge` makes of the bytes where they are more than `most`. */
export async function readWhole(request: Request, most: number, tooLarge: (bytes: number) => PurserError): Promise<Uint8Array> {
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > most) throw tooLarge(announced)
  if (request.bodyUsed) throw new PurserError('invalid_request', 'The body of this request has been read already, and it can be read once.')
  const chunks: Uint8Array[] = []
  let size = 0
  // Counted as it comes, so that a body without a length cannot outgrow the limit either.
  for await (const chunk of request.body ?? []) {
    if (!(chunk instanceof Uint8Array))
      throw new PurserError('invalid_request', 'The body of this request is a stream of something else than bytes.')
    size += chunk.length
    if (size > most) throw tooLarge(size)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

export function tooLarge(bytes: number): PurserError {
  return new PurserError(
    'too_large',
    `The request body has ${bytes} bytes or more, and the limit is ${bodyLimit}. Send less, or name files by reference.`,
  )
}
