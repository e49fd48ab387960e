/** The composition root: opens the store, brings it up to date, fills it, builds the directory, and wires both planes to their ports. */

import type { Server } from 'node:http'
import { hasKeys, mintFirstKeys, readPepper } from './control/bootstrap.ts'
import type { OperationContext } from './control/context.ts'
import { fileFault } from './control/file-fault.ts'
import { type Home, makeHome } from './control/home.ts'
import { inspectDatabase } from './control/inspect.ts'
import { watchLoopDelay } from './control/loop-delay.ts'
import { operations } from './control/operations.ts'
import { release } from './control/release.ts'
import { type SeedReport, seed } from './control/seed.ts'
import { removeServerFile, type ServerFile, writeServerFile } from './control/server-file.ts'
import { isPostgres, withoutPassword } from './core/database-address.ts'
import { PurserError } from './core/errors.ts'
import { uuidMaker } from './core/ids.ts'
import { systemClock, systemRandom, systemTimers } from './core/system.ts'
import type { Log } from './gateway/deps.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { createAdminServer } from './http/admin-listener.ts'
import { type Edge, hostsOf } from './http/guard.ts'
import { createInferenceServer, type InferenceServer } from './http/inference.ts'
import { createAuthenticator } from './http/keys.ts'
import { listen } from './http/listen.ts'
import { createLedger } from './ledger/ledger.ts'
import { settleOrphans } from './ledger/recover.ts'
import { createEgress } from './net/egress.ts'
import { forgetEnvironment, readEnvironment, type Secrets, variableOf } from './net/secrets.ts'
import { type Directory, readDirectory } from './routing/directory.ts'
import { startSimulated } from './simulated/server.ts'
import { makeReady } from './store/migrate.ts'
import { type OpenStore, openStore } from './store/open.ts'

export type ServerOptions = {
  readonly home: Home
  readonly host: string
  readonly port: number
  readonly adminPort: number
  /** Whether a port was asked for: then it is never moved. */
  readonly portsAsked: { readonly port: boolean; readonly adminPort: boolean }
  /** A file path or a `postgres://` URL. */
  readonly database: string
  /** Postgres: may this start migrate the schema? SQLite always does. */
  readonly migrate?: boolean
  readonly allowPlainHttp?: boolean
  readonly acceptFilesystem?: boolean
  readonly log: Log
  /** Runs once when the books cannot be written any more. The process ends with this code. */
  readonly onFatal?: (error: PurserError, exitCode: number) => void
}

export type RunningServer = {
  readonly inferenceUrl: string
  readonly adminUrl: string
  /** What this start did to an empty home, and what it found. */
  readonly started: {
    readonly migrated: readonly string[]
    readonly mintedKeys: boolean
    readonly seeded: SeedReport
    readonly orphans: number
    readonly credentialsFound: readonly string[]
    readonly quarantined: Directory['quarantined']
  }
  /** Ends gracefully: finishes what runs, for at most `graceMs`, settles the rest. */
  close(graceMs?: number): Promise<void>
}

export type OpenedHome = {
  readonly store: OpenStore
  readonly pepper: Uint8Array
  readonly migrated: readonly string[]
  readonly seeded: SeedReport
  readonly mintedKeys: boolean
}

const stopGraceMs = 30_000
/** For the settlements of calls that were stopped. */
const settleMs = 10_000
/** For last bytes on their way to callers who still read. */
const flushMs = 2_000

type HomeOptions = Pick<ServerOptions, 'home' | 'database' | 'migrate' | 'acceptFilesystem' | 'onFatal'> & {
  /** Whether a database without keys gets its first two. Yes, if not said. */
  readonly mayMint?: boolean
}

