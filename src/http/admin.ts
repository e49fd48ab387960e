/** The admin API: every operation as a route, behind an admin key with the scope that the operation names. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import type { OperationContext } from '../control/context.ts'
import { showFailure } from '../control/failure.ts'
import { fieldsOf, readField } from '../control/fields.ts'
import { invoke, type Operation } from '../control/operation.ts'
import { apiPrefix, type Route, routesOf } from '../control/routes.ts'
import { type Actor, grantedScopes, requireScope } from '../control/scopes.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Key } from '../core/nouns.ts'
import type { Headers } from '../core/wire.ts'
import { readAdminBody } from './admin-body.ts'
import { adminHeaders } from './admin-headers.ts'
import { allowedAt } from './allowed.ts'
import type { Edge } from './guard.ts'
import { openApi } from './openapi.ts'

export type AdminOptions = {
  readonly operations: readonly Operation[]
  readonly release: string
  /** Read for every request, since ports are known only once the listeners are up. */
  edge(): Edge
  /** The admin key of a request: in a header, never in the address. Throws `unauthenticated`, `rate_limited` or `forbidden`. */
  authenticate(headers: Headers, peer: string | undefined): Key
  contextFor(actor: Actor): OperationContext
  ids(): string
  readiness(): { readonly ready: boolean; readonly reason: string | null }
  /** What failed by no fault of the caller. */
  onFault(requestId: string, error: PurserError): void
}

/** What stands beside the operations, and needs no key. */
const openPaths = ['/', '/healthz', '/readyz', `${apiPrefix}/openapi.json`]

type Answer = { readonly status: number; readonly body: unknown }
type Bindings = { readonly incoming?: IncomingMessage }
type Environment = { readonly Variables: { requestId: string }; readonly Bindings: Bindings }

/** The routes, as a fetch handler. The guard of the edge stands before it: see `adminListener`. */
export function adminApp(options: AdminOptions): Hono<Environment> {
  const app = new Hono<Environment>({ strict: true })
  const document = openApi(options.operations, options.release)
  const routes = routesOf(options.operations)
  app.use(async (context, next) => {
    context.set('requestId', options.ids())
    await next()
  })
  app.onError((thrown, context) => refuse(options, thrown, context.get('requestId')))
  app.notFound((context) => nothingThere(options, routes, context))
  app.get('/', (context) =>
    send(
      { status: 200, body: { name: 'purser', release: options.release, api: apiPrefix, openapi: `${apiPrefix}/openapi.json` } },
      context.get('requestId'),
    ),
  )
  app.get('/healthz', (context) => send({ status: 200, body: { alive: true } }, context.get('requestId')))
  app.get('/readyz', (context) => {
    const readiness = options.readiness()
    return send({ status: readiness.ready ? 200 : 503, body: readiness }, context.get('requestId'))
  })
  app.get(`${apiPrefix}/openapi.json`, (context) => send({ status: 200, body: document }, context.get('requestId')))
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(route.method, path, async (context) => {
      const actor = actorOf(options.authenticate(context.req.header(), peerOf(context)))
      // Before what was sent is looked at: whoever may not use an operation learns nothing of it.
      requireScope(actor, route.operation.scope, route.operation.name)
      const body = await invoke(route.operation, options.contextFor(actor), await inputOf(route, context))
      return send({ status: route.status, body }, context.get('requestId'))
    })
  }
  return app
}

/** The same for a node:http server. */
export function adminRoutes(options: AdminOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const route = getRequestListener(adminApp(options).fetch, { overrideGlobalObjects: false })
  return (request, response) => void route(request, response)
}

/** Undefined where a request came by no socket. */
function peerOf(context: Context<Environment>): string | undefined {
  return (context.env as Bindings | undefined)?.incoming?.socket.remoteAddress
}

function actorOf(key: Key): Actor {
  return { name: key.name, keyId: key.id, scopes: grantedScopes(key.scopes) }
}

/** Path, query and body as one input. A field in two places is a mistake, not a choice. */
async function inputOf(route: Route, context: Context<Environment>): Promise<Record<string, Json>> {
  const fields = new Map(fieldsOf(route.operation).map((field) => [field.name, field]))
  const input: Record<string, Json> = Object.create(null) as Record<string, Json>
  const put = (name: string, value: Json) => {
    if (Object.hasOwn(input, name)) throw new PurserError('invalid_request', `"${name}" is given twice.`, { field: name })
    input[name] = value
  }
  const read = (name: string, text: string) => {
    const field = fields.get(name)
    put(name, field === undefined ? text : readField(field, text))
  }
  for (const [name, text] of Object.entries(context.req.param() as Record<string, string>)) read(name, text)
  for (const [name, text] of new URL(context.req.url).searchParams) read(name, text)
  if (route.method === 'GET') return input
  const takes = [...fields.values()].some(({ type }) => type === 'document') ? 'documents' : 'plain'
  for (const [name, value] of Object.entries(await readAdminBody(context.req.raw, takes))) put(name, value)
  return input
}

/** No path of ours, or one that answers other methods. */
function nothingThere(options: AdminOptions, routes: readonly Route[], context: Context<Environment>): Response {
  const { method, path } = context.req
  const requestId = context.get('requestId')
  const hint = `The routes are listed at ${apiPrefix}/openapi.json`
  const allowed = allowedAt(routes, openPaths, path)
  if (allowed.length === 0) return refuse(options, new PurserError('not_found', `There is no ${method} ${path} here.`, { hint }), requestId)
  const error = new PurserError('invalid_request', `${path} answers ${allowed.join(', ')}, and not ${method}.`, {
    code: 'method_not_allowed',
    hint,
  })
  // No kind has this status: only this edge answers it.
  return send({ status: 405, body: showFailure(error, requestId) }, requestId, { allow: allowed.join(', ') })
}

function refuse(options: AdminOptions, thrown: unknown, requestId: string): Response {
  const error = asPurserError(thrown)
  if (error.status >= 500) options.onFault(requestId, error)
  const wait: Record<string, string> = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryAfter)) }
  return send({ status: error.status, body: showFailure(error, requestId) }, requestId, wait)
}

function send(answer: Answer, requestId: string, more: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers: { ...adminHeaders(requestId), ...more } })
}
