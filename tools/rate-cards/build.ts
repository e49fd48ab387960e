/** The shipped rate cards and the list of what was left out, from a package that is a development dependency. The same input gives the same bytes. */

import { readFileSync } from 'node:fs'
import { findProvider } from '@pydantic/genai-prices'
import type { CatalogueAlias, CatalogueCard } from '../../src/catalog/rate-cards.ts'
import { models as simulatedModels } from '../../src/simulated/models.ts'
import { convert, type LeftOut, type RoundedPrice, type SourceModel } from './convert.ts'

/** The source's names of the manifest's providers. The others serve models that nobody lists, or have no list price. */
const providers: Readonly<Record<string, { readonly source: string; readonly serves?: RegExp }>> = {
  openai: { source: 'openai' },
  anthropic: { source: 'anthropic' },
  /** The source counts models of Vertex AI among Google's; the Gemini API serves its own alone. */
  google: { source: 'google', serves: /^gem(ini|ma)-/ },
  groq: { source: 'groq' },
  mistral: { source: 'mistral' },
  deepseek: { source: 'deepseek' },
  xai: { source: 'x-ai' },
  openrouter: { source: 'openrouter' },
  together: { source: 'together' },
  fireworks: { source: 'fireworks' },
  cerebras: { source: 'cerebras' },
}

/** The day of the source's data: to be set with each new version of the package. */
const dataOf = '2026-09-22'
const packageFile = new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url)

/** Both files as text, ready to be written. */
export function buildRateCards(): { readonly cards: string; readonly leftOut: string } {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }
  const cards: CatalogueCard[] = []
  const aliases: CatalogueAlias[] = []
  const leftOut: LeftOut[] = []
  const rounded: RoundedPrice[] = []
  for (const [name, { source: providerId, serves = /^/ }] of Object.entries(providers)) {
    const source = findProvider({ providerId })
    if (source === undefined) throw new Error(`The source has no provider ${providerId}.`)
    const models = (source.models as unknown as SourceModel[]).filter((model) => serves.test(model.id))
    const sourceRef = {
      note: `@pydantic/genai-prices ${version}`,
      ...(source.pricing_urls?.[0] === undefined ? {} : { url: source.pricing_urls[0] }),
    }
    const converted = convert(name, models, sourceRef)
    cards.push(...converted.cards)
    aliases.push(...converted.aliases)
    leftOut.push(...converted.leftOut)
    rounded.push(...converted.rounded)
  }
  cards.push(...simulatedCards())
  const head = { format: 'purser-catalogue/1', name: 'purser', version: dataOf, generated_at: `${dataOf}T00:00:00Z` }
  return {
    cards: `${JSON.stringify(head).slice(0, -1)},\n"cards":[\n${lines(cards)}\n],\n"voids":[],\n"aliases":[\n${lines(aliases)}\n],\n"calendars":[],\n"patterns":[]}\n`,
    leftOut: `${JSON.stringify({ left_out: leftOut, rounded }, null, 2)}\n`,
  }
}

/** One item a line, so that a changed price is a changed line. */
function lines(items: readonly object[]): string {
  return items.map((item) => JSON.stringify(item)).join(',\n')
}

/** The built-in provider's models cost alike: they are there to be priced. */
function simulatedCards(): readonly CatalogueCard[] {
  return ['simulated', 'simulated-anthropic'].flatMap((provider) =>
    Object.keys(simulatedModels).map((model) => ({
      provider,
      model,
      effective_from: 0,
      currency: 'USD',
      input_token_cost_per_1m: '1.00',
      output_token_cost_per_1m: '2.00',
      cache_write_cost_per_1m: '1.25',
      cache_read_cost_per_1m: '0.10',
      source_ref: { note: 'The price of the built-in provider, which bills nobody.' },
      components: [],
      multipliers: [],
    })),
  )
}
