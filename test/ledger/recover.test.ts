/** Attempts of a process that died become `unknown`: never zero, never forgotten, never twice. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settleOrphans } from '../../src/ledger/recover.ts'
import { eachStore } from '../support/stores.ts'
import { booksOn, rowsOf } from './books.ts'
import { attemptFacts, callFacts, settlementFacts, target } from './facts.ts'

const later = { id: 'instance-2', epoch: 4n }

eachStore((fresh) => {
  test('an orphan is unknown and unpriced, or included where use is not billed; what was settled stays as it is', async (t) => {
    const store = await fresh(t)
    const before = booksOn(store)
    const billings = ['own', 'platform', 'subscription', 'none'] as const
    for (const billing of billings) await before.intend(callFacts(billing), attemptFacts({ target: { ...target, billing } }))
    await before.intend(callFacts('settled'), attemptFacts())
    await before.settle(settlementFacts('settled.1'))

    const after = booksOn(store, later)
    assert.equal(await settleOrphans(store, after.ledger, 5_001), 4)
    assert.deepEqual(await rowsOf(store, 'open_attempts'), [])
    const settled = await rowsOf(store, 'settlements')
    for (const billing of billings) {
      const row = settled.find(({ attempt_id }) => attempt_id === `${billing}.1`)!
      const free = billing === 'subscription' || billing === 'none'
      assert.deepEqual(row, {
        attempt_id: `${billing}.1`,
        instance_id: later.id,
        epoch: later.epoch,
        outcome: 'unknown',
        error_kind: null,
        upstream_status: null,
        upstream_id: null,
        stop_reason: null,
        warnings: [],
        first_byte_ms: null,
        duration_ms: 4_000n,
        response_bytes: 0n,
        settled_at: 5_001,
        usage: null,
        raw_usage: null,
        usage_source: 'unknown',
        usage_flags: [],
        price_context: {},
        requested_model: 'coin-1',
        reported_model: null,
        matched: null,
        pricing_status: free ? 'included' : 'unpriced',
        unpriced: { '*': 'usage_unknown' },
        currency: null,
        charged_pico: free ? 0n : null,
        shadow_pico: null,
        cost_source: 'none',
        provider_cost_pico: null,
        rules_version: 1n,
      })
    }
    assert.equal(settled.find(({ attempt_id }) => attempt_id === 'settled.1')?.outcome, 'succeeded')
    assert.equal((await rowsOf(store, 'charges')).length, 1)
  })

  test('recovering again finds nothing and changes nothing', async (t) => {
    const store = await fresh(t)
    await booksOn(store).intend(callFacts('a'), attemptFacts())
    const { ledger } = booksOn(store, later)
    assert.equal(await settleOrphans(store, ledger, 5_001), 1)
    const rows = await rowsOf(store, 'settlements')
    assert.equal(await settleOrphans(store, ledger, 9_999), 0)
    assert.deepEqual(await rowsOf(store, 'settlements'), rows)
    assert.deepEqual(await rowsOf(store, 'parked'), [])
  })

  test('a clock that has gone back gives an orphan no negative duration', async (t) => {
    const store = await fresh(t)
    await booksOn(store).intend(callFacts('a'), attemptFacts({ pricedAt: 9_000 }))
    await settleOrphans(store, booksOn(store, later).ledger, 10)
    assert.equal((await rowsOf(store, 'settlements'))[0]?.duration_ms, 0n)
  })
})
