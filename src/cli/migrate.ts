/** `purser migrate`: the schema up, down, planned or checked. Offline: it takes the database's lock. */

import type { Command } from 'commander'
import { makeHome } from '../control/home.ts'
import { type MigrationAnswer, migrateDatabase, planMigration, validateDatabase } from '../control/migrate-database.ts'
import { liveServer } from '../control/server-file.ts'
import { PurserError } from '../core/errors.ts'
import { exitCodesHelp } from './help.ts'
import { type CommonOptions, commonOptions } from './options.ts'
import type { Outcome } from './program-outcome.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type Flags = { readonly only?: string; readonly acceptLoss?: readonly string[]; readonly backupTaken?: string }

export function addMigrateCommands(program: Command, terminal: Terminal, outcome: Outcome): void {
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
      const found = await validateDatabase(databaseOf(options))
      print(options, found, found.sentence + (found.command === null ? '' : `\n${found.command}`))
      outcome.exitCode = found.sound ? 0 : 78
    })

  async function run(command: Command, flags: Flags, to: string | undefined): Promise<void> {
    const options = commonOptions(command, terminal)
    refuseBesideServer(options)
    if (options.database === undefined) makeHome(options.home)
    const done = await migrateDatabase(databaseOf(options), {
      ...(to === undefined ? {} : { to }),
      ...(flags.only === undefined ? {} : { only: flags.only }),
      ...(flags.backupTaken === undefined ? {} : { backupTaken: flags.backupTaken }),
      acceptLoss: flags.acceptLoss ?? [],
    })
    print(options, done, summary(done))
  }

  async function show(command: Command, to: string | undefined): Promise<void> {
    const options = commonOptions(command, terminal)
    const plan = await planMigration(databaseOf(options), to === undefined ? {} : { to })
    const columns = [
      { field: 'id', title: 'STEP' },
      { field: 'direction', title: '' },
      { field: 'effect', title: 'EFFECT' },
      { field: 'rows', title: 'ROWS', show: 'right' },
      { field: 'loses', title: 'LOSES' },
    ] as const
    print(options, plan, plan.items.length === 0 ? 'There is nothing to do.' : renderItems(columns, plan.items, terminal))
    outcome.exitCode = plan.items.length === 0 ? 0 : 8
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

/** Said before the lock is tried, so that the pid is right. */
function refuseBesideServer({ home, database }: CommonOptions): void {
  const live = liveServer(home)
  if (live === null || (database !== undefined && database !== live.database)) return
  throw new PurserError('unavailable', `The server with pid ${live.pid} holds this database.`, {
    code: 'lock_busy',
    hint: `Stop it, then run this again:  kill ${live.pid}`,
    details: { pid: live.pid },
  })
}
