/** What an assistant says, as a message of a chat completion: in an answer, and in the conversation that is sent to a provider. */

import type { AssistantPart, Message, ReasoningPart, ToolCallPart, Warn } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { present } from '../present.ts'
import { nineCharacters } from '../tool-ids.ts'
import { markUnsaid } from './cache.ts'
import { textContent } from './encode-parts.ts'
import { detailOf, own, restoredDetail } from './reasoning-details.ts'

export type ByKind = {
  readonly reasoning: readonly ReasoningPart[]
  readonly text: readonly Extract<AssistantPart, { type: 'text' }>[]
  readonly refusal: string
  readonly calls: readonly ToolCallPart[]
  /** A text or reasoning stood behind a tool call: where, the message cannot say. */
  readonly disordered: boolean
}

/** A message of this contract has a place for each kind, and none for their order. */
export function byKind(parts: readonly AssistantPart[]): ByKind {
  const firstCall = parts.findIndex(({ type }) => type === 'tool-call')
  return {
    reasoning: parts.filter((part) => part.type === 'reasoning'),
    text: parts.filter((part) => part.type === 'text'),
    refusal: parts.map((part) => (part.type === 'refusal' ? part.text : '')).join(''),
    calls: parts.filter((part) => part.type === 'tool-call'),
    disordered: firstCall >= 0 && parts.slice(firstCall).some(({ type }) => type !== 'tool-call'),
  }
}

export function assistantMessage(
  { parts, name }: Extract<Message, { role: 'assistant' }>,
  path: string,
  dialect: Dialect,
  warn: Warn,
): JsonObject {
  const { reasoning, text, refusal, calls, disordered } = byKind(parts)
  if (disordered) warn({ field: `${path}.parts`, reason: 'what stood behind a tool call is sent before it' })
  const replayed = replay(reasoning, path, dialect, warn)
  const silent = text.length === 0 && (calls.length > 0 || refusal !== '')
  const content = silent ? null : textContent(text, '', dialect, warn)
  if (calls.some(({ cache }) => cache)) markUnsaid(warn)
  return present({
    role: 'assistant',
    content,
    name,
    ...replayed,
    refusal: refusal === '' ? undefined : refusal,
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => callOf(call, dialect)),
  })
}

export function callOf({ id, name, arguments: text }: ToolCallPart, dialect?: Dialect): JsonObject {
  return { id: dialect?.toolCallIds === 'nine' ? nineCharacters(id) : id, type: 'function', function: { name, arguments: text } }
}

/** Earlier reasoning, as far as this provider wants it again and may have it: what another has sealed is for its maker alone. */
function replay(parts: readonly ReasoningPart[], path: string, dialect: Dialect, warn: Warn): JsonObject {
  const { replay: field } = dialect.reasoning
  const kept: ReasoningPart[] = []
  for (const part of parts) {
    const foreign = part.seal !== undefined && part.seal.origin !== own
    if (field !== 'none' && !foreign && (part.seal === undefined || field === 'reasoning_details')) kept.push(part)
    else warn({ field: `${path}.reasoning`, reason: foreign ? 'sealed for another provider' : 'this provider takes no earlier reasoning' })
  }
  if (kept.length === 0) return {}
  if (field === 'reasoning_details')
    return { reasoning_details: kept.map((part, index) => (part.seal && restoredDetail(part.seal)) ?? detailOf(part, index)) }
  return { [field]: kept.map(({ text }) => text).join('') }
}
