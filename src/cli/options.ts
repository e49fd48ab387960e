/** What every command takes: where the home and the database are, and how to print. */

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Home, homeOf } from '../control/home.ts'
import { checkAddress, isPostgres } from '../core/database-address.ts'
import { PurserError } from '../core/errors.ts'
import type { Terminal } from './terminal.ts'

export type CommonOptions = {
  readonly home: Home
  /** The home as the flag named it. */
  readonly homeNamed: string | undefined
  /** Set where the caller named a database: a flag or the environment. */
  readonly database: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly debug: boolean
}

type Given = {
  readonly home?: string
  readonly database?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly debug?: boolean
}

export function addCommonOptions(program: Command): void {
  program
    .option('--home <dir>', 'one folder for config, data, state and cache (PURSER_HOME)')
    .option('--database <where>', 'a SQLite file or a postgres:// address (PURSER_DATABASE_URL)')
    .option('--json', 'print JSON, errors too')
    .option('--quiet', 'print ids only')
    .option('--debug', 'add the stack to an error')
    .option('--no-input', 'never ask for anything')
}

/** Flags before environment. */
export function commonOptions(command: Command, { environment, userHome }: Terminal): CommonOptions {
  const given = command.optsWithGlobals<Given>()
  const output = environment.PURSER_OUTPUT ?? 'table'
  if (output !== 'table' && output !== 'json') {
    throw new PurserError('invalid_request', `PURSER_OUTPUT must be "table" or "json", and not "${output}".`, { field: 'PURSER_OUTPUT' })
  }
  return {
    home: homeOf(given.home, environment, userHome),
    homeNamed: given.home,
    database: placed(given.database, '--database') ?? placed(environment.PURSER_DATABASE_URL, 'PURSER_DATABASE_URL'),
    json: given.json ?? output === 'json',
    quiet: given.quiet ?? false,
    debug: given.debug ?? false,
  }
}

/** A file by its full path, so that it is the same one from any folder. Nothing typed is nothing named. */
function placed(database: string | undefined, field: string): string | undefined {
  if (database === undefined || database === '') return undefined
  checkAddress(database, field)
  return database === ':memory:' || isPostgres(database) ? database : resolve(database)
}
