/** The protocol of the writer, on every store. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eachStore } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

eachStore((fresh) => {
  test('an intent is committed before it is durable, and a settlement is there when it is done', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    const heard: string[] = []
    const durable = Promise.withResolvers<void>()
    writer.intend(
      rows.intent('a'),
      () => heard.push('committed'),
      () => {
        heard.push('durable')
        durable.resolve()
      },
    )
    await durable.promise
    assert.deepEqual(heard, ['committed', 'durable'])
    assert.deepEqual(await read.selectFrom('open_attempts').select('attempt_id').execute(), [{ attempt_id: 'a.1' }])
    await settle(writer, rows.settlement('a'))
    const settlement = await read
      .selectFrom('settlements')
      .select(['attempt_id', 'charged_pico', 'usage', 'raw_usage', 'settled_at'])
      .executeTakeFirstOrThrow()
    assert.deepEqual(settlement, {
      attempt_id: 'a.1',
      charged_pico: 9007199254740995n,
      usage: { segments: [] },
      raw_usage: '{"prompt_tokens":12}',
      settled_at: 2000,
    })
    assert.equal((await read.selectFrom('charges').selectAll().execute()).length, 2)
    assert.deepEqual(await read.selectFrom('open_attempts').selectAll().execute(), [])
    assert.equal((await read.selectFrom('calls').selectAll().executeTakeFirstOrThrow()).requested_name, "it's")
  })

  test('answers come in the order in which they were asked for', async (t) => {
    const { writer } = await fresh(t)
    const rows = ledgerRows(writer)
    const heard: string[] = []
    const all = Array.from({ length: 40 }, (_, index) => {
      const { committed, durable } = intend(writer, rows.intent(`a${index}`))
      return [committed.then(() => heard.push(`c${index}`)), durable.then(() => heard.push(`d${index}`))]
    })
    await Promise.all(all.flat())
    const expected = (letter: string) => Array.from({ length: 40 }, (_, index) => `${letter}${index}`)
    assert.deepEqual(
      heard.filter((word) => word.startsWith('c')),
      expected('c'),
    )
    assert.deepEqual(
      heard.filter((word) => word.startsWith('d')),
      expected('d'),
    )
  })

  test('an intent that violates a constraint is refused alone, whole, and its mates land', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    const [first, bad, last] = ['a', 'b', 'c'].map((id) =>
      intend(writer, id === 'b' ? [...rows.intent(id), ...rows.intent('a').slice(2)] : rows.intent(id)),
    )
    await assert.rejects(bad!.committed, { kind: 'conflict', code: 'constraint' })
    await assert.rejects(bad!.durable, { kind: 'conflict' })
    await Promise.all([first!.durable, last!.durable])
    assert.deepEqual(await read.selectFrom('attempts').select('id').orderBy('id').execute(), [{ id: 'a.1' }, { id: 'c.1' }])
    assert.equal((await read.selectFrom('calls').selectAll().execute()).length, 2)
  })

  test('a settlement that violates a constraint is parked alone with all it holds, and its mates land', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    await Promise.all(['a', 'b'].map((id) => intend(writer, rows.intent(id)).durable))
    await Promise.all([
      settle(writer, rows.settlement('a')),
      settle(writer, rows.settlement('nobody')),
      settle(writer, rows.settlement('b')),
    ])
    assert.deepEqual(await read.selectFrom('settlements').select('attempt_id').orderBy('attempt_id').execute(), [
      { attempt_id: 'a.1' },
      { attempt_id: 'b.1' },
    ])
    const [parked, ...others] = await read.selectFrom('parked').selectAll().execute()
    assert.equal(others.length, 0)
    assert.equal(parked!.kind, 'settlement')
    assert.match(JSON.stringify(parked!.payload), /"attempt_id":"nobody\.1".*"charged_pico":"9007199254740995"/)
    assert.equal(writer.status().parked, 1)
    await settle(writer, rows.settlement('nobody'))
    assert.equal((await read.selectFrom('parked').selectAll().execute()).length, 1)
  })

  test('a settlement sent again with equal rows is done and stands once; with other rows it is parked', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    await intend(writer, rows.intent('a')).durable
    await settle(writer, rows.settlement('a'))
    await settle(writer, rows.settlement('a'))
    assert.equal((await read.selectFrom('parked').selectAll().execute()).length, 0)
    await settle(writer, rows.settlement('a', 2, 'cut'))
    assert.deepEqual(await read.selectFrom('settlements').select('outcome').execute(), [{ outcome: 'succeeded' }])
    assert.equal((await read.selectFrom('parked').selectAll().execute()).length, 1)
  })

  test('an intent sent again after its settlement is committed, and opens nothing', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    await intend(writer, rows.intent('a')).durable
    await settle(writer, rows.settlement('a'))
    await intend(writer, rows.intent('a')).durable
    assert.deepEqual(await read.selectFrom('open_attempts').selectAll().execute(), [])
  })

  test('a number meant for a column of text is refused before it becomes 1.0', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    const opened = writer.insertTemplate('open_attempts', ['attempt_id', 'instance_id', 'created_at'])
    const wrong = intend(writer, [...rows.intent('a').slice(0, 2), { template: opened, values: ['a.1', 1, 1000] }])
    const right = intend(writer, rows.intent('b'))
    await assert.rejects(wrong.committed, { code: 'binding', message: /open_attempts\.instance_id is of kind text/ })
    await right.durable
    assert.deepEqual(await read.selectFrom('calls').select('id').execute(), [{ id: 'b' }])
  })

  test('a row with too few values is refused, and nothing is thrown', async (t) => {
    const { writer } = await fresh(t)
    const [call] = ledgerRows(writer).intent('a')
    await assert.rejects(settle(writer, [{ template: call!.template, values: ['a'] }]), /has 1 values for 4 columns/)
  })

  test('equal templates are one', async (t) => {
    const { writer } = await fresh(t)
    const [one, two] = [0, 1].map(() => writer.insertTemplate('calls', ['id'], { tenant_id: 'a', config_revision: 2n }))
    assert.equal(one, two)
    assert.notEqual(one, writer.insertTemplate('calls', ['id'], { tenant_id: 'a', config_revision: '2' }))
  })

  test('every sync counts the tick of its own instance up', async (t) => {
    const { writer, read, instance } = await fresh(t)
    const rows = ledgerRows(writer)
    for (let index = 1n; index <= 3n; index += 1n) {
      await intend(writer, rows.intent(`a${index}`)).durable
      assert.deepEqual(await read.selectFrom('instances').select(['id', 'ticks', 'epoch']).execute(), [
        { id: instance.id, ticks: index, epoch: 1n },
      ])
    }
  })

  test('closing waits for everything that was asked before it, and takes nothing after', async (t) => {
    const store = await fresh(t)
    const rows = ledgerRows(store.writer)
    const before = intend(store.writer, rows.intent('a'))
    const closed = store.close()
    await assert.rejects(settle(store.writer, rows.settlement('a')), { code: 'store_down' })
    await closed
    await before.durable
  })
})
