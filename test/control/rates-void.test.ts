import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { seed } from '../../src/control/manifest/seed.ts'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { ratesVoid } from '../../src/control/rates/rates-void.ts'
import type { PurserError } from '../../src/core/errors.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    clock.ms += 1000
    const run = (name: string, input: object) =>
      invoke(operations.find((each) => each.name === name)!, books.context, input) as Promise<Record<string, unknown>>
    const shipped = (await run('rates.at', { provider: 'simulated', model: 'simulated-1' })).id as string
    return { ...books, run, shipped }
  }

  test('a card is withdrawn with its reason, also a shipped one; what it priced stays, and no start puts it back', async (t) => {
    const { context, clock, enter, run, shipped } = await open(t)
    const call = await enter({})
    await enter({ model: 'another' })
    const before = await run('calls.get', { call })
    const tried = ratesVoid.output.parse(await run('rates.void', { card: shipped, reason: 'a slip', dry_run: true }))
    assert.deepEqual([tried.past_attempts, tried.voided_at, tried.void_reason], [1, null, 'a slip'])
    assert.match(String(tried.warnings), /unpriced from now on/)
    assert.equal((await run('rates.at', { provider: 'simulated', model: 'simulated-1' })).id, shipped)
    const done = ratesVoid.output.parse(await run('rates.void', { card: shipped, reason: 'a slip' }))
    assert.equal(done.voided_at, clock.ms)
    clock.ms += 1
    await assert.rejects(run('rates.at', { provider: 'simulated', model: 'simulated-1' }), { kind: 'not_found' })
    assert.deepEqual(await run('calls.get', { call }), before)
    assert.equal((await run('explain.call', { call })).agrees, true)
    await seed(context.store, clock, context.ids)
    await assert.rejects(run('rates.at', { provider: 'simulated', model: 'simulated-1' }), { kind: 'not_found' })
    const batch = await context.store.read
      .selectFrom('rate_batches')
      .selectAll()
      .where('recorded_at', '=', done.voided_at!)
      .executeTakeFirstOrThrow()
    assert.deepEqual([batch.actor, batch.note], ['local', 'a slip'])
  })

  test('a card is withdrawn once, and what replaces it is another card of its provider that holds', async (t) => {
    const { run, shipped } = await open(t)
    const price = { input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.00' }
    const right = (await run('rates.create', { provider: 'simulated', model: 'simulated-1', ...price })).id as string
    const other = (await run('rates.create', { provider: 'openai', model: 'm', ...price })).id as string
    const refused = (input: object, kind: string, said: RegExp) =>
      assert.rejects(run('rates.void', { card: shipped, reason: 'a slip', ...input }), (error: PurserError) => {
        assert.equal(error.kind, kind)
        assert.match(error.message, said)
        return true
      })
    await refused({ card: 'nothing' }, 'not_found', /nothing/)
    await refused({ reason: ' ' }, 'invalid_request', /reason/)
    await refused({ replaced_by: 'nothing' }, 'not_found', /nothing/)
    await refused({ replaced_by: shipped }, 'invalid_request', /is the card itself/)
    await refused({ replaced_by: other }, 'invalid_request', /another provider/)
    const done = await run('rates.void', { card: shipped, reason: 'a slip', replaced_by: right })
    assert.deepEqual(done.warnings, [])
    await refused({}, 'conflict', /withdrawn already: a slip/)
    await refused({ card: right, replaced_by: shipped }, 'invalid_request', /was withdrawn itself/)
  })
})
