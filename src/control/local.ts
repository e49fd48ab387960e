/** An operation without a server: reads open the database as it is, writes take its lock for as long as they last. */

import { statSync } from 'node:fs'
import { isPostgres, withoutPassword } from '../core/database-address.ts'
import { PurserError } from '../core/errors.ts'
import { uuidMaker } from '../core/ids.ts'
import { systemClock, systemRandom } from '../core/system.ts'
import { createVault, type Vault } from '../net/vault.ts'
import { readDirectory } from '../routing/directory.ts'
import { openReadOnly, openStore } from '../store/open.ts'
import type { Store, Writer } from '../store/store.ts'
import { refusal } from '../store/validate.ts'
import type { OperationContext } from './context.ts'
import { inspectDatabase } from './health/inspect.ts'
import { readPepper } from './home/bootstrap.ts'
import { fileFault } from './home/file-fault.ts'
import type { Home } from './home/home.ts'
import { release } from './release.ts'
import { localActor } from './scopes.ts'
import { readKek } from './secrets/kek-file.ts'
import { presenceIn } from './secrets/presence.ts'
import { cataloguePairs, readSecretRows } from './secrets/rows.ts'

export type Local = { readonly context: OperationContext; close(): Promise<void> }

export async function openLocal(asked: {
  readonly home: Home
  readonly database: string
  readonly write: boolean
  readonly anySchema?: boolean
}): Promise<Local> {
  const { home, database, write } = asked
  if (!isPostgres(database)) lookAt(database)
  const inspection = await inspectDatabase(database)
  const type = inspection?.finding.type ?? 'clean'
  if (asked.anySchema !== true && inspection !== null && type !== 'clean' && type !== 'newer_compatible') throw refusal(inspection.finding)
  const store = write
    ? await openStore({ database, clock: systemClock, random: systemRandom, instance: { name: 'cli' } })
    : readOnly(database)
  const secrets = await localSecrets(home, store, type === 'clean' || type === 'newer_compatible')
  const context: OperationContext = {
    store,
    clock: systemClock,
    random: systemRandom,
    ids: uuidMaker(systemClock, systemRandom),
    pepper: () => readPepper(home, true),
    directory: () => readDirectory(store.read),
    actor: localActor,
    face: 'cli',
    release,
    database: withoutPassword(database),
    server: null,
    home,
    presence: presenceIn(secrets),
    secrets,
    loopDelayMs: () => null,
    inspect: () => inspectDatabase(database),
    presenceOf: null,
    fetch: null,
    refresh: async () => secrets.update(await readSecretRows(store), []),
  }
  return { context, close: () => store.close() }
}

/** What can be said of secrets without a server: the files and the sealed ones. Variables and commands are a serving process's own. */
async function localSecrets(home: Home, store: Store, readable: boolean): Promise<Vault> {
  const vault = createVault({
    clock: systemClock,
    keys: readKek(home.kek),
    catalogue: cataloguePairs(),
    environment: { variables: {}, forget: false },
    folder: home.secrets,
    commands: null,
  })
  if (readable) vault.update(await readSecretRows(store), [])
  return vault
}

function readOnly(database: string): Store {
  return { ...openReadOnly(database), writer: noWriter }
}

const refuseWrite = (): never => {
  throw new PurserError('internal', 'This command opened the database for reading alone, and something tried to write.')
}

const noWriter: Writer = {
  insertTemplate: refuseWrite,
  deleteTemplate: refuseWrite,
  intend: refuseWrite,
  settle: refuseWrite,
  control: refuseWrite,
  noteKeyUses: refuseWrite,
  status: () => ({ queued: 0, syncLagMs: 0, batches: 0, parked: 0 }),
}

/** Throws where there is no file to open, or where that cannot even be seen. */
function lookAt(path: string): void {
  try {
    if (statSync(path).isFile()) return
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' || code === 'ENOTDIR' ? nothingThere(path) : fileFault(error)
  }
  throw new PurserError('unavailable', `${path} is no file, so it can be no database.`, {
    code: 'store_cannot_open',
    hint: 'Name the file itself, such as purser.db in that folder:  --database FILE',
  })
}

function nothingThere(database: string): PurserError {
  return new PurserError('not_found', `There is no database at ${database} yet.`, {
    hint: 'The first start makes it:  purser serve',
    code: 'no_database',
  })
}
