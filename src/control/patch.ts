/** How a patch changes a JSON object: objects merge key by key at every depth, arrays and all else are replaced, null is a value like another. */

import { PurserError } from '../core/errors.ts'
import { canonicalJson, isObject, type JsonObject } from '../core/json.ts'

export function merged(before: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map(Object.entries(before))
  for (const [name, value] of Object.entries(patch)) {
    const old = result.get(name)
    result.set(name, isObject(value) && isObject(old) ? merged(old, value) : value)
  }
  return Object.fromEntries(result)
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

/** What a patch, and paths to take out, leave of a row. `empty` holds the columns that can be taken out whole, and what stands there then. */
export function patched(row: JsonObject, patch: JsonObject, unset: readonly string[], empty: JsonObject): JsonObject {
  const rest = without(merged(row, patch), unset)
  const gone = Object.keys(row).filter((name) => !Object.hasOwn(rest, name))
  const needed = gone.find((name) => !Object.hasOwn(empty, name))
  if (needed !== undefined) {
    throw new PurserError('invalid_request', `"unset" names "${needed}", which always has a value. Give it another one instead.`, {
      field: 'unset',
    })
  }
  return { ...rest, ...Object.fromEntries(gone.map((name) => [name, empty[name] ?? null])) }
}

/** The fields of `fresh` whose values are not those of `old`. */
export function moved(old: JsonObject, fresh: JsonObject): { readonly before: JsonObject; readonly after: JsonObject } {
  const names = Object.keys(fresh).filter((name) => canonicalJson(old[name] ?? null) !== canonicalJson(fresh[name] ?? null))
  const only = (from: JsonObject) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
  return { before: only(old), after: only(fresh) }
}
