/** A tool call's arguments between two forms: the text that a model wrote, and the object that some contracts must have. */

import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { parseExactly, plainNumber } from './exact-json.ts'

/** Where the text is no object, it stands under this name, and is taken from there again. */
const unreadable = '_unreadable_arguments'

export const unsoundArguments = { field: 'arguments', reason: 'the arguments of a tool call are no JSON object' } as const

export type Parsed = { readonly object: JsonObject; readonly sound: boolean }

/** No text at all is an empty object: a tool without parameters is called so. */
export function objectOf(text: string): Parsed {
  if (text.trim() === '') return { object: {}, sound: true }
  const parsed = parsedOrUndefined(text)
  return isObject(parsed) ? { object: parsed, sound: true } : { object: { [unreadable]: text }, sound: false }
}

export function textOfArguments(object: JsonObject): string {
  const raw = object[unreadable]
  return typeof raw === 'string' && Object.keys(object).length === 1 ? raw : JSON.stringify(object)
}

function parsedOrUndefined(text: string): Json | undefined {
  try {
    return plainNumber(parseExactly(text))
  } catch {
    return undefined
  }
}
