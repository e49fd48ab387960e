/** One pass over a JSON body: where the top-level keys stand, how deep it is, how many keys it has, which are doubled. */

import { isUtf8 } from 'node:buffer'
import { PurserError } from './errors.ts'
import type { Json } from './json.ts'

/** Byte offsets of one top-level member: the key without its quotes, and its value from the first to one past the last byte. */
export type Member = { readonly key: string; readonly keyStart: number; readonly valueStart: number; readonly valueEnd: number }

/** A body that was read without fault. `members` is empty for a body that is no object. */
export type Scan = {
  readonly kind: 'object' | 'array' | 'scalar' | 'empty'
  readonly members: readonly Member[]
  /** Offsets of the object's braces: the `{` itself and the `}` itself. Both -1 for a body that is no object. */
  readonly open: number
  readonly close: number
  readonly depth: number
  readonly keys: number
}

export type ScanLimits = {
  readonly depth: number
  readonly keys: number
  readonly numberLength: number
  /** Top-level members inside which Purser reads: an object there, or each object of an array there, may not double a key either. */
  readonly distinct: ReadonlySet<string>
}

export const scanLimits: ScanLimits = {
  depth: 64,
  keys: 100_000,
  numberLength: 64,
  distinct: new Set(['stream_options', 'messages', 'tools', 'thinking', 'web_search_options', 'metadata']),
}

/**
 * Reads the whole body as strict JSON (RFC 8259, valid UTF-8, nothing after the value) without making values of it. Throws
 * `invalid_request` with the byte at which it stopped. No bytes at all are `empty`, which is what a request without a body has.
 */
export function scan(body: Uint8Array, limits: ScanLimits = scanLimits): Scan {
  if (body.length === 0) return { kind: 'empty', members: [], open: -1, close: -1, depth: 0, keys: 0 }
  if (!isUtf8(body)) throw invalid(firstBadByte(body), 'the bytes are no valid UTF-8')
  const reader: Reader = { bytes: body, end: body.length, limits, at: 0, keys: 0, depth: 0, escaped: false, members: [] }
  skipSpace(reader)
  const open = reader.at
  const first = body[open]
  const kind = first === openBrace ? 'object' : first === openBracket ? 'array' : 'scalar'
  if (kind === 'object') readObject(reader, 1, true, true)
  else readValue(reader, 0, false)
  const close = kind === 'object' ? reader.at - 1 : -1
  skipSpace(reader)
  if (reader.at !== reader.end) throw invalid(reader.at, 'there is text after the end of the value')
  return { kind, members: reader.members, open: kind === 'object' ? open : -1, close, depth: reader.depth, keys: reader.keys }
}

/** The top-level member of that name, if the body has one. */
export function memberOf(scanned: Scan, key: string): Member | undefined {
  for (const member of scanned.members) if (member.key === key) return member
  return undefined
}

/** The value of one top-level member, parsed; undefined where the body has no such member. */
export function memberValue(body: Uint8Array, scanned: Scan, key: string): Json | undefined {
  const member = memberOf(scanned, key)
  return member && (JSON.parse(textOf(body, member.valueStart, member.valueEnd)) as Json)
}

type Reader = {
  readonly bytes: Uint8Array
  readonly end: number
  readonly limits: ScanLimits
  readonly members: Member[]
  at: number
  keys: number
  depth: number
  /** The string just read holds a backslash. */
  escaped: boolean
}

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const comma = 0x2c
const minus = 0x2d
const zero = 0x30

const classes = (members: string): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (members.includes(String.fromCharCode(byte)) ? 1 : 0))
const isSpace = classes(' \t\n\r')
const isDigit = classes('0123456789')
const isHex = classes('0123456789abcdefABCDEF')
const isEscape = classes('"\\/bfnrtu')
/** Bytes at which the inside of a string is not simply passed over: the quote, the backslash and the control characters. */
const stopsString = Uint8Array.from({ length: 256 }, (_, byte) => (byte === quote || byte === backslash || byte < 0x20 ? 1 : 0))
const literals: Readonly<Record<number, string>> = { 116: 'true', 102: 'false', 110: 'null' }

function readValue(reader: Reader, depth: number, distinct: boolean): void {
  const byte = reader.bytes[reader.at]
  if (byte === quote) readString(reader)
  else if (byte === openBrace) readObject(reader, depth + 1, distinct, false)
  else if (byte === openBracket) readArray(reader, depth + 1, distinct)
  else if (byte === minus || isDigit[byte ?? 0] === 1) readNumber(reader)
  else readLiteral(reader, literals[byte ?? 0])
}

function readObject(reader: Reader, depth: number, distinct: boolean, top: boolean): void {
  enter(reader, depth)
  const seen = distinct ? new Set<string>() : undefined
  skipSpace(reader)
  if (reader.bytes[reader.at] === closeBrace) {
    reader.at += 1
    return
  }
  for (;;) {
    const keyStart = reader.at + 1
    if (reader.bytes[reader.at] !== quote) throw unexpected(reader, 'a key in double quotes')
    readString(reader)
    if (++reader.keys > reader.limits.keys) throw tooMuch(keyStart, `holds more than ${reader.limits.keys} keys`)
    const key = seen ? keyText(reader, keyStart) : ''
    if (seen && seen.size === seen.add(key).size) throw doubled(key, keyStart)
    skipSpace(reader)
    if (reader.bytes[reader.at] !== colon) throw unexpected(reader, 'a colon')
    reader.at += 1
    skipSpace(reader)
    const valueStart = reader.at
    readValue(reader, depth, top && reader.limits.distinct.has(key))
    if (top) reader.members.push({ key, keyStart, valueStart, valueEnd: reader.at })
    skipSpace(reader)
    const next = reader.bytes[reader.at]
    if (next === closeBrace) break
    if (next !== comma) throw unexpected(reader, 'a comma or a closing brace')
    reader.at += 1
    skipSpace(reader)
  }
  reader.at += 1
}

