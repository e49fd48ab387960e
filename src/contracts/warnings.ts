/** Warnings, each thing once: a conversation of a thousand turns that lose the same member is one warning, at the first of them. */

import type { Warn } from '../core/call.ts'

/** The same field of another turn, for the same reason, is the same warning. */
export function once(warn: Warn): Warn {
  const heard = new Set<string>()
  return (warning) => {
    const key = `${warning.field.replaceAll(/\.\d+(?=\.|$)/g, '.*')} ${warning.reason}`
    if (heard.size === heard.add(key).size) return
    warn(warning)
  }
}
