/** From the facts of `@pydantic/genai-prices` to cards and aliases: what has an unconditional price becomes one, and all else is named with its reason. */

import type { CatalogueAlias, CatalogueCard } from '../../src/catalog/rate-cards.ts'
import { printPrice, roundDecimal } from '../../src/pricing/money.ts'

/** What is read of the package's data. Everything is checked as it is read. */
export type SourceModel = {
  readonly id: string
  readonly description?: string
  readonly deprecated?: boolean
  readonly match: SourceMatch
  readonly prices: SourcePrices | readonly SourceEntry[]
}
export type SourceMatch = { readonly equals?: string; readonly starts_with?: string; readonly or?: readonly SourceMatch[] }
export type SourcePrices = Readonly<Record<string, unknown>>
export type SourceEntry = { readonly constraint?: { readonly type?: string; readonly start_date?: string }; readonly prices: SourcePrices }

export type LeftOut = { readonly provider: string; readonly model: string; readonly reason: string }
export type RoundedPrice = {
  readonly provider: string
  readonly model: string
  readonly price: string
  readonly from: string
  readonly to: string
}
export type Converted = {
  readonly cards: readonly CatalogueCard[]
  readonly aliases: readonly CatalogueAlias[]
  readonly leftOut: readonly LeftOut[]
  readonly rounded: readonly RoundedPrice[]
}

type Priced = { readonly effectiveFrom: number; readonly prices: SourcePrices }
type Component = CatalogueCard['components'][number]

const columns = {
  input_mtok: 'input_token_cost_per_1m',
  output_mtok: 'output_token_cost_per_1m',
  cache_write_mtok: 'cache_write_cost_per_1m',
  cache_read_mtok: 'cache_read_cost_per_1m',
} as const

const components: Readonly<Record<string, { readonly meter: string; readonly per_units: number }>> = {
  input_audio_mtok: { meter: 'input_audio_tokens', per_units: 1_000_000 },
  input_image_mtok: { meter: 'input_image_tokens', per_units: 1_000_000 },
  input_video_mtok: { meter: 'input_video_tokens', per_units: 1_000_000 },
  cache_audio_read_mtok: { meter: 'cache_read_audio_tokens', per_units: 1_000_000 },
  cache_image_read_mtok: { meter: 'cache_read_image_tokens', per_units: 1_000_000 },
  cache_write_1h_mtok: { meter: 'cache_write_1h_tokens', per_units: 1_000_000 },
  output_audio_mtok: { meter: 'output_audio_tokens', per_units: 1_000_000 },
  output_image_mtok: { meter: 'output_image_tokens', per_units: 1_000_000 },
  output_video_mtok: { meter: 'output_video_tokens', per_units: 1_000_000 },
  output_reasoning_mtok: { meter: 'reasoning_tokens', per_units: 1_000_000 },
  web_searches_kcount: { meter: 'web_searches', per_units: 1000 },
  storage_searches_kcount: { meter: 'file_searches', per_units: 1000 },
}

/** Models that no chat endpoint serves, or whose audio and pictures the source prices in part only. */
const notChat =
  /embed|whisper|(^|[-/])tts|transcri|moderation|image|realtime|audio|rerank|ocr|voxtral|dall-e|sora|veo-|imagen|lyria|-live|native-speech|computer-use/i
const dateSuffix = /[-@](\d{8}|\d{4}-\d{2}-\d{2})$/

export function convert(provider: string, models: readonly SourceModel[], sourceRef: CatalogueCard['source_ref']): Converted {
  const leftOut: LeftOut[] = []
  const rounded: RoundedPrice[] = []
  const cards: CatalogueCard[] = []
  const unpriced: SourceModel[] = []
  for (const model of models) {
    const drop = (reason: string): void => void leftOut.push({ provider, model: model.id, reason })
    if (notChat.test(model.id)) {
      drop('no chat model')
    } else if (model.deprecated === true || /^retired\b/i.test(model.description ?? '')) {
      drop('retired')
    } else {
      const { kept, reasons } = unconditional(provider, model)
      for (const reason of reasons) drop(reason)
      for (const each of kept) cards.push(toCard(provider, model.id, each, sourceRef, rounded))
      if (kept.length === 0) unpriced.push(model)
    }
  }
  const names = unpriced.flatMap((model) => [model.id, ...exactNames(model.match)])
  const stems = new Set(names.map((name) => name.replace(dateSuffix, '')).filter((stem) => !names.includes(stem)))
  const eclipsed = models.filter((model) => [model.id, ...exactNames(model.match)].some((name) => stems.has(name))).map((model) => model.id)
  const sure = cards.filter((card) => !eclipsed.includes(card.model))
  for (const model of new Set(cards.filter((card) => eclipsed.includes(card.model)).map((card) => card.model))) {
    leftOut.push({ provider, model, reason: 'its price would be taken for a dated model that was left out' })
  }
  return { cards: sure, aliases: aliasesOf(provider, models, new Set(sure.map((card) => card.model)), leftOut), leftOut, rounded }
}