function readArray(reader: Reader, depth: number, distinct: boolean): void {
  enter(reader, depth)
  skipSpace(reader)
  if (reader.bytes[reader.at] === closeBracket) {
    reader.at += 1
    return
  }
  for (;;) {
    readValue(reader, depth, distinct)
    skipSpace(reader)
    const next = reader.bytes[reader.at]
    if (next === closeBracket) break
    if (next !== comma) throw unexpected(reader, 'a comma or a closing bracket')
    reader.at += 1
    skipSpace(reader)
  }
  reader.at += 1
}

/** Steps over the opening brace or bracket. */
function enter(reader: Reader, depth: number): void {
  if (depth > reader.limits.depth) throw tooMuch(reader.at, `nests deeper than ${reader.limits.depth} levels`)
  if (depth > reader.depth) reader.depth = depth
  reader.at += 1
}

function readString(reader: Reader): void {
  const { bytes, end } = reader
  let at = reader.at + 1
  reader.escaped = false
  for (;;) {
    // Four bytes at a time: most of a body is the inside of long strings.
    while (
      at + 4 <= end &&
      (stopsString[bytes[at]!]! | stopsString[bytes[at + 1]!]! | stopsString[bytes[at + 2]!]! | stopsString[bytes[at + 3]!]!) === 0
    )
      at += 4
    while (at < end && stopsString[bytes[at]!] === 0) at += 1
    if (at >= end) throw invalid(end, 'a string has no closing quote')
    const byte = bytes[at]
    if (byte === quote) break
    if (byte !== backslash) throw invalid(at, 'a control character stands in a string without being escaped')
    at = escapeEnd(reader, at)
  }
  reader.at = at + 1
}

/** One past the escape that begins at the backslash. */
function escapeEnd(reader: Reader, at: number): number {
  const { bytes } = reader
  reader.escaped = true
  const letter = bytes[at + 1] ?? 0
  if (isEscape[letter] !== 1) throw invalid(at, 'a backslash begins no escape that JSON knows')
  if (letter !== 0x75) return at + 2
  for (let digit = at + 2; digit < at + 6; digit += 1)
    if (isHex[bytes[digit] ?? 0] !== 1) throw invalid(at, 'a \\u escape has no four hexadecimal digits')
  return at + 6
}

function readNumber(reader: Reader): void {
  const { bytes } = reader
  const start = reader.at
  if (bytes[reader.at] === minus) reader.at += 1
  if (bytes[reader.at] === zero) reader.at += 1
  else readDigits(reader)
  if (bytes[reader.at] === 0x2e) {
    reader.at += 1
    readDigits(reader)
  }
  const exponent = bytes[reader.at]
  if (exponent === 0x65 || exponent === 0x45) {
    reader.at += 1
    const sign = bytes[reader.at]
    if (sign === 0x2b || sign === minus) reader.at += 1
    readDigits(reader)
  }
  if (reader.at - start > reader.limits.numberLength)
    throw tooMuch(start, `holds a number of more than ${reader.limits.numberLength} characters`)
}

function readDigits(reader: Reader): void {
  const start = reader.at
  while (isDigit[reader.bytes[reader.at] ?? 0] === 1) reader.at += 1
  if (reader.at === start) throw unexpected(reader, 'a digit')
}

function readLiteral(reader: Reader, word: string | undefined): void {
  if (word === undefined) throw unexpected(reader, 'a value')
  for (let index = 1; index < word.length; index += 1) {
    if (reader.bytes[reader.at + index] !== word.charCodeAt(index)) throw unexpected(reader, `the word ${word}, whole`)
  }
  reader.at += word.length
}

function skipSpace(reader: Reader): void {
  while (isSpace[reader.bytes[reader.at] ?? 0] === 1) reader.at += 1
}

/** The key just read, which ended one byte before `at`. Two spellings of one key have one text. */
function keyText(reader: Reader, start: number): string {
  const text = textOf(reader.bytes, start, reader.at - 1)
  return reader.escaped ? (JSON.parse(`"${text}"`) as string) : text
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('utf8', start, end)
}

/** Where decoding and encoding again first gives another byte. */
function firstBadByte(body: Uint8Array): number {
  const again = Buffer.from(textOf(body, 0, body.length))
  return body.findIndex((byte, index) => byte !== again[index])
}

function unexpected(reader: Reader, wanted: string): PurserError {
  return invalid(reader.at, reader.at >= reader.end ? `the body ends where ${wanted} was expected` : `${wanted} was expected`)
}

function invalid(at: number, what: string): PurserError {
  return new PurserError('invalid_request', `The body is not valid JSON: at byte ${at}, ${what}.`, {
    code: 'invalid_json',
    hint: 'Send one JSON value in UTF-8.',
  })
}

function tooMuch(at: number, what: string): PurserError {
  return new PurserError('invalid_request', `The body ${what} (byte ${at}).`, {
    code: 'json_limit',
    hint: 'Send a smaller or flatter body.',
  })
}

function doubled(key: string, at: number): PurserError {
  const shown = JSON.stringify(key.slice(0, 100))
  return new PurserError('invalid_request', `The key ${shown} stands twice in one object (byte ${at}).`, {
    code: 'duplicate_key',
    field: key.slice(0, 100),
    hint: 'Send each key once.',
  })
}
