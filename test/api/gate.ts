/** Stands between Schemathesis and the server: passes everything on as it is, counts it, and holds each answer to the scopes of whoever asked. */

import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { operations } from '../../src/control/operations.ts'
import { type Route, routesOf } from '../../src/control/routes.ts'
import type { Scope } from '../../src/control/scopes.ts'

export type ApiCaller = { readonly name: string; readonly key: string | null; readonly scopes: ReadonlySet<Scope> }
export type Finding = { readonly method: string; readonly path: string; readonly status: number; readonly problem: string }

export type Gate = {
  readonly url: string
  readonly cases: number
  readonly findings: readonly Finding[]
  /** How many answers of each status. */
  summary(): string
  close(): Promise<void>
}

export async function openGate(adminUrl: string, caller: ApiCaller): Promise<Gate> {
  const target = new URL(adminUrl)
  const findings: Finding[] = []
  const statuses = new Map<number, number>()
  let cases = 0
  const see = (isKeyShown: boolean, method: string, path: string, status: number, body: string): void => {
    cases += 1
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    const problem = problemOf(isKeyShown ? caller : nobody, method, path, status, body)
    if (problem !== undefined) findings.push({ method, path, status, problem })
  }
  const server = createServer({ maxHeaderSize: 256 * 1024 }, (incoming, outgoing) => {
    const { method = 'GET', url = '/' } = incoming
    // Some requests are made without the key on purpose.
    const isKeyShown = caller.key !== null && incoming.headers.authorization === `Bearer ${caller.key}`
    const headers: IncomingHttpHeaders = { ...incoming.headers, host: target.host }
    const passed = request({ host: target.hostname, port: target.port, method, path: url, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const body = Buffer.concat(chunks)
        see(isKeyShown, method, url, answer.statusCode ?? 0, body.toString())
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        outgoing.end(body)
      })
    })
    passed.on('error', (error) => {
      findings.push({ method, path: url, status: 0, problem: `no answer: ${error.message}` })
      outgoing.destroy()
    })
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get cases() {
      return cases
    },
    findings,
    summary: () =>
      [...statuses]
        .sort(([one], [other]) => one - other)
        .map(([status, count]) => `${status} × ${count}`)
        .join(', '),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const routes = routesOf(operations)
const nobody: ApiCaller = { name: 'nobody', key: null, scopes: new Set() }

function problemOf(caller: ApiCaller, method: string, url: string, status: number, body: string): string | undefined {
  if (status >= 500) return 'a fault of the server'
  const route = routeAt(method, url.split('?', 1)[0]!)
  // What the guard of the edge refuses is refused before anybody is asked who he is.
  if (route === undefined || status === 431 || (status === 400 && /path|request line/.test(body))) return undefined
  if (caller.key === null) return status === 401 || status === 429 ? undefined : 'let in without a key'
  const isAllowed = caller.scopes.has(route.operation.scope)
  // An operation may ask for a further scope, depending on what was sent.
  const isOutOfScope = status === 403 && body.includes(`"scope":"${route.operation.scope}"`)
  if (!isAllowed && !isOutOfScope) return `${route.operation.name} needs ${route.operation.scope}`
  return isAllowed && isOutOfScope ? `${route.operation.name} was refused to a role that holds its scope` : undefined
}

/** The first route that fits, as the server itself finds it. */
function routeAt(method: string, path: string): Route | undefined {
  return routes.find((route) => route.method === method && new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
}