/** The store of a home, up to date and filled, with its first keys: what every start needs, and all that a program needs to prepare one. */
export async function openHome(options: HomeOptions): Promise<OpenedHome> {
  const { home, database } = options
  const onPostgres = isPostgres(database)
  let migrated: readonly string[] = []
  makeFolders(home)
  const store = await openStore({
    database,
    clock: systemClock,
    random: systemRandom,
    instance: { name: 'purser' },
    acceptFilesystem: options.acceptFilesystem ?? false,
    ...(options.onFatal ? { onFatal: options.onFatal } : {}),
    prepare: async (executor) => {
      const ready = await makeReady(executor, {
        clock: systemClock,
        release,
        mayMigrate: !onPostgres || options.migrate === true,
        ...(onPostgres ? {} : { path: database }),
      })
      migrated = ready.migrated
    },
  })
  try {
    const mintedKeys = !(await hasKeys(store))
    if (mintedKeys && options.mayMint === false) throw noKeyYet()
    const pepper = readPepper(home, !mintedKeys)
    const ids = uuidMaker(systemClock, systemRandom)
    const seeded = await seed(store, systemClock, ids)
    if (mintedKeys) await mintFirstKeys({ store, home, pepper, clock: systemClock, random: systemRandom, ids })
    return { store, pepper, migrated, seeded, mintedKeys }
  } catch (error) {
    await store.close()
    throw fileFault(error)
  }
}

function makeFolders(home: Home): void {
  try {
    makeHome(home)
  } catch (error) {
    throw fileFault(error)
  }
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  refuseOpenBind(options)
  const opened = await openHome({ ...options, mayMint: isLoopback(options.host) })
  const { store } = opened
  const undo: (() => Promise<unknown>)[] = [() => store.close()]
  try {
    const nextId = uuidMaker(systemClock, systemRandom)
    let directory = await readDirectory(store.read)
    const refresh = async (): Promise<void> => {
      const read = await readDirectory(store.read)
      // Two that overlap may end in either order.
      if (read.revision >= directory.revision) directory = read
    }
    const secrets = readSecrets(directory)
    const ledger = createLedger(store.writer, store.instance)
    const orphans = await settleOrphans(store, ledger, systemClock.now())
    store.readAside()

    const loopDelay = watchLoopDelay()
    undo.unshift(async () => loopDelay.close())
    const simulated = await startSimulated({ listen: { port: 0 }, clock: systemClock, timers: systemTimers })
    undo.unshift(() => simulated.close())
    const listeners: { host: string; port: number }[] = []
    const upstream = createEgress({
      clock: systemClock,
      timers: systemTimers,
      ownListeners: () => listeners,
      simulated: () => simulated.address,
    })
    undo.unshift(() => upstream.close())

    const gateway = createGateway({
      directory: () => directory,
      ledger,
      upstream,
      presenceOf: (reference) => secrets.presence(reference),
      secretOf: (reference, origin) => {
        const secret = secrets.resolveCredential(reference, origin)
        if (secret === 'absent') throw new PurserError('unavailable', `The secret ${reference} is absent.`, { code: 'secret_unavailable' })
        return secret
      },
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log: options.log,
    })

    const authenticator = createAuthenticator((id) => directory.keys.get(id), opened.pepper, systemClock)
    const edges: { inference: Edge; admin: Edge } = { inference: noEdge, admin: noEdge }
    const urls = { inference: '', admin: '' }
    const inference = createInferenceServer({
      gateway,
      authenticator,
      edge: () => edges.inference,
      nextId,
      adminUrl: () => urls.admin,
      log: options.log,
    })
    const serverFile = (): ServerFile => ({
      pid: process.pid,
      instance: store.instance.id,
      database: withoutPassword(options.database),
      inference_url: urls.inference,
      admin_url: urls.admin,
      started_at: startedAt,
    })
    const startedAt = systemClock.now()
    const contextFor = (actor: OperationContext['actor']): OperationContext => ({
      store,
      clock: systemClock,
      random: systemRandom,
      ids: nextId,
      pepper: () => opened.pepper,
      directory: async () => directory,
      actor,
      face: 'http',
      release,
      database: withoutPassword(options.database),
      server: serverFile(),
      home: options.home,
      loopDelayMs: () => loopDelay.p99Ms(),
      inspect: () => inspectDatabase(options.database),
      presence: (auth) => (auth.type === 'none' ? 'not_needed' : auth.credential === null ? 'absent' : secrets.presence(auth.credential)),
      fetch: null,
      refresh,
    })
    const admin = createAdminServer({
      operations,
      release,
      edge: () => edges.admin,
      authenticate: (headers) => authenticator.authenticate(headers, new URLSearchParams(), 'admin'),
      contextFor,
      ids: nextId,
      readiness: () => ({ ready: true, reason: null }),
      onFault: (requestId, error) => options.log.error({ requestId, err: error.cause ?? error }, error.message),
    })
    undo.unshift(
      () => closeServer(inference.server),
      () => closeServer(admin),
    )

    const { host } = options
    const port = await listen(inference.server, { host, port: options.port, asked: options.portsAsked.port, flag: '--port' })
    const adminPort = await listen(admin, { host, port: options.adminPort, asked: options.portsAsked.adminPort, flag: '--admin-port' })
    listeners.push(
      { host, port },
      { host, port: adminPort },
      ...('port' in simulated.address ? [{ host: '127.0.0.1', port: simulated.address.port }] : []),
    )
    edges.inference = { hosts: hostsOf(host, port), origins: new Set() }
    edges.admin = { hosts: hostsOf(host, adminPort), origins: new Set() }
    urls.inference = urlOf(host, port)
    urls.admin = urlOf(host, adminPort)
    writeServerFile(options.home, serverFile())

    return {
      inferenceUrl: urls.inference,
      adminUrl: urls.admin,
      started: {
        migrated: opened.migrated,
        mintedKeys: opened.mintedKeys,
        seeded: opened.seeded,
        orphans,
        credentialsFound: credentialNames(directory).filter((name) => secrets.presence(`env:${name}`) === 'present'),
        quarantined: directory.quarantined,
      },
      close: async (graceMs = stopGraceMs) => {
        await finish(gateway, inference, graceMs)
        removeServerFile(options.home, process.pid)
        for (const step of undo) await step()
      },
    }
  } catch (error) {
    for (const step of undo) await step()
    throw fileFault(error)
  }
}

