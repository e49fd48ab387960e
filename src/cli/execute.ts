/** Where a command's operation runs: at the address that was named, at the server that lives on this home, or here on the database itself. */

import { openLocal } from '../control/local.ts'
import { invoke, type Operation, readInput } from '../control/operation.ts'
import { liveServer } from '../control/server-file.ts'
import { PurserError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { CommonOptions } from './options.ts'
import { askServer } from './remote.ts'
import type { Terminal } from './terminal.ts'

export async function execute(operation: Operation, input: JsonObject, options: CommonOptions, terminal: Terminal): Promise<Json> {
  readInput(operation, input)
  const named = options.settings.admin_url.said
  if (named !== undefined) return askServer(named, operation, input, options, terminal.environment)
  const live = liveServer(options.home, options.database)
  if (live !== null) {
    try {
      return await askServer(live.admin_url, operation, input, options, terminal.environment)
    } catch (error) {
      // The number of a server that was killed may be another process's by now. If it is the server after all, its lock says so.
      if (!(error instanceof PurserError && error.code === 'no_server')) throw error
    }
  }
  const local = await openLocal({
    home: options.home,
    database: options.database ?? options.home.database,
    write: operation.effect !== 'read',
    anySchema: operation.anySchema === true,
  })
  try {
    return (await invoke(operation, local.context, input)) as Json
  } finally {
    await local.close()
  }
}
