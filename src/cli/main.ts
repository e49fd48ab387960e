/** Where the command line starts. */

import { release } from '../control/release.ts'
import { runCli } from './program.ts'
import { processTerminal } from './terminal.ts'

// What Purser writes is for this user alone, wherever it stands: a database that was named may lie in a folder that others read.
process.umask(0o077)

process.exitCode = await runCli(process.argv.slice(2), processTerminal(), release)