const noEdge: Edge = { hosts: new Set<string>(), origins: new Set<string>() }

/** Admits nobody any more, lets running calls end, then ends the rest with their settlements. */
async function finish(gateway: Gateway, inference: InferenceServer, graceMs: number): Promise<void> {
  gateway.drain()
  let sockets = inference.quiesce()
  const waitFor = async (over: () => boolean, ms: number): Promise<void> => {
    const until = systemClock.monotonic() + ms
    while (!over() && systemClock.monotonic() < until) {
      await pause(20)
      sockets = inference.quiesce()
    }
  }
  await waitFor(() => gateway.active() === 0, graceMs)
  gateway.stopAll()
  await waitFor(() => gateway.active() === 0, settleMs)
  await waitFor(() => sockets === 0, flushMs)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** The environment is read once, for the names that connections refer to, and then no longer holds them. */
function readSecrets(directory: Directory): Secrets {
  const names = credentialNames(directory)
  const secrets = readEnvironment(names)
  forgetEnvironment(names)
  return secrets
}

function credentialNames(directory: Directory): string[] {
  const references = [...directory.connections.values()].flatMap(({ auth }) =>
    auth.type !== 'none' && auth.credential?.startsWith('env:') ? [auth.credential] : [],
  )
  return [...new Set(references.map(variableOf))]
}

function isLoopback(host: string): boolean {
  return ['127.0.0.1', '::1', 'localhost'].includes(host)
}

/** A server that others can reach makes no keys: whoever starts it has to have made them on this machine alone. */
function noKeyYet(): PurserError {
  return new PurserError('invalid_request', 'This database has no key yet, and a server that listens beyond this machine makes none.', {
    code: 'open_bind',
    field: '--host',
    hint: 'Let a first start on 127.0.0.1 make them, then stop it:  purser serve',
  })
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
