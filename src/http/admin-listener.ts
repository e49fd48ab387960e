/** The admin port: every request checked before it is routed. What answers is loaded by the first one, since a gateway at rest has no need of it. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { showFailure } from '../control/failure.ts'
import { asPurserError } from '../core/errors.ts'
import { createServer } from '../core/node-http.ts'
import type { AdminOptions } from './admin.ts'
import { adminHeaders } from './admin-headers.ts'
import { guardRequest } from './guard.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => void

export function adminListener(options: AdminOptions): Listener {
  let loading: Promise<Listener> | undefined
  const refuse = (response: ServerResponse, thrown: unknown): void => {
    const requestId = options.ids()
    const error = asPurserError(thrown)
    if (error.status >= 500) options.onFault(requestId, error)
    response.writeHead(error.status, { ...adminHeaders(requestId), connection: 'close' })
    response.end(JSON.stringify(showFailure(error, requestId)))
  }
  return (request, response) => {
    try {
      guardRequest(request.url ?? '', request.rawHeaders, options.edge())
    } catch (thrown) {
      return refuse(response, thrown)
    }
    loading ??= import('./admin.ts').then(({ adminRoutes }) => adminRoutes(options))
    loading.then(
      (listener) => listener(request, response),
      (thrown) => refuse(response, thrown),
    )
  }
}

const limits = {
  headerBytes: 16 * 1024,
  headerLines: 100,
  headerMs: 10_000,
  /** How often Node looks for requests that are late. */
  lookMs: 2_000,
  requestMs: 70_000,
  idleMs: 5_000,
  sockets: 1_024,
}

/** The admin port: the routes behind the guard, within limits. */
export function createAdminServer(options: AdminOptions): Server {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headerMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.lookMs,
      keepAliveTimeout: limits.idleMs,
    },
    adminListener(options),
  )
  server.maxHeadersCount = limits.headerLines
  server.maxConnections = limits.sockets
  return server
}
