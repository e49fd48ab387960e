/** Requests for messages: which paths reach them, and how one is aimed at another model with its bytes kept. */

import { isObject, type Json } from '../../core/json.ts'
import { memberOf, memberValue } from '../../core/scan.ts'
import type { WireRequest } from '../../core/wire.ts'
import type { Defaults, Endpoint, Retargeted } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { edited, insertMembers, replaceMember } from '../edits.ts'
import { forwardedHeaders } from '../headers.ts'
import { spelledParams } from '../profile-words.ts'
import { filledIn, renamed } from '../spelling.ts'

const generate: Endpoint = { id: 'generate', billable: true }
const countTokens: Endpoint = { id: 'countTokens', billable: false }
const listModels: Endpoint = { id: 'listModels', billable: false }
export const endpoints: readonly Endpoint[] = [generate, countTokens, listModels]

const reached: Readonly<Record<string, Endpoint>> = {
  'POST /v1/messages': generate,
  'POST /messages': generate,
  'POST /v1/messages/count_tokens': countTokens,
  'POST /messages/count_tokens': countTokens,
  'GET /v1/models': listModels,
  'GET /models': listModels,
}

export function match(method: string, path: string): Endpoint | undefined {
  return reached[`${method} ${path}`]
}

/** A base URL of this format ends before its version. */
export const generatePath = '/v1/messages'
const paths = { generate: generatePath, countTokens: '/v1/messages/count_tokens', listModels: '/v1/models' } as const
const forwarded = ['accept', 'anthropic-version', 'anthropic-beta'] as const
/** The format requires a version; this is the one that a caller who names none means. */
export const defaultVersion = { 'anthropic-version': '2023-06-01' } as const
/** Not for a profile's parameters to say: the first three are the caller's, and the prompt has a field of its own. */
const reserved: ReadonlySet<string> = new Set(['model', 'stream', 'messages', 'system'])

export function retarget(request: WireRequest, set: { readonly model: string; readonly defaults: Defaults }, dialect: Dialect): Retargeted {
  const { body, scan } = request
  const endpoint = match(request.method, request.path) ?? generate
  const filled = {
    ...systemField(request, set.defaults.systemPrompt),
    ...(endpoint === generate ? filledIn(fill(request, set.defaults, dialect), scan, dialect) : {}),
  }
  return {
    method: 'POST',
    path: (dialect.paths[endpoint.id] ?? paths[endpoint.id]) + (request.query.get('beta') === 'true' ? '?beta=true' : ''),
    headers: forwardedHeaders(request.headers, forwarded, dialect, defaultVersion),
    body: edited(body, [...replaceMember(scan, 'model', set.model), ...renamed(scan, dialect), ...insertMembers(scan, filled)]),
    askedForUsage: false,
  }
}

/** The profile's parameters that the caller left unset. Counting tokens takes none of them. */
function fill(request: WireRequest, defaults: Defaults, dialect: Dialect): Record<string, Json> {
  const capped = memberOf(request.scan, dialect.outputCap) !== undefined
  const asked = memberValue(request.body, request.scan, dialect.outputCap)
  const cap = typeof asked === 'number' ? asked : defaults.maxTokens
  const params = Object.entries(spelledParams(defaults.params ?? {}, { scan: request.scan, dialect, cap, has: 'speed' })).filter(
    ([name]) => !reserved.has(name),
  )
  return {
    ...Object.fromEntries(params),
    ...(defaults.temperature === undefined ? {} : { temperature: defaults.temperature }),
    ...(capped || defaults.maxTokens === undefined ? {} : { [dialect.outputCap]: defaults.maxTokens }),
  }
}

/** The system prompt, unless the caller has one: in its field, or as a message of that role. */
function systemField(request: WireRequest, systemPrompt: string | undefined): Record<string, Json> {
  if (systemPrompt === undefined || memberOf(request.scan, 'system')) return {}
  const messages = memberValue(request.body, request.scan, 'messages')
  const instructed = Array.isArray(messages) && messages.some((message: Json) => isObject(message) && message.role === 'system')
  return instructed ? {} : { system: systemPrompt }
}
