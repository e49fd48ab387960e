/** Purser inside another program: the inference face as `fetch`, every operation as a method, and nothing that listens. */

import { openApp } from './app.ts'
import { homeOf } from './control/home/home.ts'
import { type Methods, methodsOf } from './control/methods.ts'
import { localActor } from './control/scopes.ts'
import { checkAddress } from './core/database-address.ts'
import { PurserError } from './core/errors.ts'
import type { Log } from './gateway/deps.ts'
import type { Fetch } from './http/fetch.ts'
import type { DatabaseOptions } from './opening.ts'

export type PurserOptions = Partial<DatabaseOptions> & {
  /**
   * A folder as PURSER_HOME is one. It holds what keys are hashed with, so a database that is to have keys needs it, unless it is in
   * memory. Its own database is taken where none is named. No keys are put into it.
   */
  readonly home?: string
  /**
   * Whether `fetch` asks for a Purser key. It does, if not said: `false` is for a program whose own calls are all that reaches it, or
   * that has asked for credentials of its own. Operations need none. A key that is shown is checked and counts, whatever is said here.
   */
  readonly authenticate?: boolean
  /** The built-in provider, inside this process alone: the profiles `simulated` and `simulated-claude` answer. Off, if not said. */
  readonly simulated?: boolean
  /** What a credential `command:NAME` runs: a program and its arguments. */
  readonly commands?: Readonly<Record<string, readonly string[]>>
  /** Where failures are told. Nowhere, if not said. */
  readonly log?: Log
}

export type Purser = Methods & {
  /** Answers as the inference port does: any contract's paths, streams included. Called like the global `fetch`, so an SDK takes it for that. */
  readonly fetch: Fetch
  /** Lets running calls end, for at most `graceMs`, settles the rest, and frees the database. May be called again. */
  close(graceMs?: number): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const closeGraceMs = 30_000
const silent: Log = { warn() {}, error() {} }

/** Two in one process share nothing, and the process is left as it was: no signal is caught, no variable is taken, nothing is printed. */
export async function createPurser(options: PurserOptions): Promise<Purser> {
  const { home: folder, authenticate = true, simulated = false, log = silent, ...rest } = options
  const home = folder === undefined ? null : homeOf(folder, {}, folder)
  const database = rest.database ?? home?.database ?? noDatabase()
  checkAddress(database, 'database')
  const app = await openApp({
    ...rest,
    database,
    home,
    firstKeys: 'leave',
    simulated: simulated ? 'inside' : null,
    ownsEnvironment: false,
    log,
  })
  let closing: Promise<void> | undefined
  const close = (graceMs = closeGraceMs): Promise<void> => {
    closing ??= app.drain(graceMs).then(() => app.close())
    return closing
  }
  const methods = methodsOf(() => {
    if (closing) throw new PurserError('unavailable', 'This Purser was closed.', { code: 'stopping' })
    return app.contextFor({ actor: localActor, face: 'library', server: null, loopDelayMs: () => null })
  })
  return { ...methods, fetch: app.fetchFor(authenticate), close, [Symbol.asyncDispose]: () => close() }
}

function noDatabase(): never {
  throw new PurserError(
    'invalid_request',
    'Purser needs a database: a file, ":memory:" or a postgres:// address, or a home that has one.',
    {
      field: 'database',
      hint: 'await createPurser({ database: "purser.db" })',
    },
  )
}
