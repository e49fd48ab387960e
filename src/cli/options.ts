/** What every command takes: where the home and the database are, and how to print. */

import { resolve } from 'node:path'
import type { Command } from 'commander'
import { commandsOf, outputs, readConfigLayers } from '../control/home/config-file.ts'
import { type Home, homeOf } from '../control/home/home.ts'
import { checkAddress, isPostgres } from '../core/database-address.ts'
import { PurserError } from '../core/errors.ts'
import { type Setting, type SettingName, settingsOf } from './settings.ts'
import type { Terminal } from './terminal.ts'

export type CommonOptions = {
  readonly home: Home
  /** The home as the flag named it. */
  readonly homeNamed: string | undefined
  /** Set where somebody named a database: a flag, the environment or a configuration file. */
  readonly database: string | undefined
  readonly output: Output
  /** Whether what is no list is to be JSON. */
  readonly json: boolean
  readonly quiet: boolean
  readonly debug: boolean
  /** Whether a question may be asked: there is a person at the terminal, and nobody said otherwise. */
  readonly mayAsk: boolean
  readonly settings: Readonly<Record<SettingName, Setting>>
  /** What credentials of the kind `command:NAME` run. */
  readonly commands: Readonly<Record<string, readonly string[]>>
}

export type Output = (typeof outputs)[number]

type Given = {
  readonly home?: string
  readonly database?: string
  readonly config?: string
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly csv?: boolean
  readonly quiet?: boolean
  readonly debug?: boolean
  readonly input?: boolean
}

export function addCommonOptions(program: Command): void {
  program
    .option('--home <dir>', 'one folder for config, data, state and cache (PURSER_HOME)')
    .option('--config <file>', 'a configuration file that goes before config.toml of the home (PURSER_CONFIG)')
    .option('--database <where>', 'a SQLite file or a postgres:// address (PURSER_DATABASE_URL)')
    .option('--json', 'print JSON, errors too')
    .option('--jsonl', 'print a list as one JSON value a line')
    .option('--csv', 'print a list as comma-separated values')
    .option('--quiet', 'print ids only')
    .option('--debug', 'add the stack to an error')
    .option('--no-input', 'never ask for anything')
}

/** Flags before environment, environment before files. */
export function commonOptions(command: Command, terminal: Terminal): CommonOptions {
  const { environment, userHome } = terminal
  const given = command.optsWithGlobals<Given>()
  const home = homeOf(given.home, environment, userHome)
  const layers = readConfigLayers(home.configFile, given.config || environment.PURSER_CONFIG)
  const settings = settingsOf({ ...given, output: outputFlag(given) }, environment, layers)
  const output = outputOf(settings.output.value)
  return {
    home,
    homeNamed: given.home,
    database: placed(settings.database.said, databaseField(settings.database)),
    output,
    json: output === 'json' || output === 'jsonl',
    quiet: given.quiet ?? false,
    debug: given.debug ?? false,
    mayAsk: terminal.interactive && given.input !== false,
    settings,
    commands: commandsOf(layers),
  }
}

function outputFlag(given: Given): Output | undefined {
  return (['json', 'jsonl', 'csv'] as const).find((name) => given[name] === true)
}

function outputOf(value: string): Output {
  const output = outputs.find((known) => known === value)
  if (output !== undefined) return output
  throw new PurserError('invalid_request', `PURSER_OUTPUT must be one of ${outputs.join(', ')}, and not "${value}".`, {
    field: 'PURSER_OUTPUT',
  })
}

/** The name under which a wrong address is reported: the flag's, the variable's or the file's. */
function databaseField({ origin }: Setting): string {
  return origin.replace(/^(flag|environment) /, '')
}

/** A file by its full path, so that it is the same one from any folder. */
function placed(database: string | undefined, field: string): string | undefined {
  if (database === undefined) return undefined
  checkAddress(database, field)
  return database === ':memory:' || isPostgres(database) ? database : resolve(database)
}
