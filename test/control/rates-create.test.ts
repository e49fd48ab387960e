import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { ratesCreate } from '../../src/control/rates/rates-create.ts'
import type { PurserError } from '../../src/core/errors.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks, start } from './books.ts'

const card = {
  provider: 'simulated',
  model: 'new-model',
  input_token_cost_per_1m: '2.50',
  output_token_cost_per_1m: '10.00',
  effective_from: start,
}

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    clock.ms += 1000
    return books
  }

  test('a card that was added is the one in force from its instant on, and not before', async (t) => {
    const { context } = await open(t)
    const created = ratesCreate.output.parse(
      await invoke(ratesCreate, context, { ...card, cache_read_cost_per_1m: '0.003625', note: 'from the contract' }),
    )
    assert.equal(created.source, 'user_override')
    assert.equal(created.revision, 0)
    assert.equal(created.cache_read_cost_per_1m, '0.003625')
    assert.deepEqual(created.source_ref, { note: 'from the contract' })
    const at = (instant: number) =>
      invoke(operations.find((each) => each.name === 'rates.at')!, context, { provider: 'simulated', model: 'new-model', at: instant })
    assert.equal(((await at(start)) as { id: string }).id, created.id)
    await assert.rejects(at(start - 1), (error: PurserError) => error.kind === 'not_found')
  })

  test('a second card of the same instant and revision is a conflict that names the next revision', async (t) => {
    const { context } = await open(t)
    await invoke(ratesCreate, context, card)
    await assert.rejects(
      invoke(ratesCreate, context, card),
      (error: PurserError) => error.kind === 'conflict' && error.details?.next_revision === 1,
    )
    const corrected = ratesCreate.output.parse(
      await invoke(ratesCreate, context, { ...card, input_token_cost_per_1m: '2.00', revision: 1 }),
    )
    assert.equal(corrected.input_token_cost_per_1m, '2.00')
  })

  test('a card that lands in the past counts the attempts on its own models and its own connection', async (t) => {
    const { context, enter } = await open(t)
    for (const model of ['fast-1', 'fast-2', 'slow-1']) await enter({ model, meters: { input_tokens: 1n } })
    const past = async (extra: object): Promise<number> =>
      ratesCreate.output.parse(await invoke(ratesCreate, context, { ...card, effective_from: 1, dry_run: true, ...extra })).past_attempts
    assert.equal(await past({ model: 'fast-1' }), 1)
    assert.equal(await past({ model: 'fast-', match_mode: 'prefix' }), 2)
    assert.equal(await past({ model: '*-1', match_mode: 'glob' }), 2)
    assert.equal(await past({ model: 'fast-1', effective_from: Date.parse('2100-01-01') }), 0)
    const { connection_name } = await context.store.read.selectFrom('attempts').select('connection_name').limit(1).executeTakeFirstOrThrow()
    assert.equal(await past({ model: '*', match_mode: 'glob', connection: connection_name }), 3)
    await context.store.writer.control({
      audit: audited(),
      statements: [
        {
          sql: `INSERT INTO connections SELECT 'second', 'second', provider_id, auth, billing, platform, on_abandon, NULL, is_canonical,
            canonical_revision, disabled, removed_at, created_at, updated_at FROM connections WHERE name = '${connection_name}'`,
          parameters: [],
        },
      ],
    })
    assert.equal(await past({ model: '*', match_mode: 'glob', connection: 'second' }), 0)
  })

  test('where a price was published is an address of the web', async (t) => {
    const { context } = await open(t)
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd'])
      await assert.rejects(invoke(ratesCreate, context, { ...card, url }), { kind: 'invalid_request', field: 'url' })
    await invoke(ratesCreate, context, { ...card, url: 'https://example.com/prices' })
  })

  test('a dry run checks all and writes nothing', async (t) => {
    const { context } = await open(t)
    const before = await context.store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow()
    const tried = ratesCreate.output.parse(await invoke(ratesCreate, context, { ...card, dry_run: true }))
    assert.equal(tried.recorded_at, null)
    assert.deepEqual(await context.store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow(), before)
    await assert.rejects(
      invoke(ratesCreate, context, { ...card, revision: 3, dry_run: true }),
      (error: PurserError) => error.kind === 'invalid_request',
    )
    assert.equal(ratesCreate.output.parse(await invoke(ratesCreate, context, card)).revision, 0)
  })

  test('a card for a past instant says how many attempts it leaves as they are', async (t) => {
    const { context, enter } = await open(t)
    await enter({ at: start + 10 })
    await enter({ at: start - 10 })
    const created = ratesCreate.output.parse(await invoke(ratesCreate, context, { ...card, model: 'simulated-1' }))
    assert.equal(created.past_attempts, 1)
  })

  test("a card of a provider that is not there, or of another provider's connection, is refused", async (t) => {
    const { context } = await open(t)
    await assert.rejects(
      invoke(ratesCreate, context, { ...card, provider: 'simulatde' }),
      (error: PurserError) => error.kind === 'not_found' && error.message.includes('Did you mean "simulated"?'),
    )
    await assert.rejects(
      invoke(ratesCreate, context, { ...card, connection: 'simulated-anthropic' }),
      (error: PurserError) => error.kind === 'invalid_request',
    )
  })
})
