/** What a place where secrets live says when it is asked for one. */

import type { Standing } from '../core/auth.ts'

/** Why a secret cannot be used: `reason` for whoever must mend it, without a value; `told` for callers, without a path of this machine. */
export type Lack = Standing & { readonly reason: string; readonly told: string }
export type Reading = { readonly type: 'value'; readonly value: string } | ({ readonly type: 'lacking' } & Lack)

/** Spaces and line ends around a value are no part of it, and nothing else is no value. */
export function readingOf(text: string, whenEmpty: string, told?: string): Reading {
  const value = text.trim()
  return value === '' ? absent(whenEmpty, told) : { type: 'value', value }
}

export function absent(reason: string, told: string = reason): Reading {
  return { type: 'lacking', presence: 'absent', reason, told }
}

/** It may be there or not: nobody could look. */
export function unknown(reason: string, told: string = reason): Reading {
  return { type: 'lacking', presence: 'unknown', reason, told }
}
