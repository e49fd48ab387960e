/** What is kept as it came. Text: no NUL, which Postgres refuses, and no half of a surrogate pair, which UTF-8 cannot say. Names: none that a schema would drop in silence. */

import { PurserError } from '../core/errors.ts'

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Throws `invalid_request` for the first field that holds any other text, at whatever depth. */
export function refuseUnstorable(input: Readonly<Record<string, unknown>>): void {
  for (const [field, value] of Object.entries(input)) {
    if (storable(value)) continue
    throw new PurserError(
      'invalid_request',
      `"${field}" holds a character that no database keeps: a zero byte, or half of a surrogate pair.`,
      {
        field,
      },
    )
  }
}

function storable(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, part]) => isStorable(key) && storable(part))
}

/** Throws `invalid_request` where an object, at whatever depth, has a field that JavaScript takes for something else. */
export function refuseReserved(input: unknown): void {
  if (typeof input !== 'object' || input === null) return
  if (Object.hasOwn(input, '__proto__'))
    throw new PurserError('invalid_request', 'There can be no field named "__proto__", at whatever depth.', { field: '__proto__' })
  for (const part of Object.values(input)) refuseReserved(part)
}
