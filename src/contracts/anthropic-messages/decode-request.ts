/** A caller's messages as a call. */

import type { Call, Effort, Message, OutputShape, Reasoning, TextPart, Warn } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import type { WireRequest } from '../../core/wire.ts'
import { efforts } from '../dialect.ts'
import {
  flagIn,
  listIn,
  needed,
  numberIn,
  objectIn,
  type Reading,
  refusedRequest,
  requestBody,
  textIn,
  warnOfStrangers,
} from '../fields.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { textBlocks } from './decode-blocks.ts'
import { decodeMessages } from './decode-messages.ts'
import { decodeChoice, decodeTools, parallelOf } from './decode-tools.ts'
import { requestMembers, unsayable } from './words.ts'

export function decodeRequest(request: WireRequest, heard: Warn): Call {
  const body = requestBody(request)
  const warn = once(heard)
  const reading: Reading = { refuse: refusedRequest, warn }
  for (const [name, value] of Object.entries(body)) {
    if (!requestMembers.has(name) && value !== null)
      warn({ field: name, reason: Object.hasOwn(unsayable, name) ? unsayable[name]! : 'unknown field' })
  }
  const tools = decodeTools(body, reading)
  const metadata = objectIn(body, 'metadata', '', reading)
  if (metadata) warnOfStrangers(metadata, metadataMembers, 'metadata', warn)
  const config = objectIn(body, 'output_config', '', reading)
  if (config) warnOfStrangers(config, configMembers, 'output_config', warn)
  return present({
    messages: [...systemOf(body, reading), ...decodeMessages(body, reading)],
    tools: tools.length === 0 ? undefined : tools,
    toolChoice: decodeChoice(body, tools.length > 0, reading),
    parallelTools: parallelOf(body, reading),
    maxTokens: numberIn(body, 'max_tokens', '', reading),
    temperature: numberIn(body, 'temperature', '', reading),
    topP: numberIn(body, 'top_p', '', reading),
    topK: numberIn(body, 'top_k', '', reading),
    stop: stopsOf(body, reading),
    reasoning: reasoningOf(body, config, reading),
    output: outputOf(body, config, reading),
    user: metadata && textIn(metadata, 'user_id', 'metadata', reading),
    serviceTier: textIn(body, 'service_tier', '', reading),
    stream: flagIn(body, 'stream', '', reading) ?? false,
    /** A stream of this contract always tells its usage. */
    streamUsage: true,
  })
}

const metadataMembers: ReadonlySet<string> = new Set(['user_id'])
const configMembers: ReadonlySet<string> = new Set(['effort', 'format'])
const thinkingMembers: ReadonlySet<string> = new Set(['type', 'budget_tokens'])
const formatMembers: ReadonlySet<string> = new Set(['type', 'schema'])

/** A line that one client sends to its own provider in the place of a header: it changes with each of its versions. */
const clientHeader = /^x-anthropic-billing-header:/

function systemOf(body: JsonObject, reading: Reading): readonly Message[] {
  const said = textBlocks(body, 'system', '', reading)
  const parts = said.filter((part: TextPart) => !clientHeader.test(part.text))
  if (parts.length < said.length) reading.warn({ field: 'system', reason: 'a line that is meant for its own provider was left out' })
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

function stopsOf(body: JsonObject, reading: Reading): readonly string[] | undefined {
  const stops = listIn(body, 'stop_sequences', '', reading)
  if (stops === undefined || stops.length === 0) return undefined
  if (stops.every((one) => typeof one === 'string')) return stops as readonly string[]
  throw reading.refuse('stop_sequences', 'is no list of texts')
}

function reasoningOf(body: JsonObject, config: JsonObject | undefined, reading: Reading): Reasoning | undefined {
  const thinking = objectIn(body, 'thinking', '', reading)
  if (thinking) warnOfStrangers(thinking, thinkingMembers, 'thinking', reading.warn)
  const type = thinking && textIn(thinking, 'type', 'thinking', reading)
  const effort = effortOf(config && textIn(config, 'effort', 'output_config', reading), reading.warn)
  if (type === 'disabled') {
    if (effort !== undefined) reading.warn({ field: 'output_config.effort', reason: 'thinking is disabled beside it' })
    return { effort: 'none' }
  }
  if (type !== undefined && type !== 'enabled' && type !== 'adaptive')
    reading.warn({ field: 'thinking.type', reason: 'unknown kind of thinking' })
  const asked: Reasoning = present({
    effort,
    budgetTokens:
      type === 'enabled'
        ? needed(numberIn(thinking!, 'budget_tokens', 'thinking', reading), 'budget_tokens', 'thinking', reading)
        : undefined,
    adaptive: type === 'adaptive' ? (true as const) : undefined,
  })
  return Object.keys(asked).length === 0 ? undefined : asked
}

function effortOf(said: string | undefined, warn: Warn): Effort | undefined {
  const effort = efforts.find((known) => known === said)
  if (said !== undefined && effort === undefined) warn({ field: 'output_config.effort', reason: 'unknown effort' })
  return effort
}

/** Its older place is the top level. */
function outputOf(body: JsonObject, config: JsonObject | undefined, reading: Reading): OutputShape | undefined {
  const newer = config && objectIn(config, 'format', 'output_config', reading)
  const format = newer ?? objectIn(body, 'output_format', '', reading)
  if (!format) return undefined
  const path = newer ? 'output_config.format' : 'output_format'
  warnOfStrangers(format, formatMembers, path, reading.warn)
  if (format.type === 'json_schema')
    return { type: 'schema', schema: needed(objectIn(format, 'schema', path, reading), 'schema', path, reading) }
  reading.warn({ field: `${path}.type`, reason: 'unknown format' })
  return undefined
}
