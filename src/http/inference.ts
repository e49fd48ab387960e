/** The inference port: unmodified SDKs come in here. node:http, with the fewest steps between the socket and the gateway. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ContractId } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import { createServer } from '../core/node-http.ts'
import { scan } from '../core/scan.ts'
import type { Fault, WireRequest } from '../core/wire.ts'
import type { Log } from '../gateway/deps.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { readBody } from './body.ts'
import { encodeFault } from './faults.ts'
import { grantFor } from './grants.ts'
import { type Edge, guardContentType, guardRequest } from './guard.ts'
import type { Authenticator } from './keys.ts'
import { route, shapeFor } from './mounts.ts'
import { nodeExchange, plainHeaders } from './node-exchange.ts'
import { type Sockets, watchSockets } from './sockets.ts'

export type InferenceDeps = {
  readonly gateway: Gateway
  readonly authenticator: Authenticator
  /** Read for every request, since ports are known only once the listeners are up. */
  readonly edge: () => Edge
  /** A new call id: it is also the request id on every answer. */
  readonly nextId: () => string
  /** Where the admin API listens, for `GET /`. */
  readonly adminUrl: () => string
  readonly log: Log
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

export function createInferenceServer(deps: InferenceDeps): InferenceServer {
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
      serve(deps, incoming, outgoing)
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

function serve(deps: InferenceDeps, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const requestId = deps.nextId()
  const headers = plainHeaders(incoming)
  let shape: ContractId = 'openai-chat'
  const refuse = (thrown: unknown): void => {
    const error = asPurserError(thrown)
    if (error.kind === 'internal') deps.log.error({ requestId, err: error.cause ?? error }, error.message)
    send(outgoing, encodeFault(shape, error, requestId))
    if (error.kind === 'too_large') incoming.once('close', () => outgoing.destroy())
  }
  try {
    const url = incoming.url ?? ''
    guardRequest(url, incoming.rawHeaders, deps.edge())
    const { path, query } = targetOf(url)
    shape = shapeFor(path, headers)
    if (path === '/') return greet(deps, incoming, outgoing, requestId)
    const routed = route(incoming.method ?? '', path, headers)
    if (!routed)
      throw new PurserError(
        'not_found',
        `Nothing answers ${incoming.method} ${path}. Purser serves POST /v1/chat/completions, POST /v1/messages and GET /v1/models here.`,
      )
    shape = routed.contract
    const key = deps.authenticator.authenticate(headers, query, 'call')
    const grant = grantFor(key, routed.endpoint.id, incoming.socket.remoteAddress)
    if (routed.endpoint.id === 'listModels') return send(outgoing, withIds(deps.gateway.models(routed.contract, grant), requestId))
    if (routed.endpoint.id !== 'generate') throw new PurserError('unsupported', `Purser does not serve ${path} yet.`)
    guardContentType(headers['content-type'])
    readBody(incoming, (body, error) => {
      if (error) return refuse(error)
      try {
        const request: WireRequest = {
          method: incoming.method ?? 'POST',
          path: routed.path,
          query: query,
          headers,
          body: body!,
          scan: scan(body!),
        }
        const exchange = nodeExchange(incoming, outgoing, request)
        deps.gateway.dispatch({
          exchange,
          requestId,
          caller: { tenantId: key.tenant_id, keyId: key.id, grant },
          contract: routed.contract,
          endpoint: routed.endpoint.id,
        })
      } catch (thrown) {
        refuse(thrown)
      }
    })
  } catch (thrown) {
    refuse(thrown)
  }
}

const noQuery = new URLSearchParams()

function targetOf(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0 ? { path: url, query: noQuery } : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

function greet(deps: InferenceDeps, incoming: IncomingMessage, outgoing: ServerResponse, requestId: string): void {
  if (incoming.method !== 'GET' && incoming.method !== 'HEAD')
    throw new PurserError('not_found', 'The address / answers GET and HEAD only.')
  const body = Buffer.from(
    JSON.stringify({ name: 'purser', inference: ['/v1/chat/completions', '/v1/messages', '/v1/models'], admin: deps.adminUrl() }),
  )
  send(
    outgoing,
    withIds({ status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body }, requestId),
  )
}

function withIds(fault: Fault, requestId: string): Fault {
  return { ...fault, headers: { ...fault.headers, 'x-request-id': requestId, 'request-id': requestId } }
}

function send(outgoing: ServerResponse, fault: Fault): void {
  if (outgoing.headersSent || outgoing.destroyed) return
  outgoing.writeHead(fault.status, fault.headers as Record<string, string>)
  outgoing.end(fault.body)
}
