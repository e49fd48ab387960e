/** The inference face, whoever is behind it: a request is guarded, routed to its contract, its caller known, its body scanned once, and dispatched. */

import type { ContractId } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { Exchange } from '../core/ports.ts'
import { scan } from '../core/scan.ts'
import type { Fault, Headers, WireRequest } from '../core/wire.ts'
import type { Log } from '../gateway/deps.ts'
import type { Caller, Gateway } from '../gateway/gateway.ts'
import { tellOperator } from '../gateway/tell-operator.ts'
import { encodeFault } from './faults.ts'
import { guardContentType, guardTarget } from './guard.ts'
import { route, shapeFor } from './mounts.ts'

/** A request as its rim has taken it in: from a socket, or from a program that called us. */
export interface Arrival {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  readonly headers: Headers
  /** The address at the other end of the socket, where there is one. */
  readonly peer: string | undefined
  /** Throws for a request that this rim does not let in, before it is looked at any further. */
  guard(): void
  /** Calls back once, with the whole body or with what is wrong with it; never where the caller has left before. */
  readBody(done: (body: Uint8Array | null, error: PurserError | null) => void): void
  exchange(request: WireRequest): Exchange
  /** A whole answer, unless one has begun. */
  send(answer: Fault): void
}

export type InferenceDeps = {
  readonly gateway: Gateway
  /** Who calls. Throws `unauthenticated` or `forbidden`. */
  readonly callerOf: (arrival: Arrival, query: URLSearchParams, endpoint: string) => Caller
  /** A new call id: it is also the request id on every answer. */
  readonly nextId: () => string
  /** Where the admin API listens, for `GET /`. Null where it does not. */
  readonly adminUrl: () => string | null
  readonly log: Log
}

export function serve(deps: InferenceDeps, arrival: Arrival): void {
  const requestId = deps.nextId()
  const { method, target, headers } = arrival
  let shape: ContractId = 'openai-chat'
  const refuse = (thrown: unknown): void => {
    const error = asPurserError(thrown)
    tellOperator(deps.log, requestId, error)
    arrival.send(encodeFault(shape, error, requestId))
  }
  try {
    arrival.guard()
    guardTarget(target)
    const { path, query } = partsOf(target)
    shape = shapeFor(path, headers)
    if (path === '/') return arrival.send(greeting(deps, method, requestId))
    const routed = route(method, path, headers)
    if (!routed)
      throw new PurserError(
        'not_found',
        `Nothing answers ${method} ${path}. Purser serves POST /v1/chat/completions, POST /v1/messages and GET /v1/models here.`,
      )
    shape = routed.contract
    const caller = deps.callerOf(arrival, query, routed.endpoint.id)
    if (routed.endpoint.id === 'listModels') return arrival.send(withIds(deps.gateway.models(routed.contract, caller.grant), requestId))
    if (routed.endpoint.id !== 'generate') throw new PurserError('unsupported', `Purser does not serve ${path} yet.`)
    guardContentType(headers['content-type'])
    arrival.readBody((body, error) => {
      if (error) return refuse(error)
      try {
        const request: WireRequest = { method, path: routed.path, query, headers, body: body!, scan: scan(body!) }
        const exchange = arrival.exchange(request)
        deps.gateway.dispatch({ exchange, requestId, caller, contract: routed.contract, endpoint: routed.endpoint.id })
      } catch (thrown) {
        refuse(thrown)
      }
    })
  } catch (thrown) {
    refuse(thrown)
  }
}

const noQuery = new URLSearchParams()

function partsOf(target: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: noQuery } : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}

function greeting(deps: InferenceDeps, method: string, requestId: string): Fault {
  if (method !== 'GET' && method !== 'HEAD') throw new PurserError('not_found', 'The address / answers GET and HEAD only.')
  const body = Buffer.from(
    JSON.stringify({ name: 'purser', inference: ['/v1/chat/completions', '/v1/messages', '/v1/models'], admin: deps.adminUrl() }),
  )
  return withIds({ status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body }, requestId)
}

function withIds(fault: Fault, requestId: string): Fault {
  return { ...fault, headers: { ...fault.headers, 'x-request-id': requestId, 'request-id': requestId } }
}
