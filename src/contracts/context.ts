/** What besides the counts decides a price: from the response, else the request, else the dialect. */

import { at, isObject, type Json } from '../core/json.ts'
import type { PriceContext } from '../core/usage.ts'
import type { UsageDialect } from './dialect.ts'

/** Providers' words for a service tier. Any other word is itself, in lower case. */
const tiers: Readonly<Record<string, string>> = {
  default: 'standard',
  auto: 'standard',
  on_demand: 'standard',
  fast: 'priority',
  on_demand_priority: 'priority',
  on_demand_flex: 'flex',
  provisioned_throughput: 'provisioned',
}
/** A caller's word only: no answer says it. */
const askedTiers: Readonly<Record<string, string>> = { ...tiers, standard_only: 'standard' }

/** `response` holds what `reportOf` said of tier, speed and region, under the names that requests use too. */
export function priceContextOf(
  response: Json | undefined,
  request: Json | undefined,
  model: string | undefined,
  usage: UsageDialect,
): PriceContext {
  const tier = word(response, 'service_tier', tierOf(tiers)) ?? word(request, 'service_tier', tierOf(askedTiers))
  const speed = word(response, 'speed') ?? word(request, 'speed')
  const region =
    word(response, 'inference_geo', regionOf) ??
    word(request, 'inference_geo', regionOf) ??
    prefixRegion(model, usage) ??
    usage.region ??
    undefined
  const resolution = word(request, 'resolution')
  const quality = word(request, 'quality')
  const searchSize = word(request, 'web_search_options.search_context_size') ?? toolSearchSize(request)
  return {
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(speed === undefined ? {} : { speed }),
    ...(region === undefined ? {} : { region }),
    ...(thinks(request) ? { thinking: true } : {}),
    ...(resolution === undefined ? {} : { resolution }),
    ...(quality === undefined ? {} : { quality }),
    ...(searchSize === undefined ? {} : { search_context_size: searchSize }),
  }
}

/** The members of a report that `priceContextOf` reads, as far as they say something. */
export function contextOf(report: Json | undefined): Json | undefined {
  const said: Record<string, string> = {}
  for (const name of ['service_tier', 'speed', 'inference_geo']) {
    const value = at(report, name)
    if (typeof value === 'string' && value !== '') said[name] = value
  }
  return Object.keys(said).length === 0 ? undefined : said
}

type Words = (said: string) => string
const asSaid: Words = (said) => said
const tierOf =
  (words: Readonly<Record<string, string>>): Words =>
  (said) => {
    const lower = said.toLowerCase()
    return Object.hasOwn(words, lower) ? words[lower]! : lower
  }
const regionOf: Words = (said) => (said === 'not_available' ? 'global' : said)

function word(from: Json | undefined, path: string, translated: Words = asSaid): string | undefined {
  const value = at(from, path)
  return typeof value === 'string' && value !== '' ? translated(value) : undefined
}

function prefixRegion(model: string | undefined, usage: UsageDialect): string | undefined {
  const prefixes = Object.keys(usage.modelPrefixes).filter((prefix) => model?.startsWith(prefix))
  const longest = prefixes.sort((a, b) => b.length - a.length)[0]
  return longest === undefined ? undefined : usage.modelPrefixes[longest]
}

function thinks(request: Json | undefined): boolean {
  const type = at(request, 'thinking.type')
  return at(request, 'enable_thinking') === true || type === 'enabled' || type === 'adaptive'
}

function toolSearchSize(request: Json | undefined): string | undefined {
  const tools = at(request, 'tools')
  if (!Array.isArray(tools)) return undefined
  return tools
    .filter((tool: Json) => isObject(tool))
    .map((tool: Json) => word(tool, 'search_context_size'))
    .find((size) => size !== undefined)
}
