/** Instants: epoch milliseconds in JSON, RFC 3339 where a person reads or types. */

import { z } from 'zod'

/** The format by which a face that takes text (a flag, a query) knows that RFC 3339 may be written here. */
export const instantFormat = 'epoch-ms'

/** The end of the year 9999: an instant beyond it has no RFC 3339 of four digits. */
const latest = 253_402_300_799_999

export const instant = z.int().min(0).max(latest).meta({ format: instantFormat })

/** Epoch milliseconds or RFC 3339 with a zone, as milliseconds; undefined for anything else. */
export function parseInstant(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

export function printInstant(ms: number): string {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString()
}
