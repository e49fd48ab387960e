/** Images and documents of messages, by their source. */

import type { DocumentPart, ImagePart, Media } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { markIn } from '../cache-marks.ts'
import { needed, objectIn, type Placed, type Reading, textIn, warnOfStrangers } from '../fields.ts'
import { present } from '../present.ts'

const imageMembers: ReadonlySet<string> = new Set(['type', 'source', 'cache_control'])
const documentMembers: ReadonlySet<string> = new Set(['type', 'source', 'title', 'cache_control'])

export function imageBlock({ value, path }: Placed, reading: Reading): ImagePart | undefined {
  warnOfStrangers(value, imageMembers, path, reading.warn)
  const source = mediaIn(value, path, reading)
  return source && present({ type: 'image' as const, source, cache: markIn(value, path, reading.warn) })
}

export function documentBlock({ value, path }: Placed, reading: Reading): DocumentPart | undefined {
  warnOfStrangers(value, documentMembers, path, reading.warn)
  const said = needed(objectIn(value, 'source', path, reading), 'source', path, reading)
  const text = said.type === 'text' ? needed(textIn(said, 'data', `${path}.source`, reading), 'data', `${path}.source`, reading) : undefined
  const source = text === undefined ? mediaIn(value, path, reading) : ({ type: 'text', text } as const)
  const name = textIn(value, 'title', path, reading)
  return source && present({ type: 'document' as const, source, name, cache: markIn(value, path, reading.warn) })
}

type Source = (source: JsonObject, path: string, reading: Reading) => Media

const sources: Readonly<Record<string, Source>> = {
  base64: (source, path, reading) => ({
    type: 'base64',
    mediaType: needed(textIn(source, 'media_type', path, reading), 'media_type', path, reading),
    data: needed(textIn(source, 'data', path, reading), 'data', path, reading),
  }),
  url: (source, path, reading) => ({ type: 'url', url: needed(textIn(source, 'url', path, reading), 'url', path, reading) }),
  file: (source, path, reading) => ({
    type: 'file',
    id: needed(textIn(source, 'file_id', path, reading), 'file_id', path, reading),
    origin: 'anthropic-messages',
  }),
}

/** Undefined where no other contract has such a source; it was warned of. */
function mediaIn(value: JsonObject, path: string, reading: Reading): Media | undefined {
  const inner = `${path}.source`
  const source = needed(objectIn(value, 'source', path, reading), 'source', path, reading)
  const type = textIn(source, 'type', inner, reading) ?? ''
  if (Object.hasOwn(sources, type)) return sources[type]!(source, inner, reading)
  reading.warn({ field: `${inner}.type`, reason: 'no other contract has such a source' })
  return undefined
}
