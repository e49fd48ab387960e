/** A caller's chat completion as a call. */

import type { Call, Effort, OutputShape, Reasoning, Warn } from '../../core/call.ts'
import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { WireRequest } from '../../core/wire.ts'
import { efforts } from '../dialect.ts'
import { flagIn, numberIn, objectIn, type Reading, refusedRequest, requestBody, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { decodeMessages } from './decode-messages.ts'
import { decodeChoice, decodeTools } from './decode-tools.ts'
import { idle, refused, requestMembers, unsayable } from './words.ts'

export function decodeRequest(request: WireRequest, heard: Warn): Call {
  const body = requestBody(request)
  const warn = once(heard)
  const reading: Reading = { refuse: refusedRequest, warn }
  warnOfTheRest(body, warn)
  const tools = decodeTools(body, reading)
  const stream = flagIn(body, 'stream', '', reading) ?? false
  const options = objectIn(body, 'stream_options', '', reading)
  if (options) warnOfStrangers(options, streamOptions, 'stream_options', warn)
  return present({
    messages: decodeMessages(body, reading),
    tools: tools.length === 0 ? undefined : tools,
    toolChoice: decodeChoice(body, tools.length > 0, reading),
    parallelTools: flagIn(body, 'parallel_tool_calls', '', reading),
    maxTokens: capOf(body, reading),
    temperature: numberIn(body, 'temperature', '', reading),
    topP: numberIn(body, 'top_p', '', reading),
    topK: numberIn(body, 'top_k', '', reading),
    stop: stopsOf(body, reading),
    seed: numberIn(body, 'seed', '', reading),
    frequencyPenalty: numberIn(body, 'frequency_penalty', '', reading),
    presencePenalty: numberIn(body, 'presence_penalty', '', reading),
    reasoning: reasoningOf(body, reading),
    output: outputOf(body, reading),
    user: userOf(body, reading),
    metadata: metadataOf(body, reading),
    serviceTier: textIn(body, 'service_tier', '', reading),
    stream,
    streamUsage: stream && options?.include_usage === true,
  })
}

const streamOptions: ReadonlySet<string> = new Set(['include_usage', 'include_obfuscation'])

function warnOfTheRest(body: JsonObject, warn: Warn): void {
  for (const [name, value] of Object.entries(body)) {
    if (requestMembers.has(name) || value === null || (Object.hasOwn(idle, name) && idle[name]!(value))) continue
    if (Object.hasOwn(refused, name)) throw new PurserError('unsupported', `The field "${name}" ${refused[name]}.`, { field: name })
    warn({ field: name, reason: Object.hasOwn(unsayable, name) ? unsayable[name]! : 'unknown field' })
  }
}

/** The newer name counts where both are set. */
function capOf(body: JsonObject, reading: Reading): number | undefined {
  const newer = numberIn(body, 'max_completion_tokens', '', reading)
  const older = numberIn(body, 'max_tokens', '', reading)
  if (newer !== undefined && older !== undefined && newer !== older)
    reading.warn({ field: 'max_tokens', reason: 'max_completion_tokens counts beside it' })
  return newer ?? older
}

function stopsOf(body: JsonObject, reading: Reading): readonly string[] | undefined {
  const { stop } = body
  if (stop === undefined || stop === null) return undefined
  if (typeof stop === 'string') return [stop]
  if (Array.isArray(stop) && stop.every((one: Json) => typeof one === 'string')) return stop as readonly string[]
  throw reading.refuse('stop', 'is neither a text nor a list of texts')
}

/** As published, and as the routers have it that put an object in its place. */
function reasoningOf(body: JsonObject, reading: Reading): Reasoning | undefined {
  const object = objectIn(body, 'reasoning', '', reading)
  if (object) warnOfStrangers(object, reasoningMembers, 'reasoning', reading.warn)
  const enabled = object && flagIn(object, 'enabled', 'reasoning', reading)
  if (enabled === false) return { effort: 'none' }
  const asked = present({
    effort: effortOf(
      textIn(body, 'reasoning_effort', '', reading) ?? (object && textIn(object, 'effort', 'reasoning', reading)),
      reading.warn,
    ),
    budgetTokens: object && numberIn(object, 'max_tokens', 'reasoning', reading),
  })
  if (Object.keys(asked).length > 0) return asked
  return enabled === true ? { adaptive: true } : undefined
}

const reasoningMembers: ReadonlySet<string> = new Set(['effort', 'max_tokens', 'enabled'])

function effortOf(said: string | undefined, warn: Warn): Effort | undefined {
  const effort = efforts.find((known) => known === said)
  if (said !== undefined && effort === undefined) warn({ field: 'reasoning_effort', reason: 'unknown effort' })
  return effort
}

function outputOf(body: JsonObject, reading: Reading): OutputShape | undefined {
  const format = objectIn(body, 'response_format', '', reading)
  const type = format && textIn(format, 'type', 'response_format', reading)
  if (!format || type === 'text') return undefined
  if (type === 'json_object') return { type: 'json' }
  if (type !== 'json_schema') {
    reading.warn({ field: 'response_format.type', reason: 'unknown format' })
    return undefined
  }
  const path = 'response_format.json_schema'
  const shape = objectIn(format, 'json_schema', 'response_format', reading)
  if (!shape) throw reading.refuse(path, 'is missing')
  warnOfStrangers(shape, shapeMembers, path, reading.warn)
  return present({
    type: 'schema' as const,
    name: textIn(shape, 'name', path, reading),
    description: textIn(shape, 'description', path, reading),
    schema: objectIn(shape, 'schema', path, reading) ?? {},
    strict: flagIn(shape, 'strict', path, reading),
  })
}

const shapeMembers: ReadonlySet<string> = new Set(['name', 'description', 'schema', 'strict'])

/** The newer name of the same thing stands in where the older is not set. */
function userOf(body: JsonObject, reading: Reading): string | undefined {
  const user = textIn(body, 'user', '', reading)
  const identifier = textIn(body, 'safety_identifier', '', reading)
  if (user !== undefined && identifier !== undefined) reading.warn({ field: 'safety_identifier', reason: 'user counts beside it' })
  return user ?? identifier
}

function metadataOf(body: JsonObject, reading: Reading): Readonly<Record<string, string>> | undefined {
  const metadata = objectIn(body, 'metadata', '', reading)
  if (!metadata || !isObject(metadata)) return undefined
  const texts = Object.entries(metadata).filter((entry): entry is [string, string] => {
    if (typeof entry[1] === 'string') return true
    reading.warn({ field: `metadata.${entry[0]}`, reason: 'it is no text' })
    return false
  })
  return Object.fromEntries(texts)
}
