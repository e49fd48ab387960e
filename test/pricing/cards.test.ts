import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rateBook } from '../../src/pricing/book.ts'
import { type CardQuery, cardInForce } from '../../src/pricing/cards.ts'
import type { RateRows } from '../../src/pricing/rows.ts'
import { alias, card } from './rows.ts'
import { scan } from './scan.ts'

const now = { providerId: 'p', connectionId: 'c', at: 100, knownAt: 100 } as const

/** The id and the way of the card found, or null. */
function found(rows: RateRows, query: Partial<CardQuery>): readonly [string, string] | null {
  const hit = cardInForce(rateBook(rows), { ...now, requestedModel: null, reportedModel: null, ...query })
  return hit === undefined ? null : [hit.card.row.model, hit.matched]
}

const models = ['m', 'M', 'm-1', 'm-1-20250101', 'm@2025-01-01', 'us.m', 'us.m-20250101', 'v/m', 'v/m:free', 'V/M:FREE', 'n'] as const
const instant = fc.integer({ min: 0, max: 4 })
const anyRows = fc.record({
  cards: fc.array(
    fc.record({
      model: fc.oneof(fc.constantFrom(...models), fc.constantFrom('m*', '?', 'v/*', 'M', 'm')),
      connection_id: fc.constantFrom(null, null, 'c', 'd'),
      source: fc.constantFrom('user_override', 'import:x', 'manifest@1', 'sync:a@2'),
      mode: fc.constantFrom('exact', 'prefix', 'glob'),
      effective_from: instant,
      recorded_at: fc.integer({ min: 1, max: 4 }),
      voided: fc.option(fc.integer({ min: 1, max: 4 }), { freq: 4 }),
    }),
    { maxLength: 12 },
  ),
  aliases: fc.array(
    fc.record({
      alias: fc.constantFrom(...models),
      model: fc.constantFrom(null, 'm', 'M', 'v/m', 'n'),
      effective_from: instant,
      recorded_at: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 5 },
  ),
})

/** Rows as the database would hold them: patterns only from operators, revisions counted up at each key. */
function rowsOf(drawn: typeof anyRows extends fc.Arbitrary<infer T> ? T : never): Required<Pick<RateRows, 'cards' | 'voids' | 'aliases'>> {
  const seen = new Map<string, bigint>()
  const next = (key: string): bigint => {
    const revision = seen.get(key) ?? 0n
    seen.set(key, revision + 1n)
    return revision
  }
  const cards = drawn.cards.map(({ mode, voided: _voided, ...row }) => ({
    ...card(row),
    match_mode: row.source === 'user_override' ? mode : 'exact',
    revision: next(`${row.connection_id} ${row.model} ${row.effective_from}`),
  }))
  const voids = drawn.cards.flatMap(({ voided }, index) =>
    voided === null ? [] : [{ rate_card_id: cards[index]!.id, recorded_at: voided }],
  )
  const aliases = drawn.aliases.map((row) =>
    alias(row.alias, row.model, { ...row, revision: next(`alias ${row.alias} ${row.effective_from}`) }),
  )
  return { cards, voids, aliases }
}

const anyQuery = fc.record({
  connectionId: fc.constantFrom('c', 'd', 'e'),
  requestedModel: fc.constantFrom(null, ...models),
  reportedModel: fc.constantFrom(null, ...models),
  at: instant,
  knownAt: instant,
})

const prefixes = { 'us.': 'us' }

test('the card found is the one that a scan over all rows finds, at any two instants', () => {
  fc.assert(
    fc.property(anyRows, fc.array(anyQuery, { minLength: 1, maxLength: 8 }), (drawn, queries) => {
      const rows = rowsOf(drawn)
      const book = rateBook(rows)
      for (const each of [...queries, ...queries]) {
        const query = { providerId: 'p', prefixes, ...each }
        const hit = cardInForce(book, query)
        assert.deepEqual(hit && [hit.card.row.id, hit.matched], scan(rows, query))
      }
    }),
    { numRuns: 400 },
  )
})

test('what is recorded later changes no answer at an earlier K, and a future card no price at T', () => {
  fc.assert(
    fc.property(anyRows, anyQuery, (drawn, each) => {
      const rows = rowsOf(drawn)
      const query = { providerId: 'p', prefixes, ...each }
      const known = (row: { readonly recorded_at: number }): boolean => row.recorded_at <= query.knownAt
      const begun = (row: { readonly effective_from: number }): boolean => row.effective_from <= query.at
      const seen = {
        cards: rows.cards.filter((row) => known(row) && begun(row)),
        voids: rows.voids.filter(known),
        aliases: rows.aliases.filter((row) => known(row) && begun(row)),
      }
      assert.equal(cardInForce(rateBook(rows), query)?.card.row.id, cardInForce(rateBook(seen), query)?.card.row.id)
    }),
    { numRuns: 200 },
  )
})

test('a void followed by the same card as the next revision gives the first answer back', () => {
  const first = card({ model: 'm', input: '1' })
  const again = card({ model: 'm', input: '1', revision: 1n, recorded_at: 3 })
  const book = rateBook({ cards: [first, again], voids: [{ rate_card_id: first.id, recorded_at: 2 }] })
  const at = (knownAt: number): bigint | undefined =>
    cardInForce(book, { ...now, requestedModel: 'm', reportedModel: 'm', knownAt })?.card.row.input_token_nanos_per_1m
  assert.deepEqual([at(1), at(2), at(3)], [1_000_000_000n, undefined, 1_000_000_000n])
})

test('a withdrawn revision leaves the one below it in force', () => {
  const wrong = card({ model: 'm', input: '9', revision: 1n, recorded_at: 2 })
  const rows = { cards: [card({ model: 'm', input: '1' }), wrong], voids: [{ rate_card_id: wrong.id, recorded_at: 3 }] }
  const input = (knownAt: number): bigint | undefined =>
    cardInForce(rateBook(rows), { ...now, requestedModel: 'm', reportedModel: null, knownAt })?.card.row.input_token_nanos_per_1m
  assert.deepEqual([input(1), input(2), input(3)], [1_000_000_000n, 9_000_000_000n, 1_000_000_000n])
})

test('a price begins at its instant, not a millisecond before', () => {
  const rows = { cards: [card({ model: 'm', input: '1' }), card({ model: 'm', input: '2', effective_from: 50 })] }
  const input = (at: number): bigint | undefined =>
    cardInForce(rateBook(rows), { ...now, requestedModel: 'm', reportedModel: 'm', at })?.card.row.input_token_nanos_per_1m
  assert.deepEqual([input(49), input(50), input(51)], [1_000_000_000n, 2_000_000_000n, 2_000_000_000n])
})

test('an override for gpt-5.4 leaves gpt-5.4-nano alone, and gpt-5.55-x is not gpt-5.5', () => {
  const rows = { cards: [card({ model: 'gpt-5.4', source: 'user_override' }), card({ model: 'gpt-5.4-nano' }), card({ model: 'gpt-5.5' })] }
  assert.deepEqual(found(rows, { requestedModel: 'gpt-5.4-nano', reportedModel: 'gpt-5.4-nano' }), ['gpt-5.4-nano', 'exact'])
  assert.equal(found(rows, { requestedModel: 'gpt-5.55-x', reportedModel: 'gpt-5.55-x' }), null)
})

test('prefix and glob match only where a card declares them', () => {
  const override = { source: 'user_override' } as const
  const prefix = {
    cards: [card({ model: 'gpt-', match_mode: 'prefix', ...override }), card({ model: 'gpt-5-mini', match_mode: 'prefix', ...override })],
  }
  assert.deepEqual(found(prefix, { requestedModel: 'gpt-5-mini-x' }), ['gpt-5-mini', 'prefix'])
  assert.deepEqual(found(prefix, { requestedModel: 'gpt-4' }), ['gpt-', 'prefix'])
  assert.equal(found({ cards: [card({ model: 'gpt-' })] }, { requestedModel: 'gpt-4' }), null)
  const glob = {
    cards: [card({ model: 'gpt-*-mini', match_mode: 'glob', ...override }), card({ model: 'gpt-?', match_mode: 'glob', ...override })],
  }
  assert.deepEqual(found(glob, { requestedModel: 'gpt-5.1-mini' }), ['gpt-*-mini', 'glob'])
  assert.deepEqual(found(glob, { requestedModel: 'gpt-4' }), ['gpt-?', 'glob'])
  assert.equal(found(glob, { requestedModel: 'gpt-40' }), null)
})

test('an override on the configured id wins though the answer reports another spelling', () => {
  const rows = { cards: [card({ model: 'my-model', source: 'user_override' }), card({ model: 'vendor-model-1' })] }
  assert.deepEqual(found(rows, { requestedModel: 'my-model', reportedModel: 'vendor-model-1' }), ['my-model', 'exact'])
})

test('two connections of one provider have two prices, and a negotiated one beats every override of the provider', () => {
  const rows = { cards: [card({ model: 'm', source: 'user_override' }), card({ model: 'm', connection_id: 'c', input: '5' })] }
  const input = (connectionId: string): bigint | undefined =>
    cardInForce(rateBook(rows), { ...now, requestedModel: 'm', reportedModel: 'm', connectionId })?.card.row.input_token_nanos_per_1m
  assert.deepEqual([input('c'), input('d')], [5_000_000_000n, 0n])
})

test("another model's price is no price: only an operator's card for the requested id counts", () => {
  const asked = { requestedModel: 'm', reportedModel: 'other' }
  assert.equal(found({ cards: [card({ model: 'm' })] }, asked), null)
  assert.equal(found({ cards: [card({ model: 'm' })], aliases: [alias('m', 'm2')] }, asked), null)
  assert.deepEqual(found({ cards: [card({ model: 'm', source: 'import:config.json' })] }, asked), ['m', 'exact'])
  assert.deepEqual(found({ cards: [card({ model: 'm' })] }, { requestedModel: 'm', reportedModel: null }), ['m', 'exact'])
})

test('a variant is its own model, whichever of the two was asked and whichever reported', () => {
  const plain = { cards: [card({ model: 'v/m' })] }
  const both = { cards: [card({ model: 'v/m' }), card({ model: 'v/m:free' })] }
  for (const asked of [
    { requestedModel: 'v/m:free', reportedModel: 'v/m' },
    { requestedModel: 'v/m', reportedModel: 'v/m:free' },
    { requestedModel: 'v/m:free', reportedModel: 'v/m:free' },
    { requestedModel: 'V/M:free', reportedModel: 'v/m' },
  ]) {
    assert.equal(found(plain, asked), null)
    assert.deepEqual(found(both, asked), ['v/m:free', 'exact'])
  }
  const override = { cards: [card({ model: 'v/m', source: 'user_override' })] }
  assert.equal(found(override, { requestedModel: 'v/m', reportedModel: 'v/m:free' }), null)
})

test('a dated id takes its own card, else that of the id without the date', () => {
  const dated = { requestedModel: 'm-2025-01-01', reportedModel: 'm-2025-01-01' }
  assert.deepEqual(found({ cards: [card({ model: 'm' }), card({ model: 'm-2025-01-01' })] }, dated), ['m-2025-01-01', 'exact'])
  assert.deepEqual(found({ cards: [card({ model: 'm' })] }, dated), ['m', 'dated'])
  assert.deepEqual(found({ cards: [card({ model: 'm' })] }, { requestedModel: 'm@20250101' }), ['m', 'dated'])
  assert.equal(found({ cards: [card({ model: 'm' })] }, { requestedModel: 'm-250101' }), null)
})

test('a region prefix is taken off only where the dialect knows it', () => {
  const rows = { cards: [card({ model: 'm' })] }
  assert.deepEqual(found(rows, { requestedModel: 'us.m', prefixes }), ['m', 'region'])
  assert.deepEqual(found(rows, { requestedModel: 'us.m-20250101', prefixes }), ['m', 'region'])
  assert.equal(found(rows, { requestedModel: 'us.m' }), null)
})

test('an alias moves at its instant, and a retired one leads nowhere', () => {
  const rows = {
    cards: [card({ model: 'm1' }), card({ model: 'm2' })],
    aliases: [alias('latest', 'm1'), alias('latest', 'm2', { effective_from: 10 }), alias('latest', null, { effective_from: 20 })],
  }
  const at = (instant: number): readonly [string, string] | null => found(rows, { requestedModel: 'latest', at: instant })
  assert.deepEqual([at(9), at(10), at(20)], [['m1', 'alias'], ['m2', 'alias'], null])
})

test('letter case is ignored only where nothing stands as written', () => {
  assert.deepEqual(found({ cards: [card({ model: 'Qwen/QwQ' })] }, { requestedModel: 'qwen/qwq' }), ['Qwen/QwQ', 'exact'])
  assert.deepEqual(found({ cards: [card({ model: 'Q', source: 'user_override' }), card({ model: 'q' })] }, { requestedModel: 'q' }), [
    'q',
    'exact',
  ])
})

test('an unknown provider has no card', () => {
  assert.equal(found({ cards: [card({ model: 'm' })] }, { providerId: 'x', requestedModel: 'm' }), null)
})

test('models that callers make up do not fill the memory of a book, and do not spoil its answers', () => {
  const book = rateBook({ cards: [card({ model: 'm' })] })
  for (let index = 0; index < 9000; index++) cardInForce(book, { ...now, requestedModel: `made-up-${index}`, reportedModel: null })
  assert.equal(cardInForce(book, { ...now, requestedModel: 'm', reportedModel: null })?.matched, 'exact')
})
