/** What travels between the writer's face and its loop: one flat array a tick each way, since an object or a message an operation costs more than the row it carries. */

import { type ErrorKind, PurserError } from '../core/errors.ts'
import type { TableName } from './schema.ts'
import type { KeyUse, SqlValue } from './store.ts'

/** A template as the loop knows it. */
export type Definition = {
  readonly id: number
  readonly verb: 'insert' | 'delete'
  readonly table: TableName
  readonly columns: readonly string[]
  readonly fixed: Readonly<Record<string, SqlValue>>
}

/** Travels as a control batch does, and is none. */
export type KeyUses = { readonly keyUses: readonly KeyUse[] }

/** To the loop, each followed by what the comment names. */
export const ask = {
  /** definition */
  define: 1,
  /** bytes, number of writes, then for each: template id, values */
  intend: 2,
  /** the same */
  settle: 3,
  /** batch, now */
  control: 4,
} as const

/** From the loop, each followed by a count and an error or a result. A count speaks for that many entries, in strict order. */
export const answer = {
  committed: 1,
  refused: 2,
  durable: 3,
  notDurable: 4,
  settled: 5,
  notSettled: 6,
  controlled: 7,
  notControlled: 8,
  parked: 9,
  batches: 10,
  /** Nothing comes after it; the count is the exit code. */
  fatal: 11,
} as const

export type Message = unknown[]

type PlainError = {
  readonly kind: ErrorKind
  readonly message: string
  readonly code?: string
  readonly told?: string
  readonly hint?: string
}

/** An error as a message carries it: what the house may see of it, without its cause's stack. */
export function plainError(error: PurserError): PlainError {
  const { kind, message, code, told, hint } = error
  return {
    kind,
    message,
    ...(code === undefined ? {} : { code }),
    ...(told === undefined ? {} : { told }),
    ...(hint === undefined ? {} : { hint }),
  }
}

export function errorOf(plain: unknown): PurserError {
  const { kind, message, ...extras } = plain as PlainError
  return new PurserError(kind, message, extras)
}
