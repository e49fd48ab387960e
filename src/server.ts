/** The server: an app with two listeners in front of it, the inference port and the admin port, and the file by which commands find them. */

import type { Server } from 'node:http'
import { type App, openApp, type Started, waitUntil } from './app.ts'
import { watchLoopDelay } from './control/health/loop-delay.ts'
import { fileFault } from './control/home/file-fault.ts'
import type { Home } from './control/home/home.ts'
import { removeServerFile, type ServerFile, writeServerFile } from './control/home/server-file.ts'
import { operations } from './control/operations.ts'
import { release } from './control/release.ts'
import { withoutPassword } from './core/database-address.ts'
import { PurserError } from './core/errors.ts'
import { systemClock } from './core/system.ts'
import type { Log } from './gateway/deps.ts'
import { createAdminServer } from './http/admin-listener.ts'
import { callerByKey } from './http/grants.ts'
import { type Edge, hostsOf } from './http/guard.ts'
import { createInferenceServer } from './http/inference-listener.ts'
import { listen } from './http/listen.ts'
import type { DatabaseOptions } from './opening.ts'

export type ServerOptions = DatabaseOptions & {
  readonly home: Home
  readonly host: string
  readonly port: number
  readonly adminPort: number
  /** Whether a port was asked for: then it is never moved. */
  readonly portsAsked: { readonly port: boolean; readonly adminPort: boolean }
  readonly allowPlainHttp?: boolean
  /** Names besides its address by which callers reach this server: `gateway.example`, or with a port. */
  readonly allowHosts?: readonly string[]
  /** What a credential `command:NAME` runs, as the configuration file has it: a program and its arguments. */
  readonly commands?: Readonly<Record<string, readonly string[]>>
  readonly log: Log
}

export type RunningServer = {
  readonly inferenceUrl: string
  readonly adminUrl: string
  readonly started: Started
  /** Ends gracefully: finishes what runs, for at most `graceMs`, settles the rest. */
  close(graceMs?: number): Promise<void>
}

const stopGraceMs = 30_000
/** For last bytes on their way to callers who still read. */
const flushMs = 2_000

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  refuseOpenBind(options)
  hostsOf(options.host, options.port, options.allowHosts)
  const app = await openApp({
    ...options,
    firstKeys: isLoopback(options.host) ? 'mint' : 'require',
    simulated: 'port',
    ownsEnvironment: true,
  })
  const undo: (() => Promise<unknown>)[] = [() => app.close()]
  try {
    return await putInFront(app, options, undo)
  } catch (error) {
    for (const step of undo) await step()
    throw fileFault(error)
  }
}

async function putInFront(app: App, options: ServerOptions, undo: (() => Promise<unknown>)[]): Promise<RunningServer> {
  const { host, log } = options
  const { gateway, authenticator, nextId } = app
  const startedAt = systemClock.now()
  const loopDelay = watchLoopDelay()
  undo.unshift(async () => loopDelay.close())
  const edges: { inference: Edge; admin: Edge } = { inference: noEdge, admin: noEdge }
  const urls = { inference: '', admin: '' }
  const serverFile = (): ServerFile => ({
    pid: process.pid,
    instance: app.instance,
    database: withoutPassword(options.database),
    inference_url: urls.inference,
    admin_url: urls.admin,
    started_at: startedAt,
  })
  const inference = createInferenceServer({
    gateway,
    callerOf: callerByKey(authenticator),
    edge: () => edges.inference,
    nextId,
    adminUrl: () => urls.admin,
    log,
  })
  const admin = createAdminServer({
    operations,
    release,
    edge: () => edges.admin,
    authenticate: (headers, peer) => authenticator.authenticate(headers, new URLSearchParams(), 'admin', peer),
    contextFor: (actor) => app.contextFor({ actor, face: 'http', server: serverFile(), loopDelayMs: () => loopDelay.p99Ms() }),
    ids: nextId,
    readiness: () => ({ ready: true, reason: null }),
    onFault: (requestId, error) => log.error({ requestId, err: error.cause ?? error }, error.message),
  })
  undo.unshift(
    () => closeServer(inference.server),
    () => closeServer(admin),
  )

  const port = await listen(inference.server, { host, port: options.port, asked: options.portsAsked.port, flag: '--port' })
  const adminPort = await listen(admin, { host, port: options.adminPort, asked: options.portsAsked.adminPort, flag: '--admin-port' })
  app.listensOn({ host, port })
  app.listensOn({ host, port: adminPort })
  edges.inference = { hosts: hostsOf(host, port, options.allowHosts), origins: new Set() }
  edges.admin = { hosts: hostsOf(host, adminPort, options.allowHosts), origins: new Set() }
  urls.inference = urlOf(host, port)
  urls.admin = urlOf(host, adminPort)
  writeServerFile(options.home, serverFile())

  return {
    inferenceUrl: urls.inference,
    adminUrl: urls.admin,
    started: app.started,
    close: async (graceMs = stopGraceMs) => {
      let sockets = 0
      const look = (): void => {
        sockets = inference.quiesce()
      }
      await app.drain(graceMs, look)
      await waitUntil(() => sockets === 0, flushMs, look)
      removeServerFile(options.home, process.pid)
      for (const step of undo) await step()
    },
  }
}

const noEdge: Edge = { hosts: new Set<string>(), origins: new Set<string>() }

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host)
}

/** Off loopback a plain listener needs to be asked for by name: keys would travel in clear. */
function refuseOpenBind(options: ServerOptions): void {
  if (isLoopback(options.host) || options.allowPlainHttp) return
  throw new PurserError(
    'invalid_request',
    `Purser does not listen on ${options.host} without TLS in front of it: keys would cross the network in clear.`,
    {
      code: 'open_bind',
      field: '--host',
      hint: 'Listen on 127.0.0.1 behind a proxy that speaks TLS, or accept the risk: purser serve --allow-plain-http',
    },
  )
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
