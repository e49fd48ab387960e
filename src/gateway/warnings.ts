/** What could not be said to the other side: collected once each, bounded, and told to the caller in one header. */

import type { Warn, Warning } from '../core/call.ts'

const most = { kept: 64, characters: 200, headerBytes: 2_048 }

export interface Warnings {
  readonly warn: Warn
  list(): readonly Warning[]
}

/** A hostile request can be wrong in ten thousand places: beyond the first ones they are counted. */
export function collectWarnings(before: readonly Warning[] = []): Warnings {
  const seen = new Set(before.map(keyOf))
  const kept = [...before]
  let more = 0
  return {
    warn({ field, reason }) {
      const warning = { field: cut(field), reason: cut(reason) }
      const key = keyOf(warning)
      if (seen.has(key)) return
      if (kept.length >= most.kept) {
        more += 1
        return
      }
      seen.add(key)
      kept.push(warning)
    },
    list: () => (more === 0 ? kept : [...kept, { field: '', reason: `${more} more` }]),
  }
}

/** `x-purser-warnings`: the warnings as JSON in ASCII. Those that do not fit are counted in the last one. */
export function warningsHeader(warnings: readonly Warning[]): Record<string, string> {
  if (warnings.length === 0) return {}
  const texts: string[] = []
  let bytes = 0
  for (const warning of warnings) {
    const text = ascii(JSON.stringify(warning))
    bytes += text.length + 1
    if (bytes > most.headerBytes) break
    texts.push(text)
  }
  const missing = warnings.length - texts.length
  if (missing > 0) texts.push(JSON.stringify({ field: '', reason: `${missing} more` }))
  return { 'x-purser-warnings': `[${texts.join(',')}]` }
}

function keyOf({ field, reason }: Warning): string {
  return `${field}\n${reason}`
}

function cut(text: string): string {
  return text.length <= most.characters ? text : `${text.slice(0, most.characters).toWellFormed()}…`
}

function ascii(text: string): string {
  return text.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
