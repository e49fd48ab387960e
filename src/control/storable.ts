/** Text that both engines keep as it is: no NUL, which Postgres refuses, and no half of a surrogate pair, which UTF-8 cannot say. */

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