/**
 * The prices that hold whatever the call is like, one for each instant. A price that needs a condition hides all before it:
 * kept without it, an older one would go on being charged.
 */
function unconditional(provider: string, model: SourceModel): { readonly kept: readonly Priced[]; readonly reasons: readonly string[] } {
  const entries = Array.isArray(model.prices) ? (model.prices as readonly SourceEntry[]) : [{ prices: model.prices as SourcePrices }]
  const dated: Priced[] = []
  for (const { constraint, prices } of entries) {
    if (constraint === undefined) dated.push({ effectiveFrom: 0, prices })
    else if (constraint.start_date !== undefined && Object.keys(constraint).every((key) => key === 'start_date' || key === 'type')) {
      dated.push({ effectiveFrom: Date.parse(`${constraint.start_date}T00:00:00Z`), prices })
    } else return { kept: [], reasons: ['its price depends on the time of day'] }
  }
  if (new Set(dated.map((each) => each.effectiveFrom)).size !== dated.length) return { kept: [], reasons: ['two prices begin on one day'] }
  dated.sort((a, b) => a.effectiveFrom - b.effectiveFrom)
  const faults = dated.map(({ prices }) => faultOf(provider, model.id, prices))
  const lastFault = faults.findLastIndex((fault) => fault !== undefined)
  if (lastFault < 0) return { kept: dated, reasons: [] }
  const until = dated[lastFault + 1]
  const upTo = until === undefined ? '' : ` before ${new Date(until.effectiveFrom).toISOString().slice(0, 10)}`
  return { kept: dated.slice(lastFault + 1), reasons: [`${faults[lastFault]}${upTo}`] }
}

function faultOf(provider: string, id: string, prices: SourcePrices): string | undefined {
  const keys = Object.keys(prices)
  if (keys.length === 0) return provider === 'openrouter' && id.endsWith(':free') ? undefined : 'the source has no price'
  if (keys.some((key) => typeof prices[key] === 'object')) return 'its price depends on the length of the context'
  if (!('input_mtok' in prices) || !('output_mtok' in prices)) return 'the source has no price for both input and output'
  const strange = keys.find((key) => !Object.hasOwn(columns, key) && !Object.hasOwn(components, key))
  return strange === undefined ? undefined : `the price ${strange} has no place in a card`
}

function toCard(
  provider: string,
  model: string,
  { effectiveFrom, prices }: Priced,
  sourceRef: CatalogueCard['source_ref'],
  rounded: RoundedPrice[],
): CatalogueCard {
  const text = (key: string): string | null => {
    if (prices[key] === undefined) return null
    const from = String(prices[key])
    const exact = roundDecimal(from, 9)
    if (exact === undefined) throw new Error(`${provider}/${model}: ${key} is no number: ${from}`)
    const to = printPrice(exact.value)
    if (exact.rounded) rounded.push({ provider, model, price: key, from, to })
    return to
  }
  const extras: Component[] = Object.keys(prices)
    .filter((key) => Object.hasOwn(components, key))
    .map((key) => ({ ...(components[key] as { meter: Component['meter']; per_units: number }), price: text(key), when: {} }))
  return {
    provider,
    model,
    effective_from: effectiveFrom,
    currency: 'USD',
    [columns.input_mtok]: text('input_mtok') ?? '0.00',
    [columns.output_mtok]: text('output_mtok') ?? '0.00',
    [columns.cache_write_mtok]: text('cache_write_mtok'),
    [columns.cache_read_mtok]: text('cache_read_mtok'),
    source_ref: effectiveFrom === 0 ? sourceRef : { ...(sourceRef as object), dated: 'vendor' },
    components: extras,
    multipliers: [],
  }
}

/** Names that the source says are the model, each an exact alias. A name that is a model's own id, or two models', leads nowhere. */
function aliasesOf(
  provider: string,
  models: readonly SourceModel[],
  priced: ReadonlySet<string>,
  leftOut: LeftOut[],
): readonly CatalogueAlias[] {
  const ids = new Set(models.map((model) => model.id))
  const claims = Map.groupBy(
    models.flatMap((model) => exactNames(model.match).map((name) => ({ name, model: model.id }))),
    (claim) => claim.name,
  )
  const aliases: CatalogueAlias[] = []
  for (const [name, claimants] of claims) {
    const owners = new Set(claimants.map((claim) => claim.model))
    if (owners.size > 1) leftOut.push({ provider, model: name, reason: `an alias of several models: ${[...owners].join(', ')}` })
    const owner = claimants[0]!.model
    if (owners.size === 1 && !ids.has(name) && priced.has(owner)) aliases.push({ provider, alias: name, model: owner, effective_from: 0 })
  }
  return aliases
}

function exactNames(match: SourceMatch): readonly string[] {
  if (match.or !== undefined) return match.or.flatMap(exactNames)
  return [match.equals, match.starts_with].filter((name) => name !== undefined)
}
