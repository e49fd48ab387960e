/** The composition root: an opened database, with both planes wired to it. What stands in front of them, and who asks, is the matter of others. */

import type { OperationContext } from './control/context.ts'
import { inspectDatabase } from './control/health/inspect.ts'
import { fileFault } from './control/home/file-fault.ts'
import type { Home } from './control/home/home.ts'
import { collectKeyUses } from './control/keys/key-uses.ts'
import type { SeedReport } from './control/manifest/seed.ts'
import { release } from './control/release.ts'
import { presenceIn } from './control/secrets/presence.ts'
import { cataloguePairs, readSecretRows, referencesOf } from './control/secrets/rows.ts'
import { withoutPassword } from './core/database-address.ts'
import { PurserError } from './core/errors.ts'
import { uuidMaker } from './core/ids.ts'
import { systemClock, systemRandom, systemTimers } from './core/system.ts'
import type { Log } from './gateway/deps.ts'
import { createGateway, type Gateway } from './gateway/gateway.ts'
import { createFetch, type Fetch } from './http/fetch.ts'
import { type Authenticator, createAuthenticator } from './http/keys.ts'
import { createLedger } from './ledger/ledger.ts'
import { settleOrphans } from './ledger/recover.ts'
import type { Listener } from './net/connector.ts'
import { originOf } from './net/destination.ts'
import { createEgress } from './net/egress.ts'
import { createVault } from './net/vault.ts'
import { type DatabaseOptions, type FirstKeys, openAlone, openHome } from './opening.ts'
import { type Directory, readDirectory, revisionOf } from './routing/directory.ts'
import type { PresenceOf } from './routing/profile.ts'
import { watchRevision } from './routing/watch.ts'
import { type Simulated, startSimulated } from './simulated/server.ts'

export type AppOptions = DatabaseOptions & {
  readonly home: Home | null
  readonly firstKeys: FirstKeys
  /** Where the built-in provider answers: on a loopback port, inside this process alone, or nowhere. */
  readonly simulated: 'port' | 'inside' | null
  /** The environment is this process's own: what was read is taken out of it, so that no child and no crash report carries it. */
  readonly ownsEnvironment: boolean
  /** What a credential `command:NAME` runs, as the configuration file has it: a program and its arguments. */
  readonly commands?: Readonly<Record<string, readonly string[]>>
  readonly log: Log
}

/** What this start did to the database, and what it found. */
export type Started = {
  readonly migrated: readonly string[]
  readonly mintedKeys: boolean
  readonly seeded: SeedReport
  readonly orphans: number
  readonly credentialsFound: readonly string[]
  readonly quarantined: Directory['quarantined']
}

/** Who asks an operation, and over which face. */
export type Asking = Pick<OperationContext, 'actor' | 'face' | 'server' | 'loopDelayMs'>

export type App = {
  readonly gateway: Gateway
  readonly authenticator: Authenticator
  readonly instance: string
  readonly nextId: () => string
  readonly started: Started
  /** The inference face for callers in this process. */
  fetchFor(authenticate: boolean): Fetch
  contextFor(asking: Asking): OperationContext
  /** A listener of this process, so that no call goes round in a circle. */
  listensOn(listener: Listener): void
  /** Admits nobody any more, lets running calls end, then ends the rest with their settlements. `look` runs at every turn. */
  drain(graceMs: number, look?: () => void): Promise<void>
  /** After `drain`. */
  close(): Promise<void>
}

/** For the settlements of calls that were stopped. */
const settleMs = 10_000

