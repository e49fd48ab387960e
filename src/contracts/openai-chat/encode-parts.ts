/** Parts of a message as content of a chat completion. */

import type { DocumentPart, ImagePart, TextPart, UserPart, Warn } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { writtenMark } from '../cache-marks.ts'
import { dataUri } from '../data-uri.ts'
import type { Dialect } from '../dialect.ts'
import { present } from '../present.ts'
import { markUnsaid } from './cache.ts'

/** One text alone is written as a text; several texts too, where the provider takes no list. */
export function contentOf(parts: readonly JsonObject[], between: string, dialect: Dialect): Json {
  if (parts.length === 0) return ''
  const bare = parts.every((part) => part.type === 'text' && part.cache_control === undefined)
  if (bare && parts.length === 1 && parts[0]!.text !== '') return parts[0]!.text!
  return bare && dialect.texts === 'joined' ? parts.map(({ text }) => text).join(between) : parts
}

export function textContent(parts: readonly TextPart[], between: string, dialect: Dialect, warn: Warn): Json {
  return contentOf(
    parts.map((part) => textOf(part, dialect, warn)),
    between,
    dialect,
  )
}

export function textOf(part: TextPart, dialect: Dialect, warn: Warn): JsonObject {
  return marked({ type: 'text', text: part.text }, part, dialect, warn)
}

type Content = Exclude<UserPart, { readonly type: 'tool-result' }>

/** Undefined where the contract has no such part; it was warned of. */
export function userPart(part: Content, path: string, dialect: Dialect, warn: Warn): JsonObject | undefined {
  if (part.type === 'text') return textOf(part, dialect, warn)
  if (part.type === 'audio') return { type: 'input_audio', input_audio: { data: part.data, format: part.format } }
  const written = part.type === 'image' ? imageOf(part, path, warn) : documentOf(part, path, warn)
  return written && marked(written, part, dialect, warn)
}

function marked(written: JsonObject, part: Pick<TextPart, 'cache'>, dialect: Dialect, warn: Warn): JsonObject {
  const mark = writtenMark(part.cache)
  if (mark === undefined) return written
  if (dialect.cacheControl === 'parts') return { ...written, cache_control: mark }
  markUnsaid(warn)
  return written
}

function imageOf({ source, detail }: ImagePart, path: string, warn: Warn): JsonObject | undefined {
  if (source.type === 'file') {
    warn({ field: `${path}.source`, reason: "an image that is a provider's file cannot be sent by this contract" })
    return undefined
  }
  const url = source.type === 'url' ? source.url : dataUri(source.mediaType, source.data)
  return { type: 'image_url', image_url: present({ url, detail }) }
}

/** A file in the body must have a name. */
function documentOf({ source, name }: DocumentPart, path: string, warn: Warn): JsonObject | undefined {
  if (source.type === 'base64')
    return { type: 'file', file: { filename: name ?? unnamed(source.mediaType), file_data: dataUri(source.mediaType, source.data) } }
  if (source.type === 'text') {
    warn({ field: `${path}.source`, reason: 'this contract has no documents of text; it was sent as text' })
    return { type: 'text', text: name === undefined ? source.text : `${name}\n\n${source.text}` }
  }
  if (source.type === 'file' && source.origin === 'openai-chat')
    return { type: 'file', file: present({ file_id: source.id, filename: name }) }
  const what = source.type === 'url' ? 'by its URL' : "that is another provider's file"
  warn({ field: `${path}.source`, reason: `a document ${what} cannot be sent by this contract` })
  return undefined
}

function unnamed(mediaType: string): string {
  return mediaType === 'application/pdf' ? 'document.pdf' : 'document'
}
