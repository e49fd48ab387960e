/** What the ledger is told stands in its rows, whole and once, on every store. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { attemptIdOf, type CallFacts, type SettlementFacts } from '../../src/ledger/facts.ts'
import { eachStore } from '../support/stores.ts'
import { attemptRow, booksOn, callRow, chargeRows, instance, rowsOf, settlementRow } from './books.ts'
import { anyCall, anySettlement, attemptFacts, callFacts, charged, line, settlementFacts, target } from './facts.ts'

eachStore((fresh) => {
  test('an intent is a call, an attempt and an open row, column for column', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    await books.intend(callFacts('a'), attemptFacts())
    const bare = callFacts('b', { keyId: null, client: null, sessionId: null, callerRetry: null, stream: false, labels: {} })
    const direct = attemptFacts({ target: { ...target, profileId: null, profileName: null, billing: 'subscription', locality: 'local' } })
    await books.intend(bare, direct)
    assert.deepEqual(byId(await rowsOf(store, 'calls')), [callRow(callFacts('a')), callRow(bare)])
    assert.deepEqual(byId(await rowsOf(store, 'attempts')), [attemptRow(callFacts('a'), attemptFacts()), attemptRow(bare, direct)])
    const open = (id: string) => ({
      attempt_id: id,
      instance_id: instance.id,
      created_at: 1_001,
      progress: null,
      progress_at: null,
    })
    const opened = (await rowsOf(store, 'open_attempts')).sort((one, other) => one.attempt_id.localeCompare(other.attempt_id))
    assert.deepEqual(opened, [open('a.1'), open('b.1')])
  })

  test('a second attempt of a call adds an attempt and an open row, and no second call', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    await books.intend(callFacts('a'), attemptFacts())
    await books.intend(callFacts('a'), attemptFacts({ attemptNo: 2, model: 'coin-2' }))
    assert.equal((await rowsOf(store, 'calls')).length, 1)
    assert.deepEqual(
      byId(await rowsOf(store, 'attempts')).at(-1),
      attemptRow(callFacts('a'), attemptFacts({ attemptNo: 2, model: 'coin-2' })),
    )
    assert.equal((await rowsOf(store, 'open_attempts')).length, 2)
  })

  test('a settlement is its row and its charges, column for column, and the attempt is open no more', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    await books.intend(callFacts('a'), attemptFacts())
    const facts = settlementFacts('a.1', {
      warnings: [{ field: 'seed', reason: 'cannot be said' }],
      usageFlags: ['usage_inconsistent'],
      charged: charged([line(), line({ meter: 'output_tokens', qty: 3n, amountPico: 6_000_000n, multiplierIds: ['x'], num: 3n, den: 2n })]),
    })
    await books.settle(facts)
    assert.deepEqual(await rowsOf(store, 'settlements'), [settlementRow(facts)])
    assert.deepEqual(await rowsOf(store, 'charges'), chargeRows(facts))
    assert.deepEqual(await rowsOf(store, 'open_attempts'), [])
    const amounts = (await rowsOf(store, 'charges')).map((row) => row.amount_pico)
    assert.equal(
      amounts.reduce((sum, amount) => sum + amount, 0n),
      (await rowsOf(store, 'settlements'))[0]?.charged_pico,
    )
  })

  test('an intent lands whole or not at all', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    const nameless = attemptFacts({ target: { ...target, providerName: null as never } })
    const refused = assert.rejects(books.intend(callFacts('a'), nameless), { kind: 'conflict', code: 'constraint' })
    const mate = books.intend(callFacts('b'), attemptFacts())
    await Promise.all([refused, mate])
    assert.deepEqual(
      (await rowsOf(store, 'calls')).map(({ id }) => id),
      ['b'],
    )
    assert.equal((await rowsOf(store, 'attempts')).length, 1)
    assert.equal((await rowsOf(store, 'open_attempts')).length, 1)
  })

  test('the same settlement twice is a success, and changes nothing', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    await books.intend(callFacts('a'), attemptFacts())
    await books.settle(settlementFacts('a.1'))
    await books.settle(settlementFacts('a.1'))
    assert.deepEqual(await rowsOf(store, 'settlements'), [settlementRow(settlementFacts('a.1'))])
    assert.equal((await rowsOf(store, 'charges')).length, 1)
    assert.deepEqual(await rowsOf(store, 'parked'), [])
    assert.equal(store.writer.status().parked, 0)
  })

  test('another settlement of a settled attempt is parked and counted, and its mates land', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    await Promise.all(['a', 'b', 'c'].map((id) => books.intend(callFacts(id), attemptFacts())))
    await books.settle(settlementFacts('a.1'))
    const other = settlementFacts('a.1', { charged: charged([line({ qty: 99n, amountPico: 99_000_000n })]) })
    await Promise.all([books.settle(settlementFacts('b.1')), books.settle(other), books.settle(settlementFacts('c.1'))])
    const settled = await rowsOf(store, 'settlements')
    assert.deepEqual(settled.map((row) => row.attempt_id).sort(), ['a.1', 'b.1', 'c.1'])
    assert.deepEqual(
      settled.find((row) => row.attempt_id === 'a.1'),
      settlementRow(settlementFacts('a.1')),
    )
    const [parked, ...more] = await rowsOf(store, 'parked')
    assert.equal(more.length, 0)
    assert.equal(parked?.kind, 'settlement')
    assert.match(parked.reason, /settlements holds another row of this key/)
    assert.ok(JSON.stringify(parked.payload).includes('99000000'))
    assert.equal(store.writer.status().parked, 1)
    assert.deepEqual(await rowsOf(store, 'open_attempts'), [])
  })

  test('whatever is told comes back, by a statement of its own shape and by the one that all rare shapes share', async (t) => {
    const store = await fresh(t)
    const own = booksOn(store)
    const shared = booksOn(store)
    await useUpShapes(shared)
    let made = 0
    const law = fc.asyncProperty(fc.array(fc.tuple(anyCall, anySettlement), { minLength: 1, maxLength: 40 }), async (all) => {
      const told: { call: CallFacts; settlement: SettlementFacts }[] = []
      const writing: Promise<void>[] = []
      for (const [call, settlement] of all) {
        for (const books of [own, shared]) {
          const id = `call-${++made}`
          const one = { call: { ...call, id }, settlement: { ...settlement, attemptId: attemptIdOf(id, 1) } }
          told.push(one)
          writing.push(books.intend(one.call, attemptFacts({ model: call.requestedName })).then(() => books.settle(one.settlement)))
        }
      }
      await Promise.all(writing)
      const { read } = store
      for (const { call, settlement } of told) {
        const id = settlement.attemptId
        assert.deepEqual(await read.selectFrom('calls').selectAll().where('id', '=', call.id).execute(), [callRow(call)])
        assert.deepEqual(await read.selectFrom('attempts').selectAll().where('id', '=', id).execute(), [
          attemptRow(call, attemptFacts({ model: call.requestedName })),
        ])
        assert.deepEqual(await read.selectFrom('settlements').selectAll().where('attempt_id', '=', id).execute(), [
          settlementRow(settlement),
        ])
        const lines = await read.selectFrom('charges').selectAll().where('attempt_id', '=', id).orderBy('line_no').execute()
        assert.deepEqual(lines, chargeRows(settlement))
      }
    })
    await fc.assert(law, { numRuns: 20, endOnFailure: true })
    assert.equal(store.writer.status().parked, 0)
    assert.deepEqual(await rowsOf(store, 'open_attempts'), [])
  })

  test('an empty word and no word at all are two shapes', async (t) => {
    const store = await fresh(t)
    const books = booksOn(store)
    for (const [id, stopReason] of [
      ['a', null],
      ['b', ''],
      ['c', null],
    ] as const) {
      await books.intend(callFacts(id), attemptFacts())
      await books.settle(settlementFacts(attemptIdOf(id, 1), { stopReason }))
    }
    const settled = (await rowsOf(store, 'settlements')).sort((one, other) => one.attempt_id.localeCompare(other.attempt_id))
    assert.deepEqual(
      settled.map((row) => row.stop_reason),
      [null, '', null],
    )
  })
})

function byId<T extends { readonly id: string }>(rows: readonly T[]): T[] {
  return rows.toSorted((one, other) => one.id.localeCompare(other.id))
}

/** After so many different rows of each table a ledger compiles no statement for a new shape. */
async function useUpShapes(books: ReturnType<typeof booksOn>): Promise<void> {
  const each = Array.from({ length: 257 }, async (_, n) => {
    const name = `filler-${n}`
    await books.intend(callFacts(name, { requestedName: name }), attemptFacts({ model: name }))
    const lines = [line({ reportedModel: name })]
    await books.settle(settlementFacts(attemptIdOf(name, 1), { requestedModel: name, charged: charged(lines) }))
  })
  await Promise.all(each)
}