export async function openApp(options: AppOptions): Promise<App> {
  const { home, log } = options
  const opened = home === null ? await openAlone(options) : await openHome({ ...options, home })
  const { store } = opened
  const undo: (() => Promise<unknown>)[] = [() => store.close()]
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0)) await step()
  }
  try {
    const nextId = uuidMaker(systemClock, systemRandom)
    let directory = await readDirectory(store.read)
    const vault = createVault({
      clock: systemClock,
      keys: opened.keys,
      catalogue: cataloguePairs(),
      environment: { variables: process.env, forget: options.ownsEnvironment },
      folder: home?.secrets ?? null,
      commands: new Map(Object.entries(options.commands ?? {})),
    })
    vault.update(await readSecretRows(store), referencesOf(directory))
    log.scrubWith?.(vault.scrub)
    const refresh = async (): Promise<void> => {
      const read = await readDirectory(store.read)
      const rows = await readSecretRows(store)
      // Two that overlap may end in either order.
      if (read.revision < directory.revision) return
      vault.update(rows, referencesOf(read))
      directory = read
    }
    const ledger = createLedger(store.writer, store.instance)
    const orphans = await settleOrphans(store, ledger, systemClock.now())
    store.readAside()

    const listeners: Listener[] = []
    const simulated = await openSimulated(options.simulated)
    if (simulated) undo.unshift(() => simulated.close())
    const upstream = createEgress({
      clock: systemClock,
      timers: systemTimers,
      ownListeners: () => listeners,
      simulated: () => simulated?.address ?? null,
    })
    undo.unshift(() => upstream.close())
    if (simulated && 'port' in simulated.address) listeners.push({ host: '127.0.0.1', port: simulated.address.port })

    const presenceOf: PresenceOf = (reference, baseUrl) => vault.usable(reference, originOf(baseUrl))
    const gateway = createGateway({
      directory: () => directory,
      ledger,
      upstream,
      presenceOf,
      secrets: vault,
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      log,
    })
    const { pepper } = opened
    const keyUses = collectKeyUses(store.writer, systemTimers)
    undo.unshift(() => keyUses.close())
    const authenticator = pepper === null ? noKeys : createAuthenticator((id) => directory.keys.get(id), pepper, systemClock, keyUses.used)
    if (store.engine === 'postgres') {
      const revision = () => revisionOf(store.read)
      const onFailure = (error: unknown) => log.warn({ err: error }, 'The revision of the configuration could not be read.')
      undo.unshift(watchRevision({ revision, current: () => directory.revision, refresh, timers: systemTimers, onFailure }))
    }
    const fetchFor = (authenticate: boolean): Fetch => createFetch({ gateway, authenticator, authenticate, nextId, log })
    const ownFetch = fetchFor(false)

    return {
      gateway,
      authenticator,
      instance: store.instance.id,
      nextId,
      started: {
        migrated: opened.migrated,
        mintedKeys: opened.mintedKeys,
        seeded: opened.seeded,
        orphans,
        credentialsFound: [...referencesOf(directory)]
          .filter((reference) => reference.startsWith('env:') && vault.standing(reference, null).presence === 'present')
          .map((reference) => reference.slice('env:'.length)),
        quarantined: directory.quarantined,
      },
      fetchFor,
      contextFor: (asking) => ({
        ...asking,
        store,
        clock: systemClock,
        random: systemRandom,
        ids: nextId,
        pepper: () => pepper ?? withoutHome(),
        directory: async () => directory,
        release,
        database: withoutPassword(options.database),
        home,
        inspect: () => inspectDatabase(options.database),
        presence: presenceIn(vault),
        secrets: vault,
        presenceOf,
        fetch: (request) => ownFetch(request),
        refresh,
      }),
      listensOn: (listener) => listeners.push(listener),
      drain: (graceMs, look) => drain(gateway, graceMs, look),
      close,
    }
  } catch (error) {
    await close()
    throw fileFault(error)
  }
}

const noKeys: Authenticator = { authenticate: () => withoutHome() }

function withoutHome(): never {
  throw new PurserError(
    'unavailable',
    'Keys cannot be made or checked here: what they are hashed with is kept in a home, and none was named.',
    {
      field: 'home',
      hint: 'Name the folder:  createPurser({ database, home })',
    },
  )
}

async function drain(gateway: Gateway, graceMs: number, look?: () => void): Promise<void> {
  gateway.drain()
  look?.()
  const isIdle = (): boolean => gateway.active() === 0
  await waitUntil(isIdle, graceMs, look)
  gateway.stopAll()
  await waitUntil(isIdle, settleMs, look)
}

/** Until it is over, or the time is. */
export async function waitUntil(over: () => boolean, ms: number, look: () => void = () => undefined): Promise<void> {
  const until = systemClock.monotonic() + ms
  while (!over() && systemClock.monotonic() < until) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    look()
  }
}

async function openSimulated(where: AppOptions['simulated']): Promise<Simulated | null> {
  if (where === null) return null
  return startSimulated({ listen: where === 'port' ? { port: 0 } : where, clock: systemClock, timers: systemTimers })
}
