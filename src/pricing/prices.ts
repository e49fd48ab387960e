/** What a card says of one meter: the first price along the chain in the highest set that holds, and the factors on top. */

import type { Json } from '../core/json.ts'
import { isMeter, type Meter, meters } from '../core/meters.ts'
import type { PriceContext } from '../core/usage.ts'
import type { RateCard } from './book.ts'
import { type Conditions, compareRank, compileConditions, type Facts, tierKeys, unusualWord } from './conditions.ts'

/** A row of a set. `nanos` null: not sold. `componentId` null: a column of the card. `keys` are those of its conditions. */
export type Price = {
  readonly meter: Meter
  readonly nanos: bigint | null
  readonly perUnits: bigint
  readonly componentId: string | null
  readonly keys: readonly string[]
}
export type Factor = { readonly num: bigint; readonly den: bigint; readonly ids: readonly string[] }

type PriceSet = Conditions & { readonly priority: bigint; readonly prices: ReadonlyMap<string, Price> }
type Multiplier = {
  readonly id: string
  readonly num: bigint
  readonly den: bigint
  readonly meters: readonly string[]
  readonly conditions: Conditions
}

/** A card ready to be asked. Undefined in place of one: it carries conditions that this release cannot judge, so it prices nothing. */
export type PriceTable = {
  /** Highest rank first; the columns and the unconditional components come last. */
  readonly sets: readonly PriceSet[]
  readonly multipliers: readonly Multiplier[]
  readonly listed: ReadonlyMap<string, Listed>
}
/** The words that any row of the card lists under a key, and whether a row excludes some. */
type Listed = { readonly words: ReadonlySet<string>; readonly excludes: boolean }

const million = 1_000_000n
const whole: Factor = { num: 1n, den: 1n, ids: [] }
const tables = new WeakMap<RateCard, { readonly table: PriceTable | undefined }>()

export function priceTable(card: RateCard): PriceTable | undefined {
  const known = tables.get(card)
  if (known !== undefined) return known.table
  const table = compile(card)
  tables.set(card, { table })
  return table
}

/** Rank before closeness: each set is walked along the whole chain before the next one is asked. */
export function priceOf(table: PriceTable, meter: Meter, facts: Facts): Price | undefined {
  for (const set of table.sets) {
    if (!set.holds(facts)) continue
    const own = set.prices.get(meter)
    if (own !== undefined) return own
    for (const next of meters[meter].chain) {
      const price = set.prices.get(next)
      if (price !== undefined) return price
    }
  }
  return undefined
}

/** All that multiply the meter's price, in lowest terms. A component that names every key of a multiplier has its price in full already. */
export function factorOf(table: PriceTable, meter: Meter, price: Price, facts: Facts): Factor {
  if (table.multipliers.length === 0) return whole
  const isToken = meters[meter].group !== 'other'
  const applied = table.multipliers.filter(
    (each) =>
      (each.meters.includes(meter) || (isToken && each.meters.includes('*'))) &&
      each.conditions.holds(facts) &&
      (each.conditions.keys.length === 0 || !each.conditions.keys.every((key) => price.keys.includes(key))),
  )
  if (applied.length === 0) return whole
  const num = applied.reduce((product, each) => product * each.num, 1n)
  const den = applied.reduce((product, each) => product * each.den, 1n)
  const divisor = greatestCommonDivisor(num, den)
  return { num: num / divisor, den: den / divisor, ids: applied.map((each) => each.id) }
}

/** Whether what was counted is sold by another measure: a set that holds then prices that one by a row of its own. */
export function isSoldOtherwise(table: PriceTable, meter: Meter, facts: Facts): boolean {
  const others = alternatives.find((group) => group.includes(meter))?.filter((other) => other !== meter)
  return (
    others !== undefined &&
    table.sets.some((set) => set.holds(facts) && others.some((other) => rowsOf(other).some((row) => sells(set, row))))
  )
}

