/** A cache mark as messages have it, or the one warning that this provider takes none. */

import type { CacheMark, Warn } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import { writtenMark } from '../cache-marks.ts'
import type { Dialect } from '../dialect.ts'

export function markOf(mark: CacheMark | undefined, dialect: Dialect, warn: Warn): JsonObject | undefined {
  if (mark === undefined || dialect.cacheControl === 'parts') return writtenMark(mark)
  warn({ field: 'cache_control', reason: 'this provider takes no cache marks' })
  return undefined
}
