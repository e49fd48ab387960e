/** `purser serve`: starts the server, prints where it is, and stops it well when asked to. */

import type { Command } from 'commander'
import { liveServer } from '../control/home/server-file.ts'
import { withoutPassword } from '../core/database-address.ts'
import { PurserError } from '../core/errors.ts'
import { type RunningServer, startServer } from '../server.ts'
import { type Ending, exitCodesHelp } from './exit-codes.ts'
import { type Served, servedLines } from './first-run.ts'
import { commandOf } from './how-to-start.ts'
import { createLog } from './log.ts'
import { type CommonOptions, commonOptions } from './options.ts'
import { withProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

const usualPort = 7878
const usualAdminPort = 7879

/** Those that are no setting: a configuration file does not say them. */
type Flags = {
  readonly migrate?: boolean
  readonly allowPlainHttp?: boolean
  readonly acceptFilesystem?: boolean
}

export function addServeCommand(program: Command, terminal: Terminal, ending: Ending): void {
  program
    .command('serve')
    .description('start the server: inference on one port, the admin API on the next')
    .option('--host <address>', 'the address to listen on (PURSER_HOST) [127.0.0.1]')
    .option('--port <port>', `the port for inference (PURSER_PORT) [${usualPort}, or the next free one]`)
    .option('--admin-port <port>', `the port for the admin API (PURSER_ADMIN_PORT) [${usualAdminPort}, or the next free one]`)
    .option('--migrate', 'Postgres: bring the schema up to this release first (SQLite: always done)')
    .option('--allow-plain-http', 'listen beyond this machine without TLS in front')
    .option(
      '--allow-host <name>',
      'a further name by which callers reach it, as a Host header has it; may be repeated (PURSER_ALLOWED_HOSTS)',
      namesOf,
    )
    .option('--accept-filesystem', 'take a database on a file system in user space')
    .addHelpText('before', 'Example:\n  purser serve --port 7878\n')
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: Flags, command: Command) => {
      ending.exitCode = await serve(flags, commonOptions(command, terminal), terminal)
    })
}

async function serve(flags: Flags, options: CommonOptions, terminal: Terminal): Promise<number> {
  const { settings } = options
  const port = portOf('--port', settings.port.said)
  const adminPort = portOf('--admin-port', settings.admin_port.said)
  const database = options.database ?? options.home.database
  const ended = Promise.withResolvers<number>()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => ended.resolve(0))
  const starting = startServer({
    home: options.home,
    host: settings.host.value,
    port: port ?? usualPort,
    adminPort: adminPort ?? usualAdminPort,
    portsAsked: { port: port !== undefined, adminPort: adminPort !== undefined },
    database,
    migrate: flags.migrate ?? false,
    allowPlainHttp: flags.allowPlainHttp ?? false,
    allowHosts: namesOf(settings.allowed_hosts.said ?? ''),
    acceptFilesystem: flags.acceptFilesystem ?? false,
    commands: options.commands,
    log: createLog(settings.log_level.value),
    onFatal: (error, exitCode) => {
      terminal.err(`Purser stops: ${error.message}\n`)
      ended.resolve(exitCode)
    },
  })
  const server = await withProgress(terminal, 'starting', () =>
    starting.catch((error) => Promise.reject(nameTheServer(error, options, database))),
  )
  const served = factsOf(server, options, database, port)
  terminal.out(options.json ? `${JSON.stringify(served)}\n` : `${servedLines(served).join('\n')}\n`)
  const exitCode = await ended.promise
  // Once more asks to leave at once; after a fatal error there is nothing left to wait for.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(130))
  if (exitCode !== 0) process.exit(exitCode)
  terminal.err('Purser is stopping: running calls may end.\n')
  await server.close()
  return exitCode
}

function factsOf(server: RunningServer, options: CommonOptions, database: string, port: number | undefined): Served {
  const { started } = server
  return {
    inferenceUrl: server.inferenceUrl,
    adminUrl: server.adminUrl,
    database: withoutPassword(database),
    home: options.home,
    credentialsFound: started.credentialsFound,
    mintedKeys: started.mintedKeys,
    migrated: started.migrated,
    orphans: started.orphans,
    quarantined: started.quarantined,
    conflicts: started.seeded.conflicts,
    manifest: started.seeded.manifest,
    portMoved: port === undefined && Number(new URL(server.inferenceUrl).port) !== usualPort,
    command: commandOf(options),
  }
}

/** Names as a flag or the environment has them, after those of the flags before. */
function namesOf(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ]
}

/** 0 takes any free port. */
function portOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new PurserError('invalid_request', `${flag} must be a port, 0 to 65535, and not "${text}".`, { field: flag })
}

/** The lock alone says that another process has this database; who that is and where it answers stands in `server.json`. */
function nameTheServer(error: unknown, { home }: CommonOptions, database: string): unknown {
  const live = error instanceof PurserError && error.code === 'lock_busy' ? liveServer(home, database) : null
  if (live === null || live.pid === process.pid) return error
  return new PurserError('unavailable', `Purser already serves this home, as process ${live.pid}. It answers at ${live.inference_url}.`, {
    code: 'lock_busy',
    hint: `Stop it first:  kill ${live.pid}`,
    details: { pid: live.pid },
    cause: error,
  })
}
