/** An operation's input, field by field, as a face needs it that takes text: flags of a command, parameters of a query. */

import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { instantFormat, parseInstant } from './instant.ts'
import type { Operation } from './operation.ts'

/** The format of a text that a person has as a file: a command takes its path. Every other face takes the text. */
export const documentFormat = 'document'

/** The format of a text that proves something: never a flag's value, never shown, never in an answer. */
export const secretFormat = 'secret'

export type FieldType = 'text' | 'integer' | 'number' | 'switch' | 'instant' | 'list' | 'json' | 'document' | 'secret'

export type Field = {
  readonly name: string
  readonly type: FieldType
  readonly required: boolean
  readonly description: string
  readonly choices: readonly string[] | undefined
  readonly fallback: Json | undefined
  /** The field's own JSON Schema. */
  readonly schema: JsonObject
}

export function fieldsOf(asked: Operation): readonly Field[] {
  const whole = z.toJSONSchema(asked.input, { io: 'input' }) as { properties?: Record<string, JsonObject>; required?: string[] }
  return Object.entries(whole.properties ?? {}).map(([name, schema]) => ({
    name,
    type: typeOf(schema),
    required: (whole.required ?? []).includes(name),
    description: typeof schema.description === 'string' ? schema.description : '',
    choices: choicesOf(bare(schema)) ?? choicesOf(schema.items as JsonObject | undefined),
    fallback: schema.default,
    schema,
  }))
}

const types: Readonly<Record<string, FieldType>> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'switch',
  array: 'list',
}

/** What may also be null is typed as what it is else: a command line takes it away with `unset`. Three answers, true, false and null, stay JSON. */
function typeOf(schema: JsonObject): FieldType {
  const { format, type } = bare(schema)
  if (format === documentFormat) return 'document'
  if (format === secretFormat) return 'secret'
  return format === instantFormat ? 'instant' : (types[String(type)] ?? 'json')
}

function bare(schema: JsonObject): JsonObject {
  const some = Array.isArray(schema.anyOf) ? schema.anyOf.filter((each: Json) => isObject(each) && each.type !== 'null') : []
  return some.length === 1 && isObject(some[0]) && some[0].type !== 'boolean' ? some[0] : schema
}

function choicesOf(schema: JsonObject | undefined): readonly string[] | undefined {
  return Array.isArray(schema?.enum) ? schema.enum.map(String) : undefined
}

/** What a text says for a field. The schema still has the last word. */
export function readField(field: Field, text: string): Json {
  switch (field.type) {
    case 'text':
    case 'document':
    case 'secret':
      return text
    case 'list':
      return text === '' ? [] : text.split(',')
    case 'switch':
      if (text !== 'true' && text !== 'false') throw unread(field, text, 'true or false')
      return text === 'true'
    case 'instant':
      return parseInstant(text) ?? fail(unread(field, text, 'an instant: 2026-01-31, 2026-01-31T12:00:00Z, or milliseconds since 1970'))
    case 'integer':
      if (!/^-?\d{1,16}$/.test(text)) throw unread(field, text, 'a whole number')
      return Number(text)
    case 'number':
      if (text.trim() === '' || !Number.isFinite(Number(text))) throw unread(field, text, 'a number')
      return Number(text)
    case 'json':
      try {
        return JSON.parse(text) as Json
      } catch {
        throw unread(field, text, 'JSON')
      }
  }
}

function unread(field: Field, text: string, wanted: string): PurserError {
  return new PurserError('invalid_request', `"${field.name}" must be ${wanted}, and not "${text.slice(0, 80)}".`, { field: field.name })
}

function fail(error: PurserError): never {
  throw error
}
