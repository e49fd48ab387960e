/** JSON as a type, and its canonical text: the form in which two values are compared byte for byte. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [key: string]: Json }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Paths are the few that code and dialects name, and are walked for every answer: each is taken apart once. */
const keysOf = new Map<string, readonly string[]>()
const mostPaths = 1_000

/** The value at a dotted path (`prompt_tokens_details.cached_tokens`), or undefined where the path leaves the value. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let keys = keysOf.get(path)
  if (keys === undefined) {
    keys = path.split('.')
    if (keysOf.size < mostPaths) keysOf.set(path, keys)
  }
  let here = value
  for (const key of keys) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined
    here = here[key]
  }
  return here
}

/** The text parsed, or undefined where it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Keys sorted, no spaces, bigint as a decimal string: equal values have equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return part.toString()
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}
