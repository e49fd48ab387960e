/** `purser migrate`: the schema up, down, planned or checked. Offline: it takes the database's lock. */

import type { Command } from 'commander'
import { type MigrationAnswer, migrateDatabase, planMigration, validateDatabase } from '../control/health/migrate-database.ts'
import { makeHome } from '../control/home/home.ts'
import { liveServer } from '../control/home/server-file.ts'
import { PurserError } from '../core/errors.ts'
import { type Ending, exitCodesHelp } from './exit-codes.ts'
import { type CommonOptions, commonOptions } from './options.ts'
import { withProgress } from './progress.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly only?: string; readonly acceptLoss?: readonly string[]; readonly backupTaken?: string }

export function addMigrateCommands(program: Command, terminal: Terminal, ending: Ending): void {
  const group = program
    .command('migrate')
    .description('bring the database schema up to this release, or back')
    .addHelpText('after', exitCodesHelp)
  group
    .command('up', { isDefault: true, hidden: true })
    .option('--only <id>', 'run this one step, which must be the next')
    .action((flags: Flags, command: Command) => run(command, flags, undefined))
  group
    .command('to <id>')
    .description('undo every step above <id>, or apply up to it; "none" undoes all')
    .option('--accept-loss <id>', 'accept what undoing this step loses', (id: string, before: readonly string[] = []) => [...before, id])
    .option('--backup-taken <where>', 'Postgres: where the backup is that you took')
    .action((id: string, flags: Flags, command: Command) => run(command, flags, id))
  const planned = group.command('plan').description('show what would be done, and write nothing (exit 8 if there is something)')
  planned.command('up', { isDefault: true, hidden: true }).action((_flags: unknown, command: Command) => show(command, undefined))
  planned
    .command('to <id>')
    .description('what going to <id> would do')
    .action((id: string, _flags: unknown, command: Command) => show(command, id))
  group
    .command('validate')
    .description('compare the database with what this release expects')
    .action(async (_flags: unknown, command: Command) => {
      const options = commonOptions(command, terminal)
      const found = await besideServer(options, (waitMs) => validateDatabase(databaseOf(options), waitMs))
      print(options, found, found.sentence + (found.command === null ? '' : `\n${found.command}`))
      ending.exitCode = found.sound ? 0 : 78
    })

  async function run(command: Command, flags: Flags, to: string | undefined): Promise<void> {
    const options = commonOptions(command, terminal)
    if (options.database === undefined) makeHome(options.home)
    const consents = {
      ...(to === undefined ? {} : { to }),
      ...(flags.only === undefined ? {} : { only: flags.only }),
      ...(flags.backupTaken === undefined ? {} : { backupTaken: flags.backupTaken }),
      acceptLoss: flags.acceptLoss ?? [],
    }
    const done = await withProgress(terminal, 'waiting for the database', (tell) =>
      besideServer(options, (waitMs) => migrateDatabase(databaseOf(options), consents, waitMs, tell)),
    )
    print(options, done, summary(done))
  }

  async function show(command: Command, to: string | undefined): Promise<void> {
    const options = commonOptions(command, terminal)
    const plan = await besideServer(options, (waitMs) => planMigration(databaseOf(options), to === undefined ? {} : { to }, waitMs))
    const columns = [
      { field: 'id', title: 'STEP' },
      { field: 'direction', title: '' },
      { field: 'effect', title: 'EFFECT' },
      { field: 'rows', title: 'ROWS', show: 'right' },
      { field: 'loses', title: 'LOSES' },
    ] as const
    print(options, plan, plan.items.length === 0 ? 'There is nothing to do.' : renderItems(columns, plan.items, terminal))
    ending.exitCode = plan.items.length === 0 ? 0 : 8
  }

  function print(options: CommonOptions, answer: object, text: string): void {
    terminal.out(options.json ? `${JSON.stringify(answer, null, 2)}\n` : `${text}\n`)
  }
}

function databaseOf(options: CommonOptions): string {
  return options.database ?? options.home.database
}

function summary({ direction, ids, backup }: MigrationAnswer): string {
  if (ids.length === 0) return 'The schema stands there already.'
  const said = `${direction === 'up' ? 'Applied' : 'Undone'}: ${ids.join(', ')}`
  return backup === null ? said : `${said}\nThe database as it was before: ${backup}`
}

/** How long another command that is at the database is waited for. A server would not end by itself. */
const commandWaitMs = 10_000

/** Runs with the wait that fits. Only the lock says that a server holds the database; the file of this home says which, so it can be named. */
async function besideServer<T>({ home, database }: CommonOptions, run: (waitMs: number) => Promise<T>): Promise<T> {
  const live = liveServer(home, database)
  try {
    return await run(live === null ? commandWaitMs : 0)
  } catch (error) {
    if (live === null || !(error instanceof PurserError && error.code === 'lock_busy')) throw error
    throw new PurserError('unavailable', `The server with pid ${live.pid} holds this database.`, {
      code: 'lock_busy',
      hint: `Stop it, then run this again:  kill ${live.pid}`,
      details: { pid: live.pid },
      cause: error,
    })
  }
}
