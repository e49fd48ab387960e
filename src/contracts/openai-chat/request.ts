/** Requests for chat completions: which paths reach them, and how one is aimed at another model with its bytes kept. */

import { isObject, type Json } from '../../core/json.ts'
import { memberOf, memberValue, scan } from '../../core/scan.ts'
import type { WireRequest } from '../../core/wire.ts'
import type { Defaults, Endpoint, Retargeted } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { type Edit, edited, insertMembers, replaceMember } from '../edits.ts'
import { forwardedHeaders } from '../headers.ts'
import { spelledParams } from '../profile-words.ts'
import { filledIn, renamed } from '../spelling.ts'

const generate: Endpoint = { id: 'generate', billable: true }
const listModels: Endpoint = { id: 'listModels', billable: false }
export const endpoints: readonly Endpoint[] = [generate, listModels]

const reached: Readonly<Record<string, Endpoint>> = {
  'POST /v1/chat/completions': generate,
  'POST /chat/completions': generate,
  'GET /v1/models': listModels,
  'GET /models': listModels,
}

export function match(method: string, path: string): Endpoint | undefined {
  return reached[`${method} ${path}`]
}

/** A base URL of this format ends with its version. No query of a caller's is a provider's business. */
export const generatePath = '/chat/completions'
const forwarded = ['accept', 'openai-beta'] as const

/** A caller who sets either has set his cap. */
const caps = ['max_tokens', 'max_completion_tokens'] as const
/** Not for a profile's parameters to say: the first three are the caller's, and the last goes with the second. */
const reserved: ReadonlySet<string> = new Set(['model', 'stream', 'messages', 'stream_options'])

export function retarget(request: WireRequest, set: { readonly model: string; readonly defaults: Defaults }, dialect: Dialect): Retargeted {
  const { body, scan: scanned } = request
  const asking = memberValue(body, scanned, 'stream') === true ? usageEdits(request) : []
  const edits = [
    ...replaceMember(scanned, 'model', set.model),
    ...renamed(scanned, dialect),
    ...systemEdits(request, set.defaults.systemPrompt, dialect),
    ...insertMembers(scanned, filledIn(fill(request, set.defaults, dialect), scanned, dialect)),
    ...asking,
  ]
  return {
    method: 'POST',
    path: dialect.paths.generate ?? generatePath,
    headers: forwardedHeaders(request.headers, forwarded, dialect),
    body: edited(body, edits),
    askedForUsage: asking.length > 0,
  }
}

/** The profile's parameters that the caller left unset. */
function fill(request: WireRequest, defaults: Defaults, dialect: Dialect): Record<string, Json> {
  const capped = caps.some((name) => memberOf(request.scan, name) !== undefined)
  const asked = caps.map((name) => memberValue(request.body, request.scan, name)).find((value) => value !== undefined)
  const decided = capped || defaults.maxTokens !== undefined
  const cap = typeof asked === 'number' ? asked : defaults.maxTokens
  const params = Object.entries(spelledParams(defaults.params ?? {}, { scan: request.scan, dialect, cap, has: 'verbosity' })).filter(
    ([name]) => !reserved.has(name) && !(decided && caps.some((cap) => cap === name)),
  )
  return {
    ...Object.fromEntries(params),
    ...(defaults.temperature === undefined ? {} : { temperature: defaults.temperature }),
    ...(capped || defaults.maxTokens === undefined ? {} : { [dialect.outputCap]: defaults.maxTokens }),
  }
}

/** The system prompt as the first message, unless the conversation has a message of that kind. */
function systemEdits(request: WireRequest, systemPrompt: string | undefined, dialect: Dialect): Edit[] {
  if (systemPrompt === undefined) return []
  const member = memberOf(request.scan, 'messages')
  const messages = memberValue(request.body, request.scan, 'messages')
  if (!member || !Array.isArray(messages) || messages.some(instructs)) return []
  const message = JSON.stringify({ role: dialect.systemRole, content: systemPrompt })
  const start = member.valueStart + 1
  return [{ start, end: start, text: messages.length === 0 ? message : `${message},` }]
}

function instructs(message: Json): boolean {
  return isObject(message) && (message.role === 'system' || message.role === 'developer')
}

/** Asks for the usage frame where the caller did not. What is no object or no boolean is left for the provider to refuse. */
function usageEdits(request: WireRequest): Edit[] {
  const asked = { include_usage: true }
  const member = memberOf(request.scan, 'stream_options')
  if (!member) return insertMembers(request.scan, { stream_options: asked })
  const options = memberValue(request.body, request.scan, 'stream_options')
  if (options === null) return replaceMember(request.scan, 'stream_options', asked)
  if (!isObject(options)) return []
  const inner = scan(request.body.subarray(member.valueStart, member.valueEnd))
  const refused = options.include_usage === false || options.include_usage === null
  const edits = refused ? replaceMember(inner, 'include_usage', true) : insertMembers(inner, asked)
  return edits.map((edit) => ({ ...edit, start: edit.start + member.valueStart, end: edit.end + member.valueStart }))
}
