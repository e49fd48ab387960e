import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { catalogueSchema, shippedCatalogue } from '../../src/catalog/rate-cards.ts'
import { parsePrice, printPrice } from '../../src/pricing/money.ts'
import { models } from '../../src/simulated/models.ts'

const file = readFileSync(new URL('../../src/catalog/rate-cards.json', import.meta.url), 'utf8')
const catalogue = shippedCatalogue()

test('the shipped catalogue keeps to its format and is small', () => {
  assert.deepEqual(catalogueSchema.parse(JSON.parse(file)), catalogue)
  assert.ok(gzipSync(file).length < 100_000)
})

test('every price is the shortest exact text, so that none has been through a float', () => {
  const prices = catalogue.cards.flatMap((card) => [
    card.input_token_cost_per_1m,
    card.output_token_cost_per_1m,
    card.cache_write_cost_per_1m,
    card.cache_read_cost_per_1m,
    ...card.components.map((part) => part.price),
  ])
  for (const price of prices) {
    if (price === null) continue
    assert.equal(printPrice(parsePrice(price, 'price')), price)
    assert.doesNotMatch(price, /0{4,}[1-9]$|9{4,}/, `${price} looks like a rounded float`)
  }
})

test('no card or alias stands twice, and each alias leads to a card of its provider and not to an alias', () => {
  const cards = catalogue.cards.map((card) => `${card.provider} ${card.model} ${card.effective_from}`)
  assert.equal(new Set(cards).size, cards.length)
  const aliases = catalogue.aliases.map((alias) => `${alias.provider} ${alias.alias} ${alias.effective_from}`)
  assert.equal(new Set(aliases).size, aliases.length)
  const models = new Set(catalogue.cards.map((card) => `${card.provider} ${card.model}`))
  for (const alias of catalogue.aliases) {
    assert.ok(models.has(`${alias.provider} ${alias.model}`), alias.alias)
    assert.ok(!models.has(`${alias.provider} ${alias.alias}`), alias.alias)
  }
})

test('cards are of providers that the manifest has', () => {
  const names = new Set(shippedManifest().providers.map((provider) => provider.name))
  for (const card of [...catalogue.cards, ...catalogue.aliases]) assert.ok(names.has(card.provider), card.provider)
})

test('every simulated model has its card, under both contracts', () => {
  for (const provider of ['simulated', 'simulated-anthropic']) {
    const cards = catalogue.cards.filter((card) => card.provider === provider)
    assert.deepEqual(cards.map((card) => card.model).sort(), Object.keys(models).sort())
    for (const card of cards) {
      const prices = [
        card.input_token_cost_per_1m,
        card.output_token_cost_per_1m,
        card.cache_read_cost_per_1m,
        card.cache_write_cost_per_1m,
      ]
      assert.deepEqual(prices, ['1.00', '2.00', '0.10', '1.25'])
    }
  }
})

test('a model is not both in the catalogue and named as left out at all times', () => {
  const text = readFileSync(new URL('../../src/catalog/left-out.json', import.meta.url), 'utf8')
  const { left_out: leftOut } = JSON.parse(text) as { left_out: { provider: string; model: string; reason: string }[] }
  const cards = new Set(catalogue.cards.map((card) => `${card.provider} ${card.model}`))
  for (const each of leftOut) if (!/ before \d{4}/.test(each.reason)) assert.ok(!cards.has(`${each.provider} ${each.model}`), each.model)
  assert.ok(leftOut.some((each) => each.reason.includes('the length of the context')))
})

test('a price that needs a float, an unknown meter or a condition is refused', () => {
  const card = catalogue.cards[0]!
  const bad = [
    { input_token_cost_per_1m: 2.5 },
    { input_token_cost_per_1m: '2.5000000001' },
    { currency: 'usd' },
    { components: [{ meter: 'moons', price: '1', per_units: 1, when: {} }] },
    { components: [{ meter: 'web_searches', price: '1', per_units: 1, when: { region: ['us'] } }] },
  ]
  for (const change of bad)
    assert.equal(catalogueSchema.safeParse({ ...catalogue, cards: [{ ...card, ...change }] }).success, false, JSON.stringify(change))
})

test('every provider and model that the README names has a price in the box', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const providers = shippedManifest().providers.map(({ name }) => name)
  const named = [...readme.matchAll(/`([a-z-]+)\/([\w.:-]+)`/g)].filter(([, provider]) => providers.includes(provider!))
  assert.ok(named.length >= 2)
  const { cards, aliases } = shippedCatalogue()
  for (const [, provider, model] of named) {
    const priced = cards.some((card) => card.provider === provider && card.model === model)
    const known = aliases.some((alias) => alias.provider === provider && alias.alias === model && alias.model !== null)
    assert.ok(priced || known, `${provider}/${model}`)
  }
})
