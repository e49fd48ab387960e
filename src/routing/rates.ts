/** The rate tables as one book in memory, and K: the newest batch that the book knows. */

import type { Kysely } from 'kysely'
import { type RateBook, rateBook } from '../pricing/book.ts'
import type { RateRows } from '../pricing/rows.ts'
import type { Tables } from '../store/schema.ts'

export type RateSnapshot = { readonly book: RateBook; readonly knownAt: number }

export async function readRateBook(read: Kysely<Tables>): Promise<RateSnapshot> {
  const [rows, newest] = await Promise.all([
    readRateRows(read),
    read.selectFrom('rate_batches').select('recorded_at').orderBy('recorded_at', 'desc').limit(1).executeTakeFirst(),
  ])
  return { book: rateBook(rows), knownAt: newest?.recorded_at ?? 0 }
}

export async function readRateRows(read: Kysely<Tables>): Promise<RateRows> {
  const [cards, components, multipliers, voids, aliases] = await Promise.all([
    read.selectFrom('rate_cards').selectAll().execute(),
    read.selectFrom('rate_card_components').selectAll().execute(),
    read.selectFrom('rate_card_multipliers').selectAll().execute(),
    read.selectFrom('rate_card_voids').selectAll().execute(),
    read.selectFrom('model_aliases').selectAll().execute(),
  ])
  return { cards, components, multipliers, voids, aliases }
}
