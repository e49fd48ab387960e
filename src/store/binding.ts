/** What may be bound to a statement. A JavaScript number binds as REAL, which compares and stores wrongly: so whole numbers go as bigint, and a fraction only where it is meant. */

import { PurserError } from '../core/errors.ts'
import type { Kind } from './schema.ts'
import { recordedAt, type SqlValue } from './store.ts'

export type Bound = string | bigint | number | Uint8Array | null

type Real = { readonly marker: 'real'; readonly value: number }

/** A number meant for a column of kind `real`, fractions and all. Typed as the number it stands for, so that typed queries take it. */
export function real(value: number): number {
  return Object.freeze({ marker: 'real', value } satisfies Real) as unknown as number
}

function isMarker(value: unknown, marker: string): boolean {
  return typeof value === 'object' && value !== null && (value as { marker?: unknown }).marker === marker
}

/** True for the stand-in of a batch's `recorded_at`, also after a message has copied it. */
export function isRecordedAt(value: unknown): boolean {
  return isMarker(value, recordedAt.marker)
}

/** A parameter as it is bound, by the rules above. `position` counts from 1, for the error. */
export function bindable(value: unknown, position: number): Bound {
  switch (typeof value) {
    case 'string':
    case 'bigint':
      return value
    case 'boolean':
      return value ? 1n : 0n
    case 'number':
      if (Number.isSafeInteger(value)) return BigInt(value)
      throw refused(position, `the number ${value}`, 'Bind whole numbers, bigint above 2^53, and real(x) for a column of kind real.')
  }
  if (value === null || value instanceof Uint8Array) return value
  if (isMarker(value, 'real')) return (value as Real).value
  throw refused(
    position,
    value === undefined ? 'undefined' : 'an object',
    'Bind text, whole numbers, booleans, null or real(x); JSON goes as text.',
  )
}

/** Every parameter of a statement as it is bound. */
export function bindAll(values: readonly unknown[]): Bound[] {
  return values.map((value, index) => bindable(value, index + 1))
}

const integral = (value: SqlValue) => typeof value === 'bigint' || Number.isSafeInteger(value)
const textual = (value: SqlValue) => typeof value === 'string'
const numeric = (value: SqlValue) => typeof value === 'number' || typeof value === 'bigint'

/** What a column of each kind takes in a plain insert: safe integers may stay numbers, because STRICT columns take them whole or refuse. */
const accepts: Readonly<Record<Kind, (value: SqlValue) => boolean>> = {
  text: textual,
  json: textual,
  int: integral,
  bool: integral,
  instant: integral,
  real: numeric,
}

/** True where a plain insert may bind the value to a column of this kind. */
export function fits(kind: Kind, value: SqlValue): boolean {
  return value === null || accepts[kind](value)
}

/** A value as a literal of a SQLite statement. Text with a NUL, which would end the statement, goes as its bytes. */
export function literal(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value !== 'string') return String(value)
  if (value.includes('\0')) return `CAST(X'${Buffer.from(value).toString('hex')}' AS TEXT)`
  return `'${value.replaceAll("'", "''")}'`
}

function refused(position: number, what: string, hint: string): PurserError {
  return new PurserError('internal', `Parameter ${position} is ${what}, which can not be bound.`, { code: 'binding', hint })
}
