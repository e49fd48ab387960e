/** The wait that a provider asks for, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date. */

import type { Headers } from '../core/wire.ts'

/** Null where none is asked for, or where it does not read. */
export function askedWaitMs(headers: Headers, now: number): number | null {
  const milliseconds = plainNumber(headers['retry-after-ms'])
  if (milliseconds !== null) return milliseconds
  const after = headers['retry-after']
  const seconds = plainNumber(after)
  if (seconds !== null) return seconds * 1000
  const date = after !== undefined && /^[A-Z][a-z]{2}, /.test(after) ? Date.parse(after) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

function plainNumber(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,12}(\.\d+)?\s*$/.test(text) ? Number(text) : null
}
