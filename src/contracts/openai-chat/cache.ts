/** The one warning of a chat completion whose cache marks cannot be said, wherever they stood. */

import type { Warn } from '../../core/call.ts'

export function markUnsaid(warn: Warn): void {
  warn({ field: 'cache_control', reason: 'this provider takes no cache marks here' })
}
