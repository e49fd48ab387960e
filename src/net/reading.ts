/** What a place where secrets live says when it is asked for one. */

import type { Standing } from '../core/auth.ts'

/** `reason` is a sentence for whoever must mend it, without a value. */
export type Reading = { readonly type: 'value'; readonly value: string } | ({ readonly type: 'lacking' } & Standing)

/** Spaces and line ends around a value are no part of it, and nothing else is no value. */
export function readingOf(text: string, whenEmpty: string): Reading {
  const value = text.trim()
  return value === '' ? absent(whenEmpty) : { type: 'value', value }
}

export function absent(reason: string): Reading {
  return { type: 'lacking', presence: 'absent', reason }
}

/** It may be there or not: nobody could look. */
export function unknown(reason: string): Reading {
  return { type: 'lacking', presence: 'unknown', reason }
}
