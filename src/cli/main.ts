/** Where the command line starts. */

import { release } from '../control/release.ts'
import { runCli } from './program.ts'
import { processTerminal } from './terminal.ts'

// What Purser writes is for this user alone, wherever it stands: a database that was named may lie in a folder that others read.
process.umask(0o077)

// Whoever reads may stop reading, as `head` does. There is nothing to report, and nobody to report it to.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), release)
