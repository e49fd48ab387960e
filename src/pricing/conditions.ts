/** When a price holds: a JSON object of conditions, compiled once, and the order in which two sets of prices outrank each other. */

import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts'
import type { PriceContext } from '../core/usage.ts'

/** What conditions look at: the price context, and the input and output of one provider call. */
export type Facts = { readonly context: PriceContext; readonly inputTokens: bigint; readonly outputTokens: bigint }

export type Conditions = {
  readonly keys: readonly string[]
  readonly holds: (facts: Facts) => boolean
  /** The lowest count that each range admits; 0 where there is none. */
  readonly contextFloor: bigint
  readonly outputFloor: bigint
}

type Test = (facts: Facts) => boolean
type Range = { readonly floor: bigint; readonly admits: (count: bigint) => boolean }

/** What silence means: these three always have a word. */
const ordinary: Record<string, string> = { service_tier: 'standard', speed: 'standard', region: 'global' }
const wordKeys = ['service_tier', 'speed', 'region', 'resolution', 'quality', 'search_context_size'] as const
type WordKey = (typeof wordKeys)[number]
export const tierKeys = ['service_tier', 'speed', 'region'] as const
type TierKey = (typeof tierKeys)[number]

/** Undefined for conditions that this release cannot judge: what hangs on them must then count as having no price. */
export function compileConditions(value: Json): Conditions | undefined {
  if (!isObject(value)) return undefined
  const tests: Test[] = []
  const floors: Record<string, bigint> = {}
  for (const [key, wanted] of Object.entries(value)) {
    const count = key === 'context_tokens' ? inputTokens : key === 'output_tokens' ? outputTokens : undefined
    const test = count === undefined ? wordTest(key, wanted) : undefined
    const limits = count === undefined ? undefined : range(wanted)
    if (limits !== undefined && count !== undefined) {
      floors[key] = limits.floor
      tests.push((facts) => limits.admits(count(facts)))
    } else if (test !== undefined) tests.push(test)
    else return undefined
  }
  return {
    keys: Object.keys(value).sort(),
    holds: (facts) => tests.every((test) => test(facts)),
    contextFloor: floors.context_tokens ?? 0n,
    outputFloor: floors.output_tokens ?? 0n,
  }
}

/** The canonical text of conditions: keys sorted, lists sorted and each word once, no spaces. */
export function conditionKey(value: JsonObject): string {
  return canonicalJson(Object.fromEntries(Object.entries(value).map(([key, part]) => [key, sortLists(part)])))
}

/** Negative where `a` outranks `b`: higher priority, then more keys, then the higher lower bounds. */
export function compareRank(a: Conditions & { readonly priority: bigint }, b: Conditions & { readonly priority: bigint }): number {
  return (
    Number(b.priority - a.priority) ||
    b.keys.length - a.keys.length ||
    order(a.keys.join(), b.keys.join()) ||
    Number(b.contextFloor - a.contextFloor) ||
    Number(b.outputFloor - a.outputFloor)
  )
}

/** The word under a key that is out of the ordinary, or undefined. */
export function unusualWord(context: PriceContext, key: TierKey): string | undefined {
  const word = wordOf(context, key)
  return word === ordinary[key] ? undefined : word
}

/** What the context says under a word key. Empty text is absent. */
function wordOf(context: PriceContext, key: WordKey): string | undefined {
  return context[key] || ordinary[key]
}

const inputTokens = (facts: Facts): bigint => facts.inputTokens
const outputTokens = (facts: Facts): bigint => facts.outputTokens

function wordTest(key: string, wanted: Json): Test | undefined {
  if (key === 'thinking') return typeof wanted === 'boolean' ? (facts) => (facts.context.thinking ?? false) === wanted : undefined
  const word = wordKeys.find((each) => each === key)
  if (word === undefined) return undefined
  const list = words(wanted)
  if (list !== undefined) return (facts) => list.has(wordOf(facts.context, word) ?? '')
  const others = isObject(wanted) && Object.keys(wanted).join() === 'not' ? words(wanted.not) : undefined
  return others && ((facts) => !others.has(wordOf(facts.context, word) ?? ''))
}

function words(value: Json | undefined): ReadonlySet<string> | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  return value.every((word) => typeof word === 'string' && word !== '') ? new Set(value as string[]) : undefined
}

function range(value: Json): Range | undefined {
  if (!isObject(value)) return undefined
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.some(([key, bound]) => !['gt', 'gte', 'lt', 'lte'].includes(key) || !Number.isSafeInteger(bound)))
    return undefined
  const bound = (key: string, step: bigint): bigint | undefined =>
    value[key] === undefined ? undefined : BigInt(value[key] as number) + step
  const floor = bound('gt', 1n) ?? bound('gte', 0n) ?? 0n
  const ceiling = bound('lt', -1n) ?? bound('lte', 0n)
  return { floor, admits: (count) => count >= floor && (ceiling === undefined || count <= ceiling) }
}

function sortLists(value: Json): Json {
  if (Array.isArray(value)) return [...new Set(value as Json[])].sort((a, b) => order(String(a), String(b)))
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, sortLists(part)])) : value
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
