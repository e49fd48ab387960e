/** A provider's error, in whatever shape it came, as a PurserError: tables from its words and its status to our kinds. */

import { type ErrorExtras, type ErrorKind, PurserError } from '../core/errors.ts'
import { isObject, type Json, parseJson } from '../core/json.ts'
import type { Fault, Headers } from '../core/wire.ts'

/** Beyond this a client either ignores a wait or hangs through it. */
export const longestWaitSeconds = 30
/** What is kept of a provider's own words. */
const mostText = 512

/** A status whose kind is not the one of its hundred. A refusal of our credential or account is never the caller's fault. */
const byStatus: Readonly<Record<number, ErrorKind>> = {
  401: 'provider_auth',
  402: 'provider_auth',
  403: 'provider_auth',
  404: 'not_found',
  408: 'provider_timeout',
  409: 'provider_overloaded',
  413: 'too_large',
  425: 'provider_overloaded',
  429: 'provider_rate_limited',
  498: 'provider_overloaded',
  504: 'provider_timeout',
  524: 'provider_timeout',
}

/** Words of `type` or `code` that say more than a status, and all there is to go by where an error comes inside a 200. */
const byWord: Readonly<Record<string, ErrorKind>> = {
  context_length_exceeded: 'context_length',
  content_filter: 'content_filtered',
  content_policy_violation: 'content_filtered',
  insufficient_quota: 'provider_auth',
  billing_error: 'provider_auth',
  invalid_api_key: 'provider_auth',
  authentication_error: 'provider_auth',
  permission_error: 'provider_auth',
  model_not_found: 'not_found',
  not_found_error: 'not_found',
  request_too_large: 'too_large',
  rate_limit_error: 'provider_rate_limited',
  rate_limit_exceeded: 'provider_rate_limited',
  overloaded_error: 'provider_overloaded',
  timeout_error: 'provider_timeout',
  api_error: 'provider_overloaded',
  server_error: 'provider_overloaded',
  internal_server_error: 'provider_overloaded',
}

/** How providers word a prompt that is too long, for those that have no code for it. */
const overflow =
  /context[ _](length|window|size|limit)|maximum context|prompt is too long|input is too long|too many (input )?tokens|exceeds? the (maximum|model'?s?) (number of |input )?(tokens|context)/i
const filtered = /content filter|content management policy|blocked by .*polic/i

export function providerError(fault: Fault): PurserError {
  const said = wordsOf(fault)
  const status = fault.status >= 300 ? fault.status : said.status
  const kind = kindOf(status, said)
  const answered = status === undefined ? 'reported an error' : `answered ${status}`
  const text = said.message === '' ? 'without a word of explanation' : said.message
  const wait = waitSeconds(fault.headers)
  const extras: ErrorExtras = {
    upstreamStatus: fault.status,
    ...(said.code === undefined ? {} : { code: said.code }),
    ...(said.field === undefined ? {} : { field: said.field }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
  }
  return new PurserError(kind, `The provider ${answered}: ${text}`, extras)
}

type Words = {
  readonly message: string
  readonly type: string
  readonly code: string | undefined
  readonly field: string | undefined
  readonly status: number | undefined
}

/** `{error: {…}}`, `{error: "…"}`, the fields themselves, or plain text. */
function wordsOf(fault: Fault): Words {
  const text = Buffer.from(fault.body).toString('utf8')
  const body = parseJson(text)
  const error: Json | undefined = isObject(body) ? (body.error ?? body) : undefined
  if (typeof error === 'string') return { message: cut(error), type: '', code: undefined, field: undefined, status: undefined }
  if (!isObject(error)) return { message: cut(text), type: '', code: undefined, field: undefined, status: undefined }
  const message = [error.message, error.detail, error.msg].find((part) => typeof part === 'string')
  return {
    message: cut(typeof message === 'string' ? message : ''),
    type: typeof error.type === 'string' ? error.type : '',
    code: typeof error.code === 'string' && /^[\w.-]{1,64}$/.test(error.code) ? error.code : undefined,
    field: typeof error.param === 'string' ? cut(error.param) : undefined,
    status: typeof error.code === 'number' && error.code >= 400 && error.code < 600 ? error.code : undefined,
  }
}

function kindOf(status: number | undefined, said: Words): ErrorKind {
  const word = byWord[said.code ?? ''] ?? byWord[said.type]
  if (status === undefined) return word ?? 'provider_overloaded'
  if (status === 429) return word === 'provider_auth' ? word : 'provider_rate_limited'
  if (status === 400 || status === 413 || status === 422) {
    if (word === 'context_length' || overflow.test(said.message)) return 'context_length'
    if (word === 'content_filtered' || filtered.test(said.message)) return 'content_filtered'
    if (word === 'provider_auth') return word
  }
  if (status in byStatus) return byStatus[status]!
  if (status < 400) return 'provider_malformed'
  return status < 500 ? 'invalid_request' : 'provider_overloaded'
}

/** The wait that the provider asks for, in seconds, capped. A date is not read: it would need a clock. */
function waitSeconds(headers: Headers): number | undefined {
  const milliseconds = headers['retry-after-ms']
  const seconds = milliseconds === undefined ? Number(headers['retry-after'] ?? Number.NaN) : Number(milliseconds) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, longestWaitSeconds) : undefined
}

function cut(text: string): string {
  return Buffer.byteLength(text) <= mostText
    ? text
    : `${Buffer.from(text)
        .subarray(0, mostText)
        .toString('utf8')
        .replace(/\ufffd+$/, '')} …`
}
