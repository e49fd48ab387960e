/** A conversation as messages: the opening system messages apart, turns that alternate, results at the head of their turn. */

import type { Message, TextPart, Warn } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { assistantBlocks, textBlock, userBlocks } from './encode-blocks.ts'

export type Conversation = { readonly system: Json | undefined; readonly messages: readonly JsonObject[] }

/** `late`: a result came behind something else, and goes before it when the turn is whole. */
type Turn = { readonly role: string; readonly content: JsonObject[]; late: boolean }

export function encodeMessages(messages: readonly Message[], dialect: Dialect, warn: Warn): Conversation {
  const opening = messages.findIndex(({ role }) => role !== 'system')
  const first = opening < 0 ? messages.length : opening
  const system = messages
    .slice(0, first)
    .flatMap(({ parts }, index) => textBlocks(parts as readonly TextPart[], `messages.${index}`, dialect, warn))
  const turns: Turn[] = []
  for (let index = first; index < messages.length; index += 1) addTurn(turns, messages[index]!, `messages.${index}`, dialect, warn)
  return {
    system: system.length === 0 ? undefined : plainOrList(system),
    messages: turns.map(({ role, content, late }) => ({ role, content: late ? resultsFirst(content) : content })),
  }
}

function addTurn(turns: Turn[], message: Message, path: string, dialect: Dialect, warn: Warn): void {
  const { role, content } = turnOf(message, path, dialect, warn)
  if (content.length === 0) return warn({ field: path, reason: 'an empty message cannot be sent' })
  const last = turns.at(-1)
  if (last?.role !== role) {
    turns.push({ role, content, late: false })
    return
  }
  last.late ||= content.some(isResult) && !isResult(last.content.at(-1)!)
  for (const block of content) last.content.push(block)
}

function resultsFirst(content: readonly JsonObject[]): readonly JsonObject[] {
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))]
}

type Said = Pick<Turn, 'role' | 'content'>

function turnOf(message: Message, path: string, dialect: Dialect, warn: Warn): Said {
  if (message.role === 'system') return laterSystem(message.parts, path, dialect, warn)
  if (message.name !== undefined) warn({ field: `${path}.name`, reason: 'this contract has no names' })
  const content =
    message.role === 'user' ? userBlocks(message.parts, path, dialect, warn) : assistantBlocks(message.parts, path, dialect, warn)
  return { role: message.role, content }
}

/** Where only the opening may instruct, a later instruction is said by the user, and marked as what it is. */
function laterSystem(parts: readonly TextPart[], path: string, dialect: Dialect, warn: Warn): Said {
  const content = textBlocks(parts, path, dialect, warn)
  if (dialect.laterSystemRole !== 'user') return { role: 'system', content }
  warn({ field: `${path}.role`, reason: 'only the opening may be a system message here; it was sent as a user text' })
  return { role: 'user', content: content.map((block) => ({ ...block, text: `<system>\n${String(block.text)}\n</system>` })) }
}

function textBlocks(parts: readonly TextPart[], path: string, dialect: Dialect, warn: Warn): JsonObject[] {
  return parts.map((part, index) => textBlock(part, `${path}.parts.${index}`, dialect, warn)).filter((block) => block !== undefined)
}

function isResult(block: JsonObject): boolean {
  return block.type === 'tool_result'
}

function plainOrList(blocks: readonly JsonObject[]): Json {
  const [only] = blocks
  return only && blocks.length === 1 && only.cache_control === undefined ? only.text! : blocks
}
