/** A Request that a program hands in, and the Response that it gets: one arrival without a socket, read as fast as the program reads. */

import { PurserError } from '../core/errors.ts'
import type { Exchange } from '../core/ports.ts'
import type { Headers as PlainHeaders } from '../core/wire.ts'
import { bodyLimit, readWhole, tooLarge } from './body.ts'
import type { Arrival } from './inference.ts'

/** Bytes that may wait here for a program that reads slower than they come. */
const bufferedLimit = 64 * 1024
/** Statuses whose Response may have no body. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

export type Received = {
  readonly arrival: Arrival
  /** Settles with the head of the answer. Rejects where the caller has left before it, with his own reason. */
  readonly response: Promise<Response>
}

export function receive(request: Request): Received {
  const url = new URL(request.url)
  const answer = createAnswer(request.method === 'HEAD', request.signal)
  const arrival: Arrival = {
    method: request.method,
    target: url.pathname + url.search,
    headers: Object.fromEntries(request.headers),
    peer: undefined,
    guard() {},
    readBody(done) {
      readWhole(request, bodyLimit, tooLarge).then(
        (body) => answer.gone() || done(body, null),
        (error) => answer.gone() || done(null, error),
      )
    },
    exchange: (wire) => ({ request: wire, ...answer.exchange }),
    send({ status, headers, body }) {
      answer.exchange.head(status, headers)
      answer.exchange.end(body)
    },
  }
  return { arrival, response: answer.response }
}

type Ending = 'open' | 'clean' | 'broken'

function createAnswer(headOnly: boolean, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let ending: Ending = 'open'
  let isGone = false
  let isHeld = false
  let reading = false
  let onDrain = (): void => {}
  let onAbort = (): void => {}

  /** The program has left, or will hear no more: by its signal, or by cancelling the body. */
  const leave = (reason: unknown, tell: boolean): void => {
    if (isGone) return
    isGone = true
    waiting = []
    signal.removeEventListener('abort', aborted)
    if (tell) controller?.error(reason)
    reject(reason)
    if (ending === 'open') onAbort()
  }
  const aborted = (): void => leave(signal.reason, true)
  signal.addEventListener('abort', aborted)
  if (signal.aborted) aborted()

  /** Gives the program what it asks for, if it is there; and behind the last byte the end that there was. */
  const give = (): void => {
    if (!reading || isGone || !controller) return
    const next = waiting.shift()
    if (next) {
      reading = false
      waitingBytes -= next.length
      controller.enqueue(next)
      if (waiting.length > 0 || ending !== 'open') return
      if (isHeld) {
        isHeld = false
        onDrain()
      }
    } else if (ending === 'clean') controller.close()
    else if (ending === 'broken') controller.error(cut())
  }
  const put = (bytes: Uint8Array | undefined): void => {
    if (isGone || headOnly || !bytes || bytes.length === 0) return
    waiting.push(bytes)
    waitingBytes += bytes.length
  }
  const finish = (how: Ending, last: Uint8Array | undefined): void => {
    put(last)
    ending = how
    signal.removeEventListener('abort', aborted)
    if (how === 'broken' && !controller) reject(cut())
    give()
  }

  const body = (): ReadableStream<Uint8Array> =>
    new ReadableStream<Uint8Array>(
      {
        start(made) {
          controller = made
        },
        pull() {
          reading = true
          give()
        },
        cancel: (reason) => leave(reason, false),
      },
      { highWaterMark: 0 },
    )

  const exchange: Omit<Exchange, 'request'> = {
    head(status: number, headers: PlainHeaders) {
      if (isGone) return
      resolve(new Response(headOnly || bodiless.has(status) ? null : body(), { status, headers }))
    },
    write(bytes) {
      put(bytes)
      give()
      isHeld ||= waitingBytes >= bufferedLimit
      return !isHeld
    },
    end: (last) => finish('clean', last),
    destroy: (last) => finish('broken', last),
    onDrain(run) {
      onDrain = run
    },
    onAbort(run) {
      onAbort = run
    },
  }
  return { response: promise, exchange, gone: () => isGone }
}

function cut(): PurserError {
  return new PurserError('unavailable', 'The answer ended before it was complete.', { code: 'cut' })
}
