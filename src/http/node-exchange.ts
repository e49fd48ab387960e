/** A node:http request and response as the inference face takes them: one arrival, and its exchange with the gateway. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Exchange } from '../core/ports.ts'
import type { Headers, WireRequest } from '../core/wire.ts'
import { readBody } from './body.ts'
import { type Edge, guardEdge } from './guard.ts'
import type { Arrival } from './inference.ts'

/** Last bytes that the caller does not take hold their socket for at most this long without progress. */
const lastBytesMs = 30_000
const tooLarge = 413

export function nodeArrival(incoming: IncomingMessage, outgoing: ServerResponse, edge: () => Edge): Arrival {
  return {
    method: incoming.method ?? '',
    target: incoming.url ?? '',
    headers: plainHeaders(incoming),
    peer: incoming.socket.remoteAddress,
    guard: () => guardEdge(incoming.rawHeaders, edge()),
    readBody: (done) => readBody(incoming, done),
    exchange: (request) => exchangeWith(incoming, outgoing, request),
    send({ status, headers, body }) {
      if (outgoing.headersSent || outgoing.destroyed) return
      outgoing.writeHead(status, headers as Record<string, string>)
      outgoing.end(body)
      // What is left of a body that is too large is never read, so the socket goes with it.
      if (status === tooLarge) incoming.once('close', () => outgoing.destroy())
    },
  }
}

function exchangeWith(incoming: IncomingMessage, outgoing: ServerResponse, request: WireRequest): Exchange {
  let ended = false
  /** What the system has taken needs no watch: only bytes that still wait here do. */
  const boundLastBytes = (): void => {
    if (outgoing.writableLength > 0) outgoing.socket?.setTimeout(lastBytesMs)
  }
  return {
    request,
    head(status, headers) {
      outgoing.writeHead(status, headers as Record<string, string>)
    },
    write: (bytes) => outgoing.write(bytes),
    end(bytes) {
      ended = true
      outgoing.end(bytes)
      boundLastBytes()
    },
    /** The request has been read by now, so that destroying it would leave the socket open. */
    destroy(last) {
      ended = true
      if (!last || outgoing.destroyed) return void incoming.socket.destroy()
      outgoing.write(last, () => incoming.socket.destroy())
      boundLastBytes()
    },
    onDrain(run) {
      outgoing.on('drain', run)
    },
    onAbort(run) {
      outgoing.once('close', () => {
        if (!ended) run()
      })
    },
  }
}

/** node:http's header values as the house has them: one string a name. */
function plainHeaders(incoming: IncomingMessage): Headers {
  return incoming.headers as Record<string, string>
}
