import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { convert, type SourceModel } from '../../tools/rate-cards/convert.ts'

const shipped = (name: string): string => readFileSync(new URL(`../../src/catalog/${name}`, import.meta.url), 'utf8')
const hasSource = existsSync(new URL('../../node_modules/@pydantic/genai-prices', import.meta.url))

test('the committed files are what the build makes of its source', {
  skip: hasSource ? false : 'the development dependency is not installed',
}, async () => {
  const { buildRateCards } = await import('../../tools/rate-cards/build.ts')
  const built = buildRateCards()
  assert.equal(built.cards, shipped('rate-cards.json'))
  assert.equal(built.leftOut, shipped('left-out.json'))
  assert.deepEqual(buildRateCards(), built)
})

const model = (id: string, prices: SourceModel['prices'], rest: Partial<SourceModel> = {}): SourceModel => ({
  id,
  match: { equals: id },
  prices,
  ...rest,
})
const flat = { input_mtok: 1, output_mtok: 2 }
const tiered = { input_mtok: { base: 1, tiers: [] }, output_mtok: 2 }

test('a float artefact is rounded half even to nine decimals, and reported', () => {
  const { cards, rounded } = convert(
    'p',
    [model('m', { input_mtok: 0.09999999999999999, output_mtok: 1e-7, cache_write_mtok: 1 / 12 })],
    {},
  )
  assert.deepEqual(
    [cards[0]?.input_token_cost_per_1m, cards[0]?.output_token_cost_per_1m, cards[0]?.cache_write_cost_per_1m],
    ['0.10', '0.0000001', '0.083333333'],
  )
  assert.deepEqual(
    rounded.map((each) => [each.price, each.from, each.to]),
    [
      ['input_mtok', '0.09999999999999999', '0.10'],
      ['cache_write_mtok', '0.08333333333333333', '0.083333333'],
    ],
  )
})

test('a price that needs a condition is left out and named, with the older prices it would uncover', () => {
  const dated = [{ prices: flat }, { constraint: { type: 'start_date', start_date: '2026-01-02' }, prices: tiered }]
  const later = [...dated, { constraint: { type: 'start_date', start_date: '2026-03-13' }, prices: flat }]
  const timed = [{ prices: flat }, { constraint: { type: 'time_of_date', start_time: '1', end_time: '2' }, prices: flat }]
  const { cards, leftOut } = convert('p', [model('a', tiered), model('b', dated), model('c', later), model('d', timed)], {})
  assert.deepEqual(
    cards.map((card) => [card.model, new Date(card.effective_from).toISOString(), card.source_ref]),
    [['c', '2026-03-13T00:00:00.000Z', { dated: 'vendor' }]],
  )
  assert.deepEqual(
    leftOut.map((each) => [each.model, each.reason]),
    [
      ['a', 'its price depends on the length of the context'],
      ['b', 'its price depends on the length of the context'],
      ['c', 'its price depends on the length of the context before 2026-03-13'],
      ['d', 'its price depends on the time of day'],
    ],
  )
})

test('what is no chat model, retired, half priced or priced strangely is left out and named', () => {
  const models = [
    model('text-embedding-9', flat),
    model('old', flat, { description: 'Retired, for matching' }),
    model('older', flat, { deprecated: true }),
    model('half', { input_mtok: 1 }),
    model('strange', { ...flat, moons_kcount: 1 }),
    model('silent', {}),
  ]
  const { cards, leftOut } = convert('p', models, {})
  assert.deepEqual(cards, [])
  assert.deepEqual(
    leftOut.map((each) => each.model),
    models.map((each) => each.id),
  )
})

test('a free variant without a price costs nothing, and nothing else does', () => {
  const { cards } = convert('openrouter', [model('m:free', {}), model('m', {})], {})
  assert.deepEqual(
    cards.map((card) => [card.model, card.input_token_cost_per_1m]),
    [['m:free', '0.00']],
  )
})

test('no model is priced by the card of its undated name where its own price was left out', () => {
  const { cards, leftOut } = convert(
    'p',
    [model('m', flat), model('m-2026-01-01', tiered), model('n', tiered, { match: { or: [{ equals: 'n' }, { equals: 'n-2026-01-01' }] } })],
    {},
  )
  assert.deepEqual(cards, [])
  assert.ok(leftOut.some((each) => each.model === 'm' && each.reason.startsWith('its price would be taken')))
})

test('names that equal or begin a model are exact aliases, but not of two models and not over a model of that name', () => {
  const names: SourceModel['match'] = { or: [{ equals: 'm-latest' }, { starts_with: 'mm' }, { equals: 'n' }, { equals: 'both' }] }
  const { aliases, leftOut } = convert(
    'p',
    [model('m', flat, { match: names }), model('n', flat, { match: { or: [{ equals: 'n' }, { equals: 'both' }] } })],
    {},
  )
  assert.deepEqual(
    aliases.map((alias) => [alias.alias, alias.model]),
    [
      ['m-latest', 'm'],
      ['mm', 'm'],
    ],
  )
  assert.ok(leftOut.some((each) => each.model === 'both'))
})
