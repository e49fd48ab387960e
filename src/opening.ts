/** Opens a database for the one process that may write to it: up to date, filled with what ships in the box, with its first keys where it has a home. */

import { hasKeys, mintFirstKeys, readPepper } from './control/home/bootstrap.ts'
import { fileFault } from './control/home/file-fault.ts'
import { type Home, makeHome } from './control/home/home.ts'
import { type SeedReport, seed } from './control/manifest/seed.ts'
import { release } from './control/release.ts'
import { makeKek, needsKek, noKek } from './control/secrets/kek-file.ts'
import { isPostgres } from './core/database-address.ts'
import { PurserError } from './core/errors.ts'
import { uuidMaker } from './core/ids.ts'
import { systemClock, systemRandom } from './core/system.ts'
import { kekBytes, kekOf, keyringOf } from './net/kek.ts'
import type { Keys } from './net/vault.ts'
import { makeReady } from './store/migrate.ts'
import { type OpenStore, openStore } from './store/open.ts'

export type DatabaseOptions = {
  /** A file path, `:memory:` or a `postgres://` URL. */
  readonly database: string
  /** Postgres: may this start migrate the schema? SQLite always does. */
  readonly migrate?: boolean
  readonly acceptFilesystem?: boolean
  /** Runs once when the books cannot be written any more. A process that only serves ends with this code. */
  readonly onFatal?: (error: PurserError, exitCode: number) => void
}

type Books = { readonly store: OpenStore; readonly migrated: readonly string[]; readonly seeded: SeedReport }

/** The store, up to date and filled. */
async function openBooks<More>(
  options: DatabaseOptions,
  finish: (store: OpenStore, ids: () => string) => Promise<More>,
): Promise<Books & More> {
  const { database } = options
  const onPostgres = isPostgres(database)
  let migrated: readonly string[] = []
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
    const ids = uuidMaker(systemClock, systemRandom)
    const seeded = await seed(store, systemClock, ids)
    return { store, migrated, seeded, ...(await finish(store, ids)) }
  } catch (error) {
    await store.close()
    throw fileFault(error)
  }
}

/** `keys`: the key-encryption key of sealed secrets, or why there is none. */
export type OpenedHome = Books & { readonly pepper: Uint8Array; readonly keys: Keys; readonly mintedKeys: boolean }
/** `pepper` is null where nothing keeps one: there, keys are of no use. */
export type Opened = Omit<OpenedHome, 'pepper'> & { readonly pepper: Uint8Array | null }

/** What becomes of a database without keys: it gets its first two, it is refused, or it stays as it is. */
export type FirstKeys = 'mint' | 'require' | 'leave'

/** The store of a home, with its first keys: what every start needs, and all that a program needs to prepare one. */
export function openHome(options: DatabaseOptions & { readonly home: Home; readonly firstKeys?: FirstKeys }): Promise<OpenedHome> {
  const { home, firstKeys = 'mint' } = options
  makeFolders(home)
  return openBooks(options, async (store, ids) => {
    const keyless = !(await hasKeys(store))
    if (keyless && firstKeys === 'require') throw noKeyYet()
    const pepper = readPepper(home, !keyless)
    const keys = makeKek(home.kek, await needsKek(store))
    const mintedKeys = keyless && firstKeys === 'mint'
    if (mintedKeys) await mintFirstKeys({ store, home, pepper, clock: systemClock, random: systemRandom, ids })
    return { pepper, keys, mintedKeys }
  })
}

/** A database and no files beside it. Keys need a pepper, and sealed secrets a key of theirs, that live as long as they do: which only a database in memory has then. */
export function openAlone(options: DatabaseOptions): Promise<Opened> {
  const inMemory = options.database === ':memory:'
  const pepper = inMemory ? systemRandom.bytes(32) : null
  const keys = inMemory ? keyringOf([kekOf(systemRandom.bytes(kekBytes))]) : noKek
  return openBooks(options, async () => ({ pepper, keys, mintedKeys: false }))
}

function makeFolders(home: Home): void {
  try {
    makeHome(home)
  } catch (error) {
    throw fileFault(error)
  }
}

/** A server that others can reach makes no keys: whoever starts it has to have made them on this machine alone. */
function noKeyYet(): PurserError {
  return new PurserError('invalid_request', 'This database has no key yet, and a server that listens beyond this machine makes none.', {
    code: 'open_bind',
    field: '--host',
    hint: 'Let a first start on 127.0.0.1 make them, then stop it:  purser serve',
  })
}
