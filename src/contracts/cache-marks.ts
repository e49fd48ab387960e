/** Marks of a cacheable prefix as `cache_control`, which several contracts spell alike. */

import type { CacheMark, Warn } from '../core/call.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import { within } from './fields.ts'

export function markIn(from: JsonObject, path: string, warn: Warn): CacheMark | undefined {
  const said = from.cache_control
  if (said === undefined || said === null) return undefined
  const ttl = isObject(said) && said.type === 'ephemeral' ? (said.ttl ?? '5m') : undefined
  if (ttl === '5m' || ttl === '1h') return { ttl }
  warn({ field: within(path, 'cache_control'), reason: 'it marks no cache of five minutes or one hour' })
  return undefined
}

/** Five minutes is what a mark without a lifetime means. */
export function writtenMark(mark: CacheMark | undefined): JsonObject | undefined {
  if (mark === undefined) return undefined
  return mark.ttl === '5m' ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: mark.ttl }
}