/** Ways of counting one thing; a vendor bills by one of them. */
const alternatives: readonly (readonly Meter[])[] = [
  ['grounding_queries', 'grounded_prompts'],
  ['images', 'image_pixels', 'output_image_tokens'],
  ['input_audio_ms', 'input_audio_tokens'],
  ['input_characters', 'output_audio_ms', 'output_audio_tokens'],
]

/** Durations of audio share a price by the hour; the roots of text are nobody's own row. */
function rowsOf(meter: Meter): readonly Meter[] {
  return (meters[meter].chain as readonly Meter[]).includes('audio_ms') ? [meter, 'audio_ms'] : [meter]
}

function sells(set: PriceSet, meter: Meter): boolean {
  return typeof set.prices.get(meter)?.nanos === 'bigint'
}

/** True where tier, speed or region is out of the ordinary and no row of the card has a word on it: base prices then stand in. */
export function hasUnlistedTier(table: PriceTable, context: PriceContext): boolean {
  return tierKeys.some((key) => {
    const word = unusualWord(context, key)
    if (word === undefined) return false
    const listed = table.listed.get(key)
    return listed === undefined || (!listed.excludes && !listed.words.has(word))
  })
}

function compile(card: RateCard): PriceTable | undefined {
  const sets = new Map<string, Omit<PriceSet, 'prices'> & { readonly prices: Map<string, Price> }>()
  const { row } = card
  const always = compileConditions({})!
  const base = { ...always, priority: 0n, prices: new Map<string, Price>() }
  const column = (meter: Meter, nanos: bigint | null): void => {
    if (nanos !== null) base.prices.set(meter, { meter, nanos, perUnits: million, componentId: null, keys: [] })
  }
  column('input_tokens', row.input_token_nanos_per_1m)
  column('output_tokens', row.output_token_nanos_per_1m)
  column('cache_write_tokens', row.cache_write_token_nanos_per_1m)
  column('cache_read_tokens', row.cache_read_token_nanos_per_1m)
  for (const component of card.components) {
    const conditions = compileConditions(component.conditions)
    if (conditions === undefined) return undefined
    if (!isMeter(component.meter)) continue
    const price = {
      meter: component.meter,
      nanos: component.price_nanos,
      perUnits: component.per_units,
      componentId: component.id,
      keys: conditions.keys,
    }
    const known = conditions.keys.length === 0 ? base : sets.get(component.condition_key)
    const set = known ?? { ...conditions, priority: component.priority, prices: new Map<string, Price>() }
    if (known === undefined) sets.set(component.condition_key, set)
    set.prices.set(component.meter, price)
  }
  const multipliers = compileMultipliers(card)
  if (multipliers === undefined) return undefined
  return { sets: [...[...sets.values()].sort(compareRank), base], multipliers, listed: listWords(card) }
}

function compileMultipliers(card: RateCard): readonly Multiplier[] | undefined {
  const compiled: Multiplier[] = []
  for (const row of card.multipliers) {
    const conditions = compileConditions(row.conditions)
    if (conditions === undefined || !Array.isArray(row.meters)) return undefined
    compiled.push({ id: row.id, num: row.num, den: row.den, meters: row.meters as string[], conditions })
  }
  return compiled.sort((a, b) => (a.id < b.id ? -1 : 1))
}

function listWords(card: RateCard): ReadonlyMap<string, Listed> {
  const listed = new Map<string, { words: Set<string>; excludes: boolean }>()
  for (const { conditions } of [...card.components, ...card.multipliers]) {
    for (const key of tierKeys) {
      const wanted = (conditions as Record<string, Json>)[key]
      if (wanted === undefined) continue
      const entry = listed.get(key) ?? { words: new Set<string>(), excludes: false }
      listed.set(key, entry)
      if (Array.isArray(wanted)) for (const word of wanted) entry.words.add(String(word))
      else entry.excludes = true
    }
  }
  return listed
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}
