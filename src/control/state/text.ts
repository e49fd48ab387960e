/**
 * The control state as a text and back, without loss, as JSON or as TOML. TOML has no null: a table lists its null fields under `null`,
 * and what TOML has no form for stands as `{ json = "…" }`.
 */

import { parse, stringify, TomlError } from 'smol-toml'
import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { scan, scanLimits } from '../../core/scan.ts'
import { sections } from './document.ts'

export const stateFormats = ['toml', 'json'] as const
export type StateFormat = (typeof stateFormats)[number]

export function printState(document: JsonObject, format: StateFormat): string {
  return format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(toToml(document) as JsonObject)
}

/** JSON where it begins with a brace, as no TOML does. Throws `invalid_request` with the place at which it cannot be read. */
export function readState(text: string): Json {
  return text.trimStart().startsWith('{') ? readJson(text) : readToml(text)
}

function readJson(text: string): Json {
  try {
    scan(Buffer.from(text), { ...scanLimits, distinct: new Set(sections) })
  } catch (cause) {
    throw unreadable('JSON', cause instanceof PurserError ? cause.message : 'it is not valid.', cause)
  }
  const doubled = keyTwice(text)
  if (doubled !== undefined) throw unreadable('JSON', `the key ${doubled} stands twice in one object.`, undefined)
  return JSON.parse(text) as Json
}

/** The first key that an object of this sound JSON has twice: of two values one would be lost without a word. */
function keyTwice(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [, token, colon] of text.matchAll(/("(?:[^"\\]|\\.)*"|[{}])(\s*:)?/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const key = JSON.parse(token!) as string
      if (open.at(-1)!.has(key)) return token
      open.at(-1)!.add(key)
    }
  }
  return undefined
}

function readToml(text: string): Json {
  try {
    return fromToml(parse(text) as Json)
  } catch (cause) {
    if (cause instanceof PurserError) throw cause
    const place = cause instanceof TomlError ? `line ${cause.line}, column ${cause.column}: ` : ''
    const why = cause instanceof Error ? cause.message.split('\n')[0]! : 'it is not valid'
    throw unreadable('TOML', `${place}${why}.`, cause)
  }
}

function unreadable(format: string, why: string, cause: unknown): PurserError {
  return new PurserError('invalid_request', `The document cannot be read as ${format}: ${why}`, { field: 'document', cause })
}

const nulls = 'null'
const wrapped = 'json'

function toToml(value: Json): Json {
  if (needsWrap(value)) return { [wrapped]: JSON.stringify(value) }
  if (Array.isArray(value)) return value.map(toToml)
  if (!isObject(value)) return value
  const entries = Object.entries(value)
  const absent = entries.filter(([, part]) => part === null).map(([name]) => name)
  const said = entries.filter(([, part]) => part !== null).map(([name, part]) => [name, toToml(part)] as const)
  return Object.fromEntries(absent.length === 0 ? said : [...said, [nulls, absent] as const])
}

/** What would be read as something else: a null in a list, a field that bears one of the two names, a list whose items are no tables alone. */
function needsWrap(value: Json): boolean {
  if (Array.isArray(value)) return value.includes(null)
  return isObject(value) && (Object.hasOwn(value, nulls) || isWrap(value))
}

function isWrap(value: JsonObject): boolean {
  return Object.keys(value).length === 1 && typeof value[wrapped] === 'string'
}

function fromToml(value: Json): Json {
  if (Array.isArray(value)) return value.map(fromToml)
  if (!isObject(value)) {
    if (typeof value === 'object' && value !== null) throw strange('a date or a time')
    return value
  }
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) throw strange('a date or a time')
  if (isWrap(value)) return unwrap(String(value[wrapped]))
  const { [nulls]: absent, ...rest } = value
  const said = Object.entries(rest).map(([name, part]) => [name, fromToml(part)] as const)
  if (absent === undefined) return Object.fromEntries(said)
  if (!Array.isArray(absent) || !absent.every((name: Json) => typeof name === 'string'))
    throw strange(`a "${nulls}" that is no list of names`)
  const doubled = absent.find((name: Json) => Object.hasOwn(rest, name as string))
  if (doubled !== undefined) throw strange(`"${String(doubled)}" with a value and in "${nulls}"`)
  return Object.fromEntries([...said, ...absent.map((name: Json) => [name as string, null] as const)])
}

function unwrap(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw unreadable('TOML', `"${wrapped}" holds a text that is no JSON.`, cause)
  }
}

function strange(what: string): PurserError {
  return unreadable('TOML', `it holds ${what}, which a state has no place for.`, undefined)
}
