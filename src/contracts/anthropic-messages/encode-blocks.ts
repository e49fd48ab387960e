/** Parts of a conversation as content blocks of messages. Undefined stands for what cannot be sent; it was warned of. */

import type {
  AssistantPart,
  DocumentPart,
  ImagePart,
  Media,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
  UserPart,
  Warn,
} from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { present } from '../present.ts'
import { objectOf, unsoundArguments } from '../tool-arguments.ts'
import { escapedId } from '../tool-ids.ts'
import { markOf } from './cache.ts'

const own = 'anthropic-messages'

export function userBlocks(parts: readonly UserPart[], path: string, dialect: Dialect, warn: Warn): JsonObject[] {
  return written(parts, path, (part, place) => userBlock(part, place, dialect, warn))
}

export function assistantBlocks(parts: readonly AssistantPart[], path: string, dialect: Dialect, warn: Warn): JsonObject[] {
  return written(parts, path, (part, place) => assistantBlock(part, place, dialect, warn))
}

function written<P>(parts: readonly P[], path: string, encode: (part: P, place: string) => JsonObject | undefined): JsonObject[] {
  const blocks: JsonObject[] = []
  parts.forEach((part, index) => {
    const block = encode(part, `${path}.parts.${index}`)
    if (block !== undefined) blocks.push(block)
  })
  return blocks
}

export function textBlock({ text, cache }: TextPart, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  if (text !== '') return present({ type: 'text', text, cache_control: markOf(cache, dialect, warn) })
  warn({ field: path, reason: 'an empty text cannot be sent' })
  return undefined
}

function userBlock(part: UserPart, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return textBlock(part, path, dialect, warn)
    case 'image':
      return imageBlock(part, path, dialect, warn)
    case 'document':
      return documentBlock(part, path, dialect, warn)
    case 'tool-result':
      return resultBlock(part, path, dialect, warn)
    case 'audio':
      warn({ field: path, reason: 'this contract takes no audio' })
      return undefined
  }
}

function resultBlock({ callId, parts, isError, cache }: ToolResultPart, path: string, dialect: Dialect, warn: Warn): JsonObject {
  const content = userBlocks(parts, path, dialect, warn)
  return present({
    type: 'tool_result',
    tool_use_id: escapedId(callId),
    content: content.length === 0 ? undefined : content,
    is_error: isError ? true : undefined,
    cache_control: markOf(cache, dialect, warn),
  })
}

function imageBlock({ source, detail, cache }: ImagePart, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  if (detail !== undefined) warn({ field: `${path}.detail`, reason: 'this contract has no detail of images' })
  const from = sourceOf(source, path, warn)
  return from && present({ type: 'image', source: from, cache_control: markOf(cache, dialect, warn) })
}

function documentBlock({ source, name, cache }: DocumentPart, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  const from = source.type === 'text' ? plainText(source.text) : sourceOf(source, path, warn)
  return from && present({ type: 'document', source: from, title: name, cache_control: markOf(cache, dialect, warn) })
}

function plainText(data: string): JsonObject {
  return { type: 'text', media_type: 'text/plain', data }
}

function sourceOf(source: Media, path: string, warn: Warn): JsonObject | undefined {
  if (source.type === 'url') return { type: 'url', url: source.url }
  if (source.type === 'base64') {
    if (source.mediaType.startsWith('text/')) return plainText(Buffer.from(source.data, 'base64').toString('utf8'))
    return { type: 'base64', media_type: source.mediaType, data: source.data }
  }
  if (source.origin === own) return { type: 'file', file_id: source.id }
  warn({ field: `${path}.source`, reason: "it is another provider's file" })
  return undefined
}

function assistantBlock(part: AssistantPart, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  switch (part.type) {
    case 'text':
      return textBlock(part, path, dialect, warn)
    case 'refusal':
      warn({ field: path, reason: 'this contract has no refusals in a conversation; it was sent as text' })
      return textBlock({ type: 'text', text: part.text }, path, dialect, warn)
    case 'reasoning':
      return thoughtBlock(part, path, warn)
    case 'tool-call':
      return present({ ...callBlock(part, path, warn), cache_control: markOf(part.cache, dialect, warn) })
  }
}

/** Only what this contract's provider has sealed may go back to it. */
function thoughtBlock({ text, seal }: ReasoningPart, path: string, warn: Warn): JsonObject | undefined {
  if (seal?.origin === own && seal.encrypted !== undefined) return { type: 'redacted_thinking', data: seal.encrypted }
  if (seal?.origin === own && seal.signature !== undefined) return { type: 'thinking', thinking: text, signature: seal.signature }
  warn({
    field: path,
    reason: seal === undefined || seal.origin === own ? 'reasoning without a signature is not taken back' : 'sealed for another provider',
  })
  return undefined
}

export function callBlock({ id, name, arguments: text }: ToolCallPart, path: string, warn: Warn): JsonObject {
  const { object, sound } = objectOf(text)
  if (!sound) warn({ ...unsoundArguments, field: `${path}.arguments` })
  return { type: 'tool_use', id: escapedId(id), name, input: object }
}
