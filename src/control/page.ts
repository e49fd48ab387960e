/** Lists come in pages: `{ items, next }`, where `next` is the cursor that asks for the page behind. */

import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { type Json, parseJson } from '../core/json.ts'
import { isStorable } from './storable.ts'

export const paging = {
  limit: z.int().min(1).max(1000).default(100).describe('The most items to return.'),
  cursor: z
    .string()
    .max(4096)
    .regex(/^[A-Za-z0-9_-]*$/, 'It is not one that Purser made. Take it from "next" of the page before, unchanged.')
    .optional()
    .describe('Where to go on: the `next` of the page before.'),
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() })
}

/** Cuts rows that were read with one more than the limit, and makes the cursor from the last one kept. */
export function page<Row, Item>(rows: readonly Row[], limit: number, key: (row: Row) => readonly Json[], show: (row: Row) => Item) {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return { items: kept.map(show), next: rows.length > limit && last !== undefined ? encodeCursor(key(last)) : null }
}

function encodeCursor(key: readonly Json[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

type Parts = { readonly text: string; readonly count: number }

/** The sort key that a cursor stands for, its parts of these kinds; undefined where there is no cursor. */
export function decodeCursor<const K extends readonly (keyof Parts)[]>(
  cursor: string | undefined,
  kinds: K,
): { readonly [I in keyof K]: Parts[K[I]] } | undefined {
  if (cursor === undefined) return undefined
  const key = parseJson(Buffer.from(cursor, 'base64url').toString())
  const fits = Array.isArray(key) && key.length === kinds.length && kinds.every((kind, place) => isPart[kind](key[place]))
  if (fits) return key as never
  throw new PurserError('invalid_request', '"cursor" is not one that Purser made. Take it from "next" of the page before, unchanged.', {
    field: 'cursor',
  })
}

const isPart: { readonly [Kind in keyof Parts]: (value: unknown) => boolean } = {
  text: (value) => typeof value === 'string' && isStorable(value),
  count: (value) => Number.isSafeInteger(value),
}
