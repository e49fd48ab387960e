/** Errors of messages, read from a provider and written for a caller. */

import type { PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Fault } from '../../core/wire.ts'
import { errorHeaders, explanation, jsonAnswer } from '../answers.ts'
import type { Dialect } from '../dialect.ts'
import { providerError } from '../faults.ts'

export function decodeError(fault: Fault, dialect: Dialect): PurserError {
  return providerError(fault, dialect.errors)
}

/** The type of each status that is not the type of its hundred. */
const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

export function encodeError(error: PurserError, requestId: string): Fault {
  return jsonAnswer(error.status, errorBody(error, requestId), errorHeaders(error, requestId))
}

export function errorBody(error: PurserError, requestId: string): JsonObject {
  const type = types[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error')
  return { type: 'error', error: { type, message: explanation(error) }, request_id: requestId }
}
