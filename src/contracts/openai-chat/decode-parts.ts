/** Content of a message of chat completions: one text, or a list of parts. */

import type { DocumentPart, TextPart, UserPart } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { markIn } from '../cache-marks.ts'
import { mediaOf } from '../data-uri.ts'
import { needed, objectIn, objectsIn, type Placed, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'

/** The parts of a message that may hold only text. No content, and empty content, are no part at all. */
export function textParts(message: JsonObject, path: string, reading: Reading): readonly TextPart[] {
  return partsOf(message, path, reading, (placed) => {
    if (placed.value.type === 'text') return textPart(placed, reading)
    reading.warn({ field: `${placed.path}.type`, reason: 'only text is translated here' })
    return undefined
  })
}

export function userParts(message: JsonObject, path: string, reading: Reading): readonly UserPart[] {
  return partsOf(message, path, reading, (placed) => {
    const type = textIn(placed.value, 'type', placed.path, reading) ?? ''
    if (Object.hasOwn(kinds, type)) return kinds[type]!(placed, reading)
    reading.warn({ field: `${placed.path}.type`, reason: 'no other contract has such a part' })
    return undefined
  })
}

/** `decode` gives undefined for a part that cannot be carried, and has warned of it. */
export function partsOf<P>(
  message: JsonObject,
  path: string,
  reading: Reading,
  decode: (placed: Placed) => P | undefined,
): readonly (P | TextPart)[] {
  const { content } = message
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw reading.refuse(`${path}.content`, 'is neither a text nor a list of parts')
  return objectsIn(message, 'content', path, reading)
    .map(decode)
    .filter((part) => part !== undefined)
}

const textMembers: ReadonlySet<string> = new Set(['type', 'text', 'cache_control'])
const imageMembers: ReadonlySet<string> = new Set(['type', 'image_url', 'cache_control'])
const imageUrlMembers: ReadonlySet<string> = new Set(['url', 'detail'])
const audioMembers: ReadonlySet<string> = new Set(['type', 'input_audio'])
const fileMembers: ReadonlySet<string> = new Set(['type', 'file', 'cache_control'])
const fileInnerMembers: ReadonlySet<string> = new Set(['file_id', 'file_data', 'filename'])

export function textPart({ value, path }: Placed, reading: Reading): TextPart {
  warnOfStrangers(value, textMembers, path, reading.warn)
  return present({ type: 'text' as const, text: textIn(value, 'text', path, reading) ?? '', cache: markIn(value, path, reading.warn) })
}

const details = ['low', 'high', 'auto'] as const

const kinds: Readonly<Record<string, (placed: Placed, reading: Reading) => UserPart | undefined>> = {
  text: textPart,
  image_url({ value, path }, reading) {
    warnOfStrangers(value, imageMembers, path, reading.warn)
    const inner = `${path}.image_url`
    const said =
      typeof value.image_url === 'string'
        ? { url: value.image_url }
        : needed(objectIn(value, 'image_url', path, reading), 'image_url', path, reading)
    warnOfStrangers(said, imageUrlMembers, inner, reading.warn)
    const asked = textIn(said, 'detail', inner, reading)
    const detail = details.find((known) => known === asked)
    if (asked !== undefined && detail === undefined) reading.warn({ field: `${inner}.detail`, reason: 'unknown detail' })
    const source = mediaOf(needed(textIn(said, 'url', inner, reading), 'url', inner, reading))
    return present({ type: 'image' as const, source, detail, cache: markIn(value, path, reading.warn) })
  },
  input_audio({ value, path }, reading) {
    warnOfStrangers(value, audioMembers, path, reading.warn)
    const inner = `${path}.input_audio`
    const said = needed(objectIn(value, 'input_audio', path, reading), 'input_audio', path, reading)
    const format = needed(textIn(said, 'format', inner, reading), 'format', inner, reading)
    return { type: 'audio', format, data: needed(textIn(said, 'data', inner, reading), 'data', inner, reading) }
  },
  file({ value, path }, reading): DocumentPart {
    warnOfStrangers(value, fileMembers, path, reading.warn)
    const inner = `${path}.file`
    const said = needed(objectIn(value, 'file', path, reading), 'file', path, reading)
    warnOfStrangers(said, fileInnerMembers, inner, reading.warn)
    const id = textIn(said, 'file_id', inner, reading)
    const data = textIn(said, 'file_data', inner, reading)
    if (id === undefined && data === undefined) throw reading.refuse(inner, 'has neither file_id nor file_data')
    const source = id === undefined ? documentOf(data!) : ({ type: 'file', id, origin: 'openai-chat' } as const)
    return present({
      type: 'document' as const,
      source,
      name: textIn(said, 'filename', inner, reading),
      cache: markIn(value, path, reading.warn),
    })
  },
}

/** A file is in the body: as a data URL, or as bare base64 of what is then a PDF. A plain URL is one where a router takes it. */
function documentOf(data: string): DocumentPart['source'] {
  if (data.startsWith('data:') || /^https?:/.test(data)) return mediaOf(data)
  return { type: 'base64', mediaType: 'application/pdf', data }
}
