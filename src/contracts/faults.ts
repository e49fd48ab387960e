/** A provider's error, in whatever shape it came, as a PurserError: tables from its words and its status to our kinds. */

import { type ErrorExtras, type ErrorKind, PurserError } from '../core/errors.ts'
import { at, isObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import type { Fault, Headers } from '../core/wire.ts'
import type { Dialect } from './dialect.ts'

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

type ErrorPaths = Dialect['errors']

/** Where the two contracts here, and most who speak them, say what went wrong. The first that is a text counts. */
export const publishedErrors: ErrorPaths = {
  message: ['error.message', 'error.detail', 'error.msg', 'error', 'message', 'detail', 'msg'],
  type: ['error.type', 'type'],
  code: ['error.code', 'code'],
}

export function providerError(fault: Fault, paths: ErrorPaths = publishedErrors): PurserError {
  const said = wordsOf(fault, paths)
  const status = fault.status >= 300 ? fault.status : said.status
  const kind = isProxy(fault) ? 'provider_malformed' : kindOf(status, said)
  const answered = status === undefined ? 'reported an error' : `answered ${status}`
  const text = isProxy(fault) ? proxy : said.message === '' ? 'without a word of explanation' : said.message
  const wait = waitSeconds(fault.headers)
  const extras: ErrorExtras = {
    upstreamStatus: fault.status,
    ...(said.code === undefined ? {} : { code: said.code }),
    ...(said.field === undefined ? {} : { field: said.field }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
  }
  return new PurserError(kind, `The provider ${answered}: ${text}`, extras)
}

const proxy = 'without a body, so it is most likely a proxy on the way that refused, and not the provider. Check the base_url.'

/** A provider says what it refuses. Who says nothing at all knows neither its models nor its keys. */
function isProxy({ status, body }: Fault): boolean {
  return (status === 403 || status === 404) && body.length === 0
}

type Words = {
  readonly message: string
  readonly type: string
  readonly code: string | undefined
  readonly field: string | undefined
  readonly status: number | undefined
}

/** What the body says at the dialect's paths; the body itself where it is no JSON object. */
function wordsOf(fault: Fault, paths: ErrorPaths): Words {
  const text = Buffer.from(fault.body).toString('utf8')
  const body = parseJson(text)
  if (!isObject(body)) return { message: cut(text), type: '', code: undefined, field: undefined, status: undefined }
  const code = firstOf(body, paths.code, (value) => typeof value === 'number' || (typeof value === 'string' && value !== ''))
  const message = firstText(body, paths.message)
  const param = firstText(body, ['error.param', 'param'])
  return {
    message: cut(message ?? ''),
    type: firstText(body, paths.type) ?? '',
    code: typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : undefined,
    field: param === undefined ? undefined : cut(param),
    status: typeof code === 'number' && code >= 400 && code < 600 ? code : undefined,
  }
}

function firstText(body: JsonObject, paths: readonly string[]): string | undefined {
  return firstOf(body, paths, (value) => typeof value === 'string' && value !== '') as string | undefined
}

function firstOf(body: JsonObject, paths: readonly string[], fits: (value: Json | undefined) => boolean): Json | undefined {
  return paths.map((path) => at(body, path)).find(fits)
}

/** A provider's word may be any, `constructor` too. */
function kindOfWord(word: string): ErrorKind | undefined {
  return Object.hasOwn(byWord, word) ? byWord[word] : undefined
}

function kindOf(status: number | undefined, said: Words): ErrorKind {
  const word = kindOfWord(said.code ?? '') ?? kindOfWord(said.type)
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
