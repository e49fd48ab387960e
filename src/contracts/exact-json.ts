/** JSON whose numbers come out as they went in: an id of nineteen digits in a tool's arguments is the same id after a translation. */

import type { Json } from '../core/json.ts'

type Source = { readonly source?: string }
/** What the language has, and its types do not yet. */
type Exact = {
  parse(text: string, reviver: (key: string, value: unknown, context: Source) => unknown): unknown
  rawJSON(text: string): Json
  isRawJSON(value: unknown): boolean
}
const exact = JSON as unknown as Exact

/** A run of digits that a double may not hold. Texts without one, which are nearly all, take the plain way. */
const long = /\d{16}|\d[eE]/

/** Throws as `JSON.parse` does. */
export function parseExactly(text: string): Json {
  if (!long.test(text)) return JSON.parse(text) as Json
  return exact.parse(text, (_key, value, { source }) => {
    const lossy = typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && long.test(source)
    return lossy ? exact.rawJSON(source) : value
  }) as Json
}

/** A number that was kept as it was written, as near as a double comes. Everything else is itself. */
export function plainNumber(value: Json): Json {
  return exact.isRawJSON(value) ? Number((value as { readonly rawJSON: string }).rawJSON) : value
}
