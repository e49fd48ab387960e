/** Errors of chat completions, read from a provider and written for a caller. */

import type { ErrorKind, PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Fault } from '../../core/wire.ts'
import { errorHeaders, explanation, jsonAnswer } from '../answers.ts'
import type { Dialect } from '../dialect.ts'
import { providerError } from '../faults.ts'

export function decodeError(fault: Fault, dialect: Dialect): PurserError {
  return providerError(fault, dialect.errors)
}

/** The type of each kind that is not the type of its hundred. */
const types: Partial<Record<ErrorKind, string>> = {
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  budget_exhausted: 'billing_error',
  rate_limited: 'rate_limit_error',
  provider_rate_limited: 'rate_limit_error',
}

/** Codes that clients of this format know by heart. Every other kind goes by its own finer word, or by its name. */
const codes: Partial<Record<ErrorKind, string>> = {
  context_length: 'context_length_exceeded',
  content_filtered: 'content_filter',
  unauthenticated: 'invalid_api_key',
  budget_exhausted: 'insufficient_quota',
  rate_limited: 'rate_limit_exceeded',
  provider_rate_limited: 'rate_limit_exceeded',
}

export function encodeError(error: PurserError, requestId: string): Fault {
  return jsonAnswer(error.status, errorBody(error), errorHeaders(error, requestId))
}

export function errorBody(error: PurserError): JsonObject {
  const type = types[error.kind] ?? (error.status < 500 ? 'invalid_request_error' : 'server_error')
  return { error: { message: explanation(error), type, param: error.field ?? null, code: codes[error.kind] ?? error.code ?? error.kind } }
}
