/** What an assistant said in a chat completion, in an answer or in the conversation: reasoning, text, refusal, tool calls, in this order. */

import type { AssistantPart, ReasoningPart, ToolCallPart } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { needed, objectIn, objectsIn, type Placed, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { partsOf, textPart } from './decode-parts.ts'
import { detailsIn, partOfDetail } from './reasoning-details.ts'

/** `reasoningFields`: where the readable reasoning may stand. `prefix` makes ids for calls that have none. */
export function answerParts(
  message: JsonObject,
  path: string,
  reasoningFields: readonly string[],
  prefix: string,
  reading: Reading,
): readonly AssistantPart[] {
  const refusal = textIn(message, 'refusal', path, reading) ?? ''
  const calls = objectsIn(message, 'tool_calls', path, reading)
  return [
    ...reasoningParts(message, reasoningFields),
    ...partsOf(message, path, reading, (placed) => contentPart(placed, reading)),
    ...(refusal === '' ? [] : [{ type: 'refusal' as const, text: refusal }]),
    ...calls.map((placed, index) => toolCall(placed, generatedId(prefix, index), reading)),
  ]
}

export function generatedId(prefix: string, index: number): string {
  return `${prefix === '' ? 'call' : prefix}-${index}`
}

/** Two fields that both say it say it twice: the first counts. */
export function readableReasoning(message: JsonObject, fields: readonly string[]): string {
  for (const field of fields) {
    const said = message[field]
    if (typeof said === 'string' && said !== '') return said
  }
  return ''
}

/** The items where there are any: they hold the readable text too, but for those whose text stands beside them alone. */
function reasoningParts(message: JsonObject, fields: readonly string[]): readonly ReasoningPart[] {
  const readable = readableReasoning(message, fields)
  const sealed = detailsIn(message).map(partOfDetail)
  if (readable === '' || sealed.some(({ text }) => text !== '')) return sealed
  const [only] = sealed
  if (only && sealed.length === 1 && only.seal?.signature !== undefined) return [{ ...only, text: readable }]
  return [{ type: 'reasoning', text: readable }, ...sealed]
}

function contentPart(placed: Placed, reading: Reading): AssistantPart | undefined {
  const { value, path } = placed
  if (value.type === 'text') return textPart(placed, reading)
  if (value.type === 'refusal') return { type: 'refusal', text: textIn(value, 'refusal', path, reading) ?? '' }
  if (value.type === 'thinking') return { type: 'reasoning', text: thoughtOf(value) }
  reading.warn({ field: `${path}.type`, reason: 'no other contract has such a part' })
  return undefined
}

/** Reasoning inside the content, as one text or as a list of them. */
export function thoughtOf(part: JsonObject): string {
  const { thinking } = part
  if (typeof thinking === 'string') return thinking
  if (!Array.isArray(thinking)) return ''
  return (thinking as readonly JsonObject[]).map((piece) => (typeof piece?.text === 'string' ? piece.text : '')).join('')
}

const callMembers: ReadonlySet<string> = new Set(['id', 'type', 'index', 'function', 'custom'])

function toolCall({ value, path }: Placed, idOtherwise: string, reading: Reading): ToolCallPart {
  warnOfStrangers(value, callMembers, path, reading.warn)
  const id = textIn(value, 'id', path, reading) || idOtherwise
  if (value.type === 'custom') {
    reading.warn({ field: `${path}.type`, reason: 'it was carried as a call of a function' })
    const custom = needed(objectIn(value, 'custom', path, reading), 'custom', path, reading)
    return { type: 'tool-call', id, name: nameOf(custom, `${path}.custom`, reading), arguments: argumentsOf(custom, 'input') }
  }
  const called = needed(objectIn(value, 'function', path, reading), 'function', path, reading)
  return { type: 'tool-call', id, name: nameOf(called, `${path}.function`, reading), arguments: argumentsOf(called, 'arguments') }
}

function nameOf(called: JsonObject, path: string, reading: Reading): string {
  return needed(textIn(called, 'name', path, reading) || undefined, 'name', path, reading)
}

/** Text, as published; some providers send the object itself. */
export function argumentsOf(called: JsonObject, name: string): string {
  const said = called[name]
  if (typeof said === 'string') return said
  return said === undefined || said === null ? '' : JSON.stringify(said)
}
