/** Where a command's operation runs: at the address that was named, at the server that lives on this home, or here on the database itself. */

import { liveServer } from '../control/home/server-file.ts'
import { openLocal } from '../control/local.ts'
import { invoke, type Operation, readInput } from '../control/operation.ts'
import { readKek } from '../control/secrets/kek-file.ts'
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
      return await askWithProof(live.admin_url, operation, input, options, terminal)
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

/**
 * The server of this home asks for a proof before it lets a secret go to a new place. Whoever can read the key-encryption key can give
 * it, for the reference that he typed himself and no other.
 */
export async function askWithProof(
  url: string,
  operation: Operation,
  input: JsonObject,
  options: CommonOptions,
  terminal: Terminal,
): Promise<Json> {
  try {
    return await askServer(url, operation, input, options, terminal.environment)
  } catch (error) {
    const wanted = error instanceof PurserError && error.code === 'binding_needed' ? error.details : undefined
    const { reference, origin } = wanted ?? {}
    const typed = typeof reference === 'string' && JSON.stringify(input).includes(JSON.stringify(reference))
    if (!typed || typeof origin !== 'string' || input.binding_proof !== undefined) throw error
    const keys = readKek(options.home.kek)
    if ('missing' in keys) throw error
    const proven = { ...input, binding_proof: keys.current.prove(reference, origin) }
    return askServer(url, operation, proven, options, terminal.environment)
  }
}
