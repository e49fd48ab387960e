/** A document as text, read as JSON without losing anything: no key twice, no number rounded, no character that a database would refuse. */

import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { scan, scanLimits } from '../../core/scan.ts'
import { isStorable } from '../storable.ts'
import { child } from './pointer.ts'

const mostBytes = 4 * 1024 * 1024
const limits = { ...scanLimits, depth: 128, keys: 200_000, numberLength: 2_000, distinct: new Set<string>() }

/** `field` is the input that carries the text: an error is told by it. */
export function readDocument(text: string, field: string): Json {
  const bytes = Buffer.from(text.startsWith('\ufeff') ? text.slice(1) : text)
  if (bytes.length > mostBytes) throw refused(field, 'is larger than 4 MiB')
  if (bytes.toString('utf8').trim() === '') throw refused(field, 'is empty')
  try {
    scan(bytes, limits)
  } catch (thrown) {
    if (thrown instanceof PurserError) throw refused(field, thrown.message.replace(/^The body /, '').replace(/\.$/, ''))
    throw thrown
  }
  return parsed(new Cursor(bytes.toString('utf8'), field), '')
}

export function readObject(text: string, field: string): JsonObject {
  const value = readDocument(text, field)
  if (!isObject(value)) throw refused(field, 'must be one JSON object')
  return value
}

/** What a value holds that JSON in a database would change: a number that is rounded, text with a zero byte. Kept as it was written. */
export function asWritten(source: string): JsonObject {
  return { $json: source.replaceAll('\ufffd', '\\ufffd') }
}

/** The text is known to be sound JSON. */
class Cursor {
  readonly text: string
  readonly field: string
  at = 0
  constructor(text: string, field: string) {
    this.text = text
    this.field = field
  }
  /** The next character that is no space. */
  peek(): string {
    while (' \t\n\r'.includes(this.text[this.at]!)) this.at += 1
    return this.text[this.at]!
  }
  /** The source of the string, number or word that stands next. */
  token(): string {
    this.peek()
    token.lastIndex = this.at
    const source = token.exec(this.text)![0]
    this.at += source.length
    return source
  }
}

const token = /"(?:[^"\\]|\\.)*"|[^\s,\]}:]+/y

function parsed(cursor: Cursor, pointer: string): Json {
  const next = cursor.peek()
  if (next === '{') return objectOf(cursor, pointer)
  if (next === '[') return arrayOf(cursor, pointer)
  const source = cursor.token()
  const value = JSON.parse(source) as Json
  if (typeof value === 'string') return isStorable(value) ? value : asWritten(source)
  if (typeof value === 'number') return isExact(source, value) ? value : asWritten(source)
  return value
}

function objectOf(cursor: Cursor, pointer: string): JsonObject {
  const entries = new Map<string, Json>()
  for (cursor.at += 1; cursor.peek() !== '}'; ) {
    const key = JSON.parse(cursor.token()) as string
    if (!isStorable(key)) throw refused(cursor.field, `has a key at "${pointer}" with a character that no database keeps`)
    if (entries.has(key)) throw refused(cursor.field, `has the key "${key.slice(0, 100)}" twice in the object at "${pointer}"`)
    cursor.peek()
    cursor.at += 1
    entries.set(key, parsed(cursor, child(pointer, key)))
    if (cursor.peek() === ',') cursor.at += 1
  }
  cursor.at += 1
  return Object.fromEntries(entries)
}

function arrayOf(cursor: Cursor, pointer: string): Json {
  const values: Json[] = []
  for (cursor.at += 1; cursor.peek() !== ']'; ) {
    values.push(parsed(cursor, child(pointer, values.length)))
    if (cursor.peek() === ',') cursor.at += 1
  }
  cursor.at += 1
  return values
}

/** Whether the number that code computes with is the number that was written. */
function isExact(source: string, value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0) && plain(source) === plain(String(value))
}

/** Sign, digits without zeros around them, and the place of the point: equal for equal numbers. */
function plain(source: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source)!
  const digits = (whole! + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${sign}${kept}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length)}`
}

function refused(field: string, what: string): PurserError {
  return new PurserError('invalid_request', `The document "${field}" ${what}.`, {
    code: 'unreadable',
    field,
    hint: 'Nothing was read of it. Mend the file and plan again.',
  })
}
