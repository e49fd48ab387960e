/** What destroys something is asked for twice: by typing its name at a terminal, by `--yes` in a script. */

import type { Operation } from '../control/operation.ts'
import { PurserError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { CommonOptions } from './options.ts'
import type { Terminal } from './terminal.ts'

export async function askConsent(
  operation: Operation,
  input: JsonObject,
  yes: boolean,
  options: CommonOptions,
  terminal: Terminal,
): Promise<void> {
  if (operation.effect !== 'destroy' || yes || input.dry_run === true) return
  const name = operation.positional.map((field) => String(input[field] ?? '')).join(' ') || operation.name
  const command = `purser ${operation.name.replace('.', ' ')} ${name}`
  if (options.mayAsk) return terminal.prompts.typed(`${operation.summary}\nType ${name} to go on.`, name)
  throw new PurserError('invalid_request', `"${operation.name.replace('.', ' ')}" is not done without consent: there is nobody to ask.`, {
    field: '--yes',
    hint: `See what it would do with --dry-run, or do it:  ${command} --yes`,
  })
}
