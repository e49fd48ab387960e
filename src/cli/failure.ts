/** How a command fails: at most three lines (what, why, the next command), an exit code that says which kind, the same as JSON. */

import { showFailure } from '../control/failure.ts'
import { asPurserError, type ErrorKind, type PurserError } from '../core/errors.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const byKind: Readonly<Record<ErrorKind, number>> = {
  invalid_request: 2,
  unsupported: 2,
  too_large: 2,
  context_length: 2,
  content_filtered: 2,
  not_found: 3,
  unauthenticated: 4,
  forbidden: 4,
  conflict: 5,
  provider_auth: 6,
  provider_malformed: 6,
  provider_rate_limited: 6,
  provider_overloaded: 6,
  provider_timeout: 6,
  budget_exhausted: 7,
  rate_limited: 7,
  canceled: 130,
  internal: 1,
  unavailable: 1,
}

/** Finer words that have an exit code of their own. */
const byCode: Readonly<Record<string, number>> = {
  decision_needed: 8,
  consent_needed: 8,
  no_server: 69,
  disk_full: 74,
  store_io: 74,
  store_corrupt: 74,
  store_down: 74,
  store_refused: 78,
  store_failed: 74,
  store_readonly: 74,
  store_cannot_open: 74,
  backup_failed: 74,
  lock_busy: 75,
  lock_lost: 75,
  store_busy: 75,
  schema_moved: 75,
  bad_config: 78,
  open_bind: 78,
  unsafe_file: 78,
  filesystem: 78,
  store_too_old: 78,
  schema_pending: 78,
  schema_failed: 78,
  schema_newer: 78,
  schema_branch: 78,
  schema_edited: 78,
  schema_drift: 78,
  schema_foreign: 78,
  schema_irreversible: 78,
}

export function exitCodeOf(error: PurserError): number {
  const own = error.code === undefined ? undefined : byCode[error.code]
  return own ?? byKind[error.kind]
}

export type FailureStyle = { readonly json: boolean; readonly debug: boolean }

/** Prints the failure and answers with its exit code. */
export function printFailure(thrown: unknown, terminal: Terminal, style: FailureStyle): number {
  const error = named(asPurserError(thrown), thrown)
  const requestId = typeof error.details?.requestId === 'string' ? error.details.requestId : null
  if (style.json) terminal.out(`${JSON.stringify(showFailure(error, requestId), null, 2)}\n`)
  else terminal.err(`${threeLines(error, requestId).map(printable).join('\n')}\n`)
  if (style.debug) terminal.err(`${stackOf(thrown)}\n`)
  return exitCodeOf(error)
}

/** The failure in at most three lines, for a command that goes on. */
export function failureLines(thrown: unknown): readonly string[] {
  const error = named(asPurserError(thrown), thrown)
  return threeLines(error, typeof error.details?.requestId === 'string' ? error.details.requestId : null).map(printable)
}

/** The first sentence says what, the rest why, the hint what to do next. */
function threeLines(error: PurserError, requestId: string | null): readonly string[] {
  const [what, ...why] = error.message.split(/(?<=[.?!…])\s+(?=[A-Z"'–-])/)
  const because = [...why, ...(requestId === null ? [] : [`(request ${requestId})`])].join(' ')
  return [what!, because, error.hint ?? ''].filter((line) => line !== '')
}

/** A stranger's error has a cause that the person at this terminal may see: there is no log to look into. */
function named(error: PurserError, thrown: unknown): PurserError {
  if (error === thrown || !(thrown instanceof Error)) return error
  error.message = `Purser failed: ${thrown.message}`
  return error
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause instanceof Error ? `\ncaused by ${stackOf(thrown.cause)}` : ''
  return `${thrown.stack ?? thrown.message}${cause}`
}
