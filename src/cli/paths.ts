/** `purser paths`: where this installation keeps its files. */

import type { Command } from 'commander'
import { withoutPassword } from '../core/database-address.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { commonOptions } from './options.ts'
import type { Terminal } from './terminal.ts'

export function addPathsCommand(program: Command, terminal: Terminal): void {
  program
    .command('paths')
    .description('print where config, data, state and cache stand')
    .addHelpText('after', exitCodesHelp)
    .action((_options: unknown, command: Command) => {
      const { home, database, json } = commonOptions(command, terminal)
      const { configFile, serverFile, adminToken, firstKey, pepper, ...folders } = home
      const paths = {
        ...folders,
        database: withoutPassword(database ?? home.database),
        config_file: configFile,
        server_file: serverFile,
        admin_token: adminToken,
        first_key: firstKey,
        pepper,
      }
      const lines = Object.entries(paths).map(([name, path]) => `${name.padEnd(12)} ${path}`)
      terminal.out(json ? `${JSON.stringify(paths, null, 2)}\n` : `${lines.join('\n')}\n`)
    })
}
