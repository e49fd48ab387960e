/** Three-way merge of JSON values: what was said before (base), what stands (ours), what is said now (theirs). Objects merge per key at every depth. */

import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts'

/** A value that may be missing. Null is a value; a missing key means the default. */
export type Value = Json | undefined
export type Path = readonly string[]

export type MergeLine = {
  /** `held`: theirs could be taken, and waits. */
  readonly action: 'take' | 'keep' | 'converged' | 'conflict' | 'held'
  readonly path: Path
  readonly base: Value
  readonly ours: Value
  readonly theirs: Value
  /** Why it is held. */
  readonly reason: string | null
}

export type Merged<V extends Value = Value> = { readonly value: V; readonly base: V; readonly lines: readonly MergeLine[] }

export type MergeRules = {
  /** Why theirs may not be taken at this path yet, or null. */
  readonly hold?: (path: Path, ours: Value, theirs: Value) => string | null
  /** Top-level keys whose objects are one value: their parts mean nothing apart. */
  readonly whole?: ReadonlySet<string>
}

export type Verdict = 'same' | Exclude<MergeLine['action'], 'held'>

/** What becomes of one value, by who moved it away from what was said before. What operators moved is theirs to keep. */
export function verdictOn(base: Value, ours: Value, theirs: Value): Verdict {
  if (sameValue(ours, theirs)) return sameValue(base, theirs) ? 'same' : 'converged'
  if (sameValue(base, theirs)) return 'keep'
  return sameValue(base, ours) ? 'take' : 'conflict'
}

/** Merges the fields of a thing. What is taken or equal moves the base; a conflict, and what is held, freezes its own path alone. */
export function mergeFields(base: JsonObject, ours: JsonObject, theirs: JsonObject, rules: MergeRules = {}): Merged<JsonObject> {
  return mergeObjects(base, ours, theirs, [], rules)
}

function mergeObjects(base: JsonObject, ours: JsonObject, theirs: JsonObject, path: Path, rules: MergeRules): Merged<JsonObject> {
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs), ...Object.keys(base)])]
  const parts = keys.map((key) => [key, merge(own(base, key), own(ours, key), own(theirs, key), [...path, key], rules)] as const)
  return {
    value: objectOf(parts.map(([key, { value }]) => [key, value])),
    base: objectOf(parts.map(([key, part]) => [key, part.base])),
    lines: parts.flatMap(([, { lines }]) => lines),
  }
}

function merge(base: Value, ours: Value, theirs: Value, path: Path, rules: MergeRules): Merged {
  const settled = (action: MergeLine['action'], value: Value, freshBase: Value, reason: string | null = null): Merged => ({
    value,
    base: freshBase,
    lines: [{ action, path, base, ours, theirs, reason }],
  })
  const verdict = verdictOn(base, ours, theirs)
  if (verdict === 'same') return { value: ours, base, lines: [] }
  const isWhole = path.length === 1 && rules.whole?.has(path[0]!) === true
  if (!isWhole && isObject(ours) && isObject(theirs) && (isObject(base) || bothAdded(base, ours, theirs))) {
    const merged = mergeObjects(isObject(base) ? base : {}, ours, theirs, path, rules)
    const stays = base === undefined && Object.keys(merged.base as JsonObject).length === 0
    return stays ? { ...merged, base } : merged
  }
  if (verdict !== 'take') return settled(verdict, ours, verdict === 'converged' ? theirs : base)
  const reason = rules.hold?.(path, ours, theirs) ?? null
  return reason === null ? settled('take', theirs, theirs) : settled('held', ours, base, reason)
}

/** Two objects where none was: their keys do not meet by chance. An empty one was meant to be empty. */
function bothAdded(base: Value, ours: JsonObject, theirs: JsonObject): boolean {
  return base === undefined && Object.keys(ours).length > 0 && !sameValue(ours, theirs)
}

export function sameValue(a: Value, b: Value): boolean {
  return a === undefined || b === undefined ? a === b : canonicalJson(a) === canonicalJson(b)
}

/** The value at a path, or undefined where there is none. */
export function valueAt(object: JsonObject, path: Path): Value {
  return path.reduce<Value>((here, key) => (isObject(here) ? own(here, key) : undefined), object)
}

/** The object with this value at the path; undefined takes out what stands there. */
export function withValue(object: JsonObject, [key, ...deeper]: Path, value: Value): JsonObject {
  if (key === undefined) return object
  const here = own(object, key)
  const fresh = deeper.length === 0 ? value : withValue(isObject(here) ? here : {}, deeper, value)
  const others = Object.entries(object).filter(([name]) => name !== key)
  return objectOf([...others, [key, fresh]])
}

/** A path as it is shown and typed: dotted, with quotes around a key that has a dot itself. */
export function printPath(path: Path): string {
  return path.map((key) => (/^[\w*/:-]+$/.test(key) ? key : JSON.stringify(key))).join('.')
}

function own(object: JsonObject, key: string): Value {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function objectOf(entries: readonly (readonly [string, Value])[]): JsonObject {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as JsonObject
}
