/** The conversation of a chat completion: a tool's result is a user message, and everything keeps its order. */

import type { Message, ToolResultPart } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { needed, objectsIn, type Placed, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'
import { answerParts } from './decode-answer.ts'
import { textParts, userParts } from './decode-parts.ts'

export function decodeMessages(body: JsonObject, reading: Reading): readonly Message[] {
  if (body.messages === undefined || body.messages === null) throw reading.refuse('messages', 'is missing')
  return objectsIn(body, 'messages', '', reading).map((placed) => {
    const role = textIn(placed.value, 'role', placed.path, reading)
    if (role !== undefined && Object.hasOwn(roles, role)) return roles[role]!(placed, reading)
    throw reading.refuse(`${placed.path}.role`, `is none of ${Object.keys(roles).join(', ')}`)
  })
}

type Decode = (placed: Placed, reading: Reading) => Message

const system: Decode = ({ value, path }, reading) => {
  warnOfStrangers(value, systemMembers, path, reading.warn)
  return { role: 'system', parts: textParts(value, path, reading) }
}

const roles: Readonly<Record<string, Decode>> = {
  system,
  developer: system,
  user({ value, path }, reading) {
    warnOfStrangers(value, userMembers, path, reading.warn)
    return present({ role: 'user' as const, parts: userParts(value, path, reading), name: textIn(value, 'name', path, reading) })
  },
  assistant({ value, path }, reading) {
    warnOfStrangers(value, assistantMembers, path, reading.warn)
    const parts = answerParts(value, path, reasoningFields, 'call', reading)
    return present({ role: 'assistant' as const, parts, name: textIn(value, 'name', path, reading) })
  },
  tool({ value, path }, reading) {
    warnOfStrangers(value, toolMembers, path, reading.warn)
    const callId = needed(textIn(value, 'tool_call_id', path, reading), 'tool_call_id', path, reading)
    const part: ToolResultPart = { type: 'tool-result', callId, parts: textParts(value, path, reading), isError: false }
    return { role: 'user', parts: [part] }
  },
}

/** Callers send reasoning back under either name. */
const reasoningFields = ['reasoning_content', 'reasoning'] as const

const systemMembers: ReadonlySet<string> = new Set(['role', 'content'])
const userMembers: ReadonlySet<string> = new Set(['role', 'content', 'name'])
/** `refusal`, `tool_calls` and the reasoning are read where an answer is. */
const assistantMembers: ReadonlySet<string> = new Set([
  'role',
  'content',
  'name',
  'refusal',
  'tool_calls',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
])
/** A tool's name is known by its call. */
const toolMembers: ReadonlySet<string> = new Set(['role', 'content', 'tool_call_id', 'name'])
