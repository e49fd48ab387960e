/** Lists come in pages: `{ items, next }`, where `next` is the cursor that asks for the page behind. */

import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { type Json, parseJson } from '../core/json.ts'

export const paging = {
  limit: z.int().min(1).max(1000).default(100).describe('The most items to return.'),
  cursor: z.string().max(4096).optional().describe('Where to go on: the `next` of the page before.'),
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

/** The sort key that a cursor stands for, of `length` parts; undefined where there is no cursor. */
export function decodeCursor(cursor: string | undefined, length: number): readonly Json[] | undefined {
  if (cursor === undefined) return undefined
  const key = parseJson(Buffer.from(cursor, 'base64url').toString())
  if (Array.isArray(key) && key.length === length) return key
  throw new PurserError('invalid_request', '"cursor" is not one that Purser made. Take it from "next" of the page before, unchanged.', {
    field: 'cursor',
  })
}
