/** Reads members of a body by type. What is of another type is refused by its dotted path; what nobody knows is named in a warning. */

import type { Warn } from '../core/call.ts'
import { PurserError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { WireRequest } from '../core/wire.ts'
import { parseExactly, plainNumber } from './exact-json.ts'

/** How a body is read: what becomes of a member of the wrong type, and who hears of what is left out. */
export type Reading = { readonly refuse: (field: string, what: string) => PurserError; readonly warn: Warn }

export function refusedRequest(field: string, what: string): PurserError {
  return new PurserError('invalid_request', `The field "${field}" ${what}.`, { field })
}

export function refusedAnswer(field: string, what: string): PurserError {
  return new PurserError('provider_malformed', `The provider's answer cannot be understood: "${field}" ${what}.`, { field })
}

/** A caller's body, whole. */
export function requestBody(request: WireRequest): JsonObject {
  const { body } = request
  const parsed = parseExactly(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  if (!isObject(parsed)) throw new PurserError('invalid_request', 'The body is no JSON object.', { field: 'body' })
  return parsed
}

export function within(path: string, name: string | number): string {
  return path === '' ? String(name) : `${path}.${name}`
}

/** Absent and null are alike: not said. */
export function textIn(from: JsonObject, name: string, path: string, reading: Reading): string | undefined {
  const value = from[name]
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  throw reading.refuse(within(path, name), 'is no text')
}

export function numberIn(from: JsonObject, name: string, path: string, reading: Reading): number | undefined {
  const value = plainNumber(from[name] ?? null)
  if (typeof value === 'number') return value
  if (value === null) return undefined
  throw reading.refuse(within(path, name), 'is no number')
}

export function flagIn(from: JsonObject, name: string, path: string, reading: Reading): boolean | undefined {
  const value = from[name]
  if (typeof value === 'boolean') return value
  if (value === undefined || value === null) return undefined
  throw reading.refuse(within(path, name), 'is neither true nor false')
}

export function objectIn(from: JsonObject, name: string, path: string, reading: Reading): JsonObject | undefined {
  const value = from[name]
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  throw reading.refuse(within(path, name), 'is no object')
}

export function listIn(from: JsonObject, name: string, path: string, reading: Reading): readonly Json[] | undefined {
  const value = from[name]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value as readonly Json[]
  throw reading.refuse(within(path, name), 'is no list')
}

/** A list of objects, with the path of each. */
export function objectsIn(from: JsonObject, name: string, path: string, reading: Reading): readonly Placed[] {
  const listPath = within(path, name)
  return (listIn(from, name, path, reading) ?? []).map((value, index) => {
    if (isObject(value)) return { value, path: `${listPath}.${index}` }
    throw reading.refuse(`${listPath}.${index}`, 'is no object')
  })
}

export type Placed = { readonly value: JsonObject; readonly path: string }

/** What must be there. */
export function needed<T>(value: T | undefined, name: string, path: string, reading: Reading): T {
  if (value === undefined) throw reading.refuse(within(path, name), 'is missing')
  return value
}

/** Warns of every member that is not among the known, and says something. */
export function warnOfStrangers(from: JsonObject, known: ReadonlySet<string>, path: string, warn: Warn): void {
  for (const name in from) {
    if (!known.has(name) && from[name] !== null) warn({ field: within(path, name), reason: 'unknown field' })
  }
}

/** Warns of every member of an answer that is not among the known, and says something. */
export function warnOfUntold(from: JsonObject, known: ReadonlySet<string>, path: string, warn: Warn): void {
  for (const name in from) {
    if (!known.has(name) && says(from[name])) warn({ field: within(path, name), reason: 'it is not translated' })
  }
}

/** Nothing is said by null, by an empty text, list or object, and by an object of nothing but these. */
function says(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false
  return typeof value !== 'object' || Object.values(value).some(says)
}
