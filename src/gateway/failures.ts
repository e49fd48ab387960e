/** What a failed exchange with an upstream means: the outcome in the books and the error for the caller. One table. */

import { type ErrorKind, PurserError } from '../core/errors.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import type { UpstreamFailure } from '../core/ports.ts'
import type { Outcome } from '../ledger/facts.ts'

type Row = { readonly outcome: Outcome; readonly kind: ErrorKind; readonly code: string; readonly says: string }

/** Blocked and unreachable read the same to a caller, so that nobody can map a network through Purser. */
const failures: Readonly<Record<UpstreamFailure['reason'], Row>> = {
  policy: { outcome: 'not_sent', kind: 'provider_overloaded', code: 'unreachable', says: 'cannot be reached' },
  dns: { outcome: 'not_sent', kind: 'provider_overloaded', code: 'unreachable', says: 'cannot be reached' },
  connect: { outcome: 'not_sent', kind: 'provider_overloaded', code: 'unreachable', says: 'cannot be reached' },
  tls: { outcome: 'not_sent', kind: 'provider_overloaded', code: 'unreachable', says: 'cannot be reached' },
  overloaded: {
    outcome: 'not_sent',
    kind: 'unavailable',
    code: 'overloaded',
    says: 'has no free connection within the limits of this Purser',
  },
  reset: { outcome: 'cut', kind: 'provider_malformed', code: 'cut', says: 'broke the connection before its answer was complete' },
  malformed: { outcome: 'cut', kind: 'provider_malformed', code: 'malformed', says: 'sent something that is no valid answer' },
  first_byte_timeout: {
    outcome: 'timed_out',
    kind: 'provider_timeout',
    code: 'first_byte_timeout',
    says: 'did not begin to answer in time',
  },
  idle_timeout: { outcome: 'timed_out', kind: 'provider_timeout', code: 'idle_timeout', says: 'fell silent in the middle of its answer' },
  total_timeout: { outcome: 'timed_out', kind: 'provider_timeout', code: 'total_timeout', says: 'took longer than the total time limit' },
  aborted: { outcome: 'cut', kind: 'internal', code: 'aborted', says: 'was cut off by Purser' },
}

export function failureOf(failure: UpstreamFailure, providerName: string): { readonly outcome: Outcome; readonly error: PurserError } {
  const row = failures[failure.reason]
  const outcome = failure.sent && row.outcome === 'not_sent' ? 'cut' : failure.sent ? row.outcome : 'not_sent'
  return {
    outcome,
    error: new PurserError(row.kind, `The provider "${providerName}" ${row.says}.`, {
      code: row.code,
      cause: failure.cause ?? failure.message,
    }),
  }
}

/** Some providers report a failure inside a plain 200: as an object, or as a sentence. */
export function saysError(payload: JsonObject): boolean {
  return isObject(payload.error) || (typeof payload.error === 'string' && payload.error !== '')
}

export function malformed(provider: string, why: string): PurserError {
  return new PurserError('provider_malformed', `The provider "${provider}" cannot be understood: ${why}.`)
}
