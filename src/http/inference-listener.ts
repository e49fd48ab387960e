/** The inference port: unmodified SDKs come in here. node:http, with the fewest steps between the socket and the gateway. */

import type { Server } from 'node:http'
import { createServer } from '../core/node-http.ts'
import type { Edge } from './guard.ts'
import { type InferenceDeps, serve } from './inference.ts'
import { nodeArrival } from './node-exchange.ts'
import { type Sockets, watchSockets } from './sockets.ts'

export type InferencePortDeps = InferenceDeps & {
  /** Read for every request, since ports are known only once the listeners are up. */
  readonly edge: () => Edge
}

export type InferenceServer = { readonly server: Server } & Pick<Sockets, 'quiesce'>

const limits = {
  headerBytes: 16 * 1024,
  headerLines: 100,
  headerMs: 10_000,
  /** How often Node looks for requests that are late. */
  lookMs: 2_000,
  requestMs: 70_000,
  idleMs: 5_000,
  sockets: 10_000,
  requestsPerSocket: 1_000,
  perPeer: 256,
}

export function createInferenceServer(deps: InferencePortDeps): InferenceServer {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.lookMs,
      keepAliveTimeout: limits.idleMs,
      keepAlive: true,
      noDelay: true,
    },
    (incoming, outgoing) => {
      sockets.carry(incoming.socket, outgoing)
      serve(deps, nodeArrival(incoming, outgoing, deps.edge))
    },
  )
  server.maxHeadersCount = limits.headerLines
  server.maxConnections = limits.sockets
  server.maxRequestsPerSocket = limits.requestsPerSocket
  const sockets = watchSockets(server, limits.perPeer)
  server.on('upgrade', (_incoming, socket) => socket.end('HTTP/1.1 426 Upgrade Required\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? '431 Request Header Fields Too Large'
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : '400 Bad Request'
    if (socket.writable && !sockets.isAnswering(socket)) socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    else socket.destroy()
  })
  return { server, quiesce: () => sockets.quiesce() }
}
