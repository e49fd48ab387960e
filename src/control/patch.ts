/** How a patch changes a JSON object: objects merge key by key at every depth, arrays and all else are replaced, null is a value like another. */

import { PurserError } from '../core/errors.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts'

export function merged(before: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json> = { ...before }
  for (const [name, value] of Object.entries(patch)) {
    const old = Object.hasOwn(result, name) ? result[name] : undefined
    result[name] = isObject(value) && isObject(old) ? merged(old, value) : value
  }
  return result
}

/** The object without what stands at each dotted path. A path that leads nowhere is a slip, and refused. */
export function without(object: JsonObject, paths: readonly string[], field = 'unset'): JsonObject {
  return paths.reduce((rest, path) => {
    const [first = '', ...deeper] = path.split('.')
    return cut(rest, first, deeper, path, field)
  }, object)
}

function cut(object: JsonObject, name: string, deeper: readonly string[], path: string, field: string): JsonObject {
  if (!Object.hasOwn(object, name)) {
    throw new PurserError('invalid_request', `"${field}" names "${path}", and there is no such value.`, { field })
  }
  const { [name]: here, ...rest } = object
  const [next, ...further] = deeper
  if (next === undefined) return rest
  return { ...object, [name]: cut(isObject(here) ? here : {}, next, further, path, field) }
}

/** The fields of `fresh` whose values are not those of `old`. */
export function moved(old: JsonObject, fresh: JsonObject): { readonly before: JsonObject; readonly after: JsonObject } {
  const names = Object.keys(fresh).filter((name) => canonicalJson(old[name] ?? null) !== canonicalJson(fresh[name] ?? null))
  const only = (from: JsonObject) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
  return { before: only(old), after: only(fresh) }
}
