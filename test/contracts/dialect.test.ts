import assert from 'node:assert/strict'
import { test } from 'node:test'
import { published as publishedMessages } from '../../src/contracts/anthropic-messages/published.ts'
import { readDialect } from '../../src/contracts/dialect.ts'
import { contractOf, contracts } from '../../src/contracts/index.ts'
import { published } from '../../src/contracts/openai-chat/published.ts'
import { PurserError } from '../../src/core/errors.ts'
import { globMatches } from '../../src/core/glob.ts'
import type { Json } from '../../src/core/json.ts'

const read = (written: Json, model?: string): ReturnType<typeof readDialect> => readDialect(published, written, model)

function refusedField(written: Json): string | undefined {
  try {
    read(written)
  } catch (thrown) {
    assert.ok(thrown instanceof PurserError)
    assert.equal(thrown.kind, 'invalid_request')
    assert.ok(thrown.message.includes(`"${thrown.field}"`), thrown.message)
    return thrown.field
  }
  return assert.fail('accepted')
}

test('an empty dialect, and none, is the contract as published', () => {
  assert.deepEqual(read({}), published)
  assert.deepEqual(readDialect(published, undefined), published)
  assert.deepEqual(readDialect(publishedMessages, {}, 'any'), publishedMessages)
})

test('a field that is set replaces its default, and leaves the others', () => {
  const dialect = read({ outputCap: 'max_tokens', usage: { cacheRead: ['num_cached_tokens'], bytesPerToken: 4 } })
  assert.deepEqual(dialect, {
    ...published,
    outputCap: 'max_tokens',
    usage: { ...published.usage, cacheRead: ['num_cached_tokens'], bytesPerToken: 4 },
  })
})

test('a refinement holds for the models that its pattern fits, and the most literal pattern has the last word', () => {
  const written = {
    outputCap: 'max_tokens',
    models: { 'o4-mini': { outputCap: 'max_completion_tokens' }, 'o*': { outputCap: 'max_tokens', usage: { cacheOverlap: true } } },
  }
  assert.equal(read(written, 'o4-mini').outputCap, 'max_completion_tokens')
  assert.equal(read(written, 'o4-mini').usage.cacheOverlap, true)
  assert.equal(read(written, 'o3').outputCap, 'max_tokens')
  assert.equal(read(written, 'gpt-4o').usage.cacheOverlap, false)
  assert.equal(read(written).usage.cacheOverlap, false)
})

for (const [written, field] of [
  [{ quirk: 1 }, 'dialect.quirk'],
  [{ usage: { cacheReed: [] } }, 'dialect.usage.cacheReed'],
  [{ models: { 'a*': { usage: { nope: 1 } } } }, 'dialect.models.a*.usage.nope'],
  [{ models: { a: { models: {} } } }, 'dialect.models.a.models'],
  [{ usage: { cacheInInput: 'maybe' } }, 'dialect.usage.cacheInInput'],
  [{ usage: { at: ['a b'] } }, 'dialect.usage.at.0'],
  [{ usage: { cost: { path: 'cost', unit: '2', authority: 'prefer' } } }, 'dialect.usage.cost.unit'],
  [{ auth: { header: 'Host' } }, 'dialect.auth.header'],
  [{ headers: { authorization: 'x' } }, 'dialect.headers.authorization'],
  [{ headers: { 'x-a': 'b\r\nx-c: d' } }, 'dialect.headers.x-a'],
  [{ paths: { generate: '//elsewhere.example/v1' } }, 'dialect.paths.generate'],
  [{ paths: { generate: '/v1/../admin' } }, 'dialect.paths.generate'],
  [[], 'dialect'],
  ['openai', 'dialect'],
] as [Json, string][]) {
  test(`${JSON.stringify(written)} is refused at ${field}`, () => {
    assert.equal(refusedField(written), field)
  })
}

test('the patterns know a star, a question mark, and nothing else', () => {
  const cases: [string, string, boolean][] = [
    ['gpt-5', 'gpt-5', true],
    ['gpt-5', 'gpt-55', false],
    ['gpt-5*', 'gpt-5', true],
    ['*', '', true],
    ['a*b*c', 'aXbYbZc', true],
    ['a*b*c', 'aXbYbZ', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
  ]
  for (const [pattern, id, fits] of cases) assert.equal(globMatches(pattern, id), fits, `${pattern} ${id}`)
})

test('a contract is found by its id, and one without a codec is not', () => {
  for (const contract of contracts) assert.equal(contractOf(contract.id), contract)
  assert.equal(contractOf('gemini-generate'), undefined)
  assert.equal(contractOf('toString'), undefined)
})
