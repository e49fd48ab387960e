/** Price overrides become rate cards where they name one model; a pattern that matched by its beginning waits for the operator's word. */

import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { pricePattern } from '../../pricing/money.ts'
import { cell, derived, note, want } from './notes.ts'
import { child, member, textIn } from './pointer.ts'
import type { Reading } from './reading.ts'
import { customEndpoint, vendorOf } from './vendors.ts'

export const cardSource = 'import:config.json'

export function readPrices(reading: Reading): void {
  const seen = new Set<string>()
  const sections = [
    { pointer: '/llm/pricingOverrides', value: member(member(reading.config, 'llm'), 'pricingOverrides') },
    { pointer: '/pricingOverrides', value: member(reading.config, 'pricingOverrides') },
  ]
  const used = modelsInUse(reading)
  for (const { pointer, value } of sections) {
    if (!Array.isArray(value)) continue
    for (const [index, entry] of (value as readonly Json[]).entries()) readPrice(reading, used, seen, entry, child(pointer, index))
  }
}

function readPrice(reading: Reading, used: Used, seen: Set<string>, entry: Json, pointer: string): void {
  const { notes, asked, models } = reading
  if (!isObject(entry)) return note(notes, 'skip', pointer, 'not_a_price', { kind: 'rate_card' })
  const pattern = textIn(entry, 'modelPattern')
  const source = textIn(entry, 'provider')
  const prices = pricesOf(entry)
  const wrong =
    pattern === undefined
      ? 'pattern_empty'
      : /[*?[\]]/.test(pattern)
        ? 'pattern_glob'
        : pattern.length > 512
          ? 'pattern_too_long'
          : undefined
  if (wrong !== undefined || typeof prices === 'string')
    return note(notes, 'refuse', pointer, wrong ?? (prices as string), { kind: 'rate_card' })
  const providers = providersOf(reading, used, source, pattern!)
  if (providers.length === 0) return note(notes, 'undecided', pointer, 'provider_unknown', { kind: 'rate_card', name: pattern! })
  for (const provider of providers) {
    const exact = used.get(provider)?.has(pattern!) === true || models.get(pattern!)?.has(provider) === true
    if (!exact && !asked.prefixPrices) {
      note(notes, 'undecided', pointer, 'pattern_names_no_model', { kind: 'rate_card', name: pattern! })
      continue
    }
    const match = exact ? 'exact' : 'prefix'
    const key = `${provider} ${match} ${pattern}`
    if (seen.has(key)) {
      note(notes, 'skip', pointer, 'overruled', { kind: 'rate_card', name: pattern! })
      continue
    }
    seen.add(key)
    const rule = exact ? 'cached_input_billed_as_input' : 'matched_by_beginning'
    want(notes, {
      kind: 'rate_card',
      name: key,
      pointer,
      cells: {
        provider: cell(provider, child(pointer, 'provider'), 'unit'),
        model: cell(pattern!, child(pointer, 'modelPattern'), rule),
        match_mode: derived(match, child(pointer, 'modelPattern'), rule),
        input: cell(prices.input, child(pointer, 'inputPer1M'), 'price'),
        output: cell(prices.output, child(pointer, 'outputPer1M'), 'price'),
      },
    })
  }
}

type Used = ReadonlyMap<string, ReadonlySet<string>>

/** By provider: the models that profiles ask for, and those that a row of the source lists. */
function modelsInUse({ notes, rows }: Reading): Used {
  const used = new Map<string, Set<string>>()
  const add = (provider: string, model: string) => used.set(provider, (used.get(provider) ?? new Set()).add(model))
  for (const { kind, cells } of notes.wanted) {
    if (kind === 'profile') add(String(cells.provider!.value), String(cells.model!.value))
  }
  for (const row of rows.values()) {
    const provider = row.provider === customEndpoint ? row.name : vendorOf(row.provider)?.provider
    for (const model of provider === undefined ? [] : row.models) add(provider!, model)
  }
  return used
}

/** Endpoints of the user's own were priced under one word; here each is a provider, and those that serve the model get the price. */
function providersOf({ providers, notes }: Reading, used: Used, source: string | undefined, pattern: string): readonly string[] {
  const vendor = source === undefined ? undefined : vendorOf(source)
  if (vendor !== undefined) return providers.has(vendor.provider) ? [vendor.provider] : []
  if (source === undefined) return []
  const own = notes.wanted.filter(({ kind }) => kind === 'provider').map(({ name }) => name)
  if (source === customEndpoint) return own.filter((name) => [...(used.get(name) ?? [])].some((model) => model.startsWith(pattern)))
  return own.includes(source) ? [source] : []
}

function pricesOf(entry: JsonObject): { readonly input: string; readonly output: string } | string {
  const [input, output] = [priceText(entry.inputPer1M), priceText(entry.outputPer1M)]
  if (input === undefined || output === undefined) return 'price_impossible'
  return { input, output }
}

/** A number as price text, or undefined where it is none, is negative, or needs more than nine decimals. */
function priceText(value: Json | undefined): string | undefined {
  if (typeof value !== 'number' || !(value >= 0) || value >= 1_000_000) return undefined
  const text = value.toFixed(9).replace(/\.?0+$/, '')
  const whole = text === '' ? '0' : text
  return Number(whole) === value && pricePattern.test(whole) ? whole : undefined
}
