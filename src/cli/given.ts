/** What a command line says of an operation's input: by flag, from a file, or path by path with `--set`. */

import { readFileSync } from 'node:fs'
import { type Field, readField } from '../control/fields.ts'
import { PurserError } from '../core/errors.ts'
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { nearest } from '../core/nearest.ts'

/** A flag's text as the field takes it. JSON may stand in a file, `@dialect.json`; a document always does, and `-` is standard input. */
export function readText(field: Field, text: string, flag: string): Json {
  if (field.type === 'document') return fileText(text, flag)
  if (field.type !== 'json' || !text.startsWith('@')) return readField(field, text)
  const value = parseJson(fileText(text.slice(1), flag))
  if (value === undefined) throw wrong(flag, `names ${text.slice(1)}, which is not JSON.`)
  return value
}

function fileText(path: string, flag: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw wrong(flag, `names ${path}, which cannot be read: ${code === 'ENOENT' ? 'there is no such file' : (code ?? 'unknown')}.`)
  }
}

/** The input with each `path=value` put where its path leads. A value is JSON where it reads as JSON, else text. */
export function withAssignments(input: JsonObject, assignments: readonly string[], fields: readonly Field[]): JsonObject {
  return assignments.reduce((whole, assignment) => {
    const { path, text } = splitAssignment(assignment)
    const field = fieldOf(path[0]!, fields)
    const read = parseJson(text)
    const value = path.length === 1 && field.type !== 'json' ? readField(field, text) : read === undefined ? text : read
    return placed(whole, [field.name, ...path.slice(1)], value)
  }, input)
}

/** A dot inside a key is written `\.`, as in `dialect.models.gpt-5\.1.drop`. */
function splitAssignment(assignment: string): { readonly path: readonly string[]; readonly text: string } {
  const equals = assignment.indexOf('=')
  const path = assignment
    .slice(0, Math.max(equals, 0))
    .split(/(?<!\\)\./)
    .map((key) => key.replaceAll('\\.', '.'))
  if (path.some((key) => key === ''))
    throw wrong('--set', `takes path=value, such as dialect.outputCap=max_tokens, and not "${assignment}".`)
  return { path, text: assignment.slice(equals + 1) }
}

function fieldOf(typed: string, fields: readonly Field[]): Field {
  const name = typed.replaceAll('-', '_')
  const field = fields.find((each) => each.name === name)
  if (field !== undefined) return field
  const names = fields.map((each) => each.name)
  const meant = nearest(name, names)
  throw wrong('--set', `names "${typed}", which is not to be set here.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`)
}

function placed(object: JsonObject, [key, ...deeper]: readonly string[], value: Json): JsonObject {
  const here = Object.hasOwn(object, key!) ? object[key!] : undefined
  return { ...object, [key!]: deeper.length === 0 ? value : placed(isObject(here) ? here : {}, deeper, value) }
}

function wrong(flag: string, what: string): PurserError {
  return new PurserError('invalid_request', `${flag} ${what}`, { field: flag })
}
