/** The envelope of Purser's own answers: status and headers, alike in every contract. Each contract adds the body in its own shape. */

import { errorKinds, type PurserError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Fault, Headers } from '../core/wire.ts'
import { longestWaitSeconds } from './faults.ts'

/** What only an operator can mend: another try would hear the same. */
const lasting = new Set(['no_usable_connection', 'contract_not_callable', 'dialect_unreadable', 'secret_unavailable'])

export function jsonAnswer(status: number, body: Json, headers: Headers = {}): Fault {
  const bytes = Buffer.from(JSON.stringify(body))
  return { status, headers: { 'content-type': 'application/json', 'content-length': String(bytes.length), ...headers }, body: bytes }
}

/** Both names of the request id, the wait where one is known, and a word to stop where another try is of no use. */
export function errorHeaders(error: PurserError, requestId: string): Headers {
  const wait = error.retryAfter === undefined ? undefined : Math.min(error.retryAfter, longestWaitSeconds)
  return {
    'x-request-id': requestId,
    'request-id': requestId,
    ...(wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait)), 'retry-after-ms': String(Math.round(wait * 1000)) }),
    ...(errorKinds[error.kind].retry && !lasting.has(error.code ?? '') ? {} : { 'x-should-retry': 'false' }),
  }
}

/** The whole explanation: most tools print the message and nothing else. */
export function explanation(error: PurserError): string {
  if (error.told !== undefined) return error.told
  return error.hint === undefined ? error.message : `${error.message} ${error.hint}`
}
