import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileConditions, conditionKey } from '../../src/pricing/conditions.ts'

test('equal conditions have equal keys, however they are written', () => {
  assert.equal(
    conditionKey({ service_tier: ['flex', 'batch', 'flex'], context_tokens: { lt: 9, gt: 1 } }),
    '{"context_tokens":{"gt":1,"lt":9},"service_tier":["batch","flex"]}',
  )
  assert.equal(conditionKey({ region: { not: ['us', 'eu'] } }), '{"region":{"not":["eu","us"]}}')
  assert.equal(conditionKey({}), '{}')
})

test('conditions that this release cannot judge are known as such', () => {
  const bad = [
    { time: {} },
    { moon: ['full'] },
    { service_tier: [] },
    { service_tier: 'flex' },
    { region: { not: [] } },
    { context_tokens: {} },
    { context_tokens: { gt: 1.5 } },
    { context_tokens: { over: 1 } },
    { thinking: 'yes' },
    { region: [1] },
  ]
  for (const conditions of bad) assert.equal(compileConditions(conditions), undefined, JSON.stringify(conditions))
  assert.equal(compileConditions(null), undefined)
})

test('each bound means what its name says', () => {
  const holds = (bounds: Record<string, number>, inputTokens: bigint): boolean =>
    compileConditions({ context_tokens: bounds })!.holds({ context: {}, inputTokens, outputTokens: 0n })
  assert.deepEqual([holds({ gt: 5 }, 5n), holds({ gt: 5 }, 6n), holds({ gte: 5 }, 5n), holds({ gte: 5 }, 4n)], [false, true, true, false])
  assert.deepEqual([holds({ lt: 5 }, 5n), holds({ lt: 5 }, 4n), holds({ lte: 5 }, 5n), holds({ lte: 5 }, 6n)], [false, true, true, false])
  assert.equal(compileConditions({ output_tokens: { gt: 5 } })!.holds({ context: {}, inputTokens: 0n, outputTokens: 6n }), true)
})

test('an absent word is in no list: a list does not hold, and a not does', () => {
  const facts = { context: { quality: '' }, inputTokens: 0n, outputTokens: 0n }
  assert.equal(compileConditions({ quality: ['high'] })!.holds(facts), false)
  assert.equal(compileConditions({ quality: { not: ['high'] } })!.holds(facts), true)
  assert.equal(
    compileConditions({ service_tier: ['standard'], speed: ['standard'], region: ['global'], thinking: false })!.holds(facts),
    true,
  )
})
