/** Control batches: all of it or none of it, compared and set by `revision`, on every store. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CompiledQuery, sql } from 'kysely'
import { real } from '../../src/store/binding.ts'
import type { OpenStore } from '../../src/store/open.ts'
import { type ControlStatement, recordedAt } from '../../src/store/store.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { intend, ledgerRows } from './writer-rows-fixture.ts'

const statement = ({ sql, parameters }: CompiledQuery, expectChanges?: number): ControlStatement =>
  expectChanges === undefined ? { sql, parameters } : { sql, parameters, expectChanges }

const stamps = { created_at: 1, updated_at: 1 }

function provider(store: OpenStore, id: string, name = id): ControlStatement {
  const row = { id, name, contract: 'openai-chat', base_url: 'https://example.test', is_canonical: false, ...stamps } as never
  return statement(store.read.insertInto('providers').values(row).compile(), 1)
}

function card(store: OpenStore, id: string, providerId: string, revision = 0): ControlStatement {
  const row = {
    id,
    provider_id: providerId,
    model: 'm',
    input_token_nanos_per_1m: 1n,
    output_token_nanos_per_1m: 1n,
    effective_from: 0,
    revision,
    recorded_at: recordedAt,
    source: 'user_override',
  } as never
  return statement(store.read.insertInto('rate_cards').values(row).compile(), 1)
}

const revisionOf = async (store: OpenStore) => (await store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow()).n
const rates = { source: 'user_override', actor: 'test', note: null }

eachStore((fresh) => {
  test('a batch lands whole and moves the revision by one', async (t) => {
    const store = await fresh(t)
    const result = await store.writer.control({
      audit: audited(),
      statements: [provider(store, 'p1'), provider(store, 'p2')],
      expectRevision: 0n,
    })
    assert.deepEqual(result, { revision: 1n, recordedAt: null })
    assert.equal(await revisionOf(store), 1n)
    const [row] = await store.read.selectFrom('providers').selectAll().orderBy('id').execute()
    assert.deepEqual([row!.id, row!.dialect, row!.is_canonical, row!.canonical_revision, row!.created_at], ['p1', {}, false, null, 1])
  })

  test('another revision than the expected one, another number of changes, and a constraint are each a conflict that leaves nothing', async (t) => {
    const store = await fresh(t)
    await store.writer.control({ audit: audited(), statements: [provider(store, 'p1')] })
    const disable = statement(store.read.updateTable('providers').set('disabled', true).where('id', '=', 'nobody').compile(), 1)
    const batches = [
      { statements: [provider(store, 'p2')], expectRevision: 0n },
      { statements: [provider(store, 'p2'), disable] },
      { statements: [provider(store, 'p2'), provider(store, 'p3', 'p1')] },
    ]
    for (const batch of batches) await assert.rejects(store.writer.control({ audit: audited(), ...batch }), { kind: 'conflict' })
    assert.equal(await revisionOf(store), 1n)
    assert.deepEqual(await store.read.selectFrom('providers').select('id').execute(), [{ id: 'p1' }])
    assert.equal((await store.writer.control({ audit: audited(), statements: [] })).revision, 2n)
  })

  test('of two batches made from the same revision exactly one lands', async (t) => {
    const store = await fresh(t)
    const outcomes = await Promise.allSettled(
      ['p1', 'p2'].map((id) => store.writer.control({ audit: audited(), statements: [provider(store, id)], expectRevision: 0n })),
    )
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.equal(await revisionOf(store), 1n)
  })

  test('rate rows share one recorded_at, newer than every batch whatever the clock says, and their batch seals them', async (t) => {
    let now = 5_000
    const store = await fresh(t, { clock: { now: () => now, monotonic: () => performance.now() } })
    const first = await store.writer.control({ audit: audited(), statements: [provider(store, 'p'), card(store, 'c0', 'p')], rates })
    now = 1_000
    const second = await store.writer.control({ audit: audited(), statements: [card(store, 'c1', 'p', 1)], rates })
    assert.deepEqual([first.recordedAt, second.recordedAt], [5_000, 5_001])
    const cards = await store.read.selectFrom('rate_cards').select(['id', 'recorded_at']).orderBy('id').execute()
    assert.deepEqual(cards, [
      { id: 'c0', recorded_at: 5_000 },
      { id: 'c1', recorded_at: 5_001 },
    ])
    assert.deepEqual(await store.read.selectFrom('rate_batches').select('recorded_at').orderBy('recorded_at').execute(), [
      { recorded_at: 5_000 },
      { recorded_at: 5_001 },
    ])
    await assert.rejects(store.writer.control({ audit: audited(), statements: [card(store, 'c2', 'p', 7)], rates }), { kind: 'conflict' })
    assert.equal((await store.read.selectFrom('rate_batches').selectAll().execute()).length, 2)
  })

  test('a fraction is bound through real(), and refused without it', async (t) => {
    const store = await fresh(t)
    const profile = (temperature: number) => {
      const row = { id: 'm', name: 'm', provider_id: 'p', model: 'm', temperature, ...stamps } as never
      return statement(store.read.insertInto('model_profiles').values(row).compile())
    }
    await store.writer.control({ audit: audited(), statements: [provider(store, 'p'), profile(real(0.7))] })
    assert.deepEqual(await store.read.selectFrom('model_profiles').select(['temperature', 'strict', 'max_tokens']).execute(), [
      { temperature: 0.7, strict: false, max_tokens: null },
    ])
    if (store.engine === 'sqlite')
      await assert.rejects(store.writer.control({ audit: audited(), statements: [profile(0.5)] }), { code: 'binding' })
  })

  test('a batch of more than 20,000 statements is refused', async (t) => {
    const store = await fresh(t)
    const nothing = { sql: 'DELETE FROM parked', parameters: [] }
    await assert.rejects(store.writer.control({ audit: audited(), statements: Array.from({ length: 20_001 }, () => nothing) }), {
      kind: 'too_large',
    })
  })

  test('a control batch that fails leaves the intents and settlements around it alone', async (t) => {
    const store = await fresh(t)
    const rows = ledgerRows(store.writer)
    const before = intend(store.writer, rows.intent('a'))
    const failing = store.writer.control({ audit: audited(), statements: [{ sql: 'INSERT INTO nowhere VALUES (1)', parameters: [] }] })
    const after = intend(store.writer, rows.intent('b'))
    await assert.rejects(failing, { name: 'PurserError' })
    await Promise.all([before.durable, after.durable])
  })

  test('counts, sums and newest instants of expressions are bigint, and columns are of their kind', async (t) => {
    const store = await fresh(t)
    const rows = ledgerRows(store.writer)
    await Promise.all(['a', 'b'].map((id) => intend(store.writer, rows.intent(id)).durable))
    const row = await store.read
      .selectFrom('calls')
      .select((e) => [
        e.fn.countAll().as('calls'),
        e.fn.sum('request_bytes').as('bytes'),
        e.fn.max('created_at').as('newest'),
        e.fn.max('created_at').as('created_at'),
        sql<bigint>`1 + 1`.as('two'),
      ])
      .executeTakeFirstOrThrow()
    assert.deepEqual(row as object, { calls: 2n, bytes: 4096n, newest: 1000n, created_at: 1000, two: 2n })
  })
})
