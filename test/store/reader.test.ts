/** Reads: every kind as the house knows it, never half a batch, never a write. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectKinds, readNumeric, readRow } from '../../src/store/kinds.ts'
import { tables } from '../../src/store/schema.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

test('a column name has one kind in the whole schema', () => {
  assert.ok(collectKinds(tables).size > 100)
  const twice = {
    one: { columns: { a: { kind: 'int' } }, primaryKey: ['a'] },
    two: { columns: { a: { kind: 'text' } }, primaryKey: ['a'] },
  } as const
  assert.throws(() => collectKinds(twice), /two\.a is text, and the same name is int/)
})

test('each kind is read from what either engine answers', () => {
  const sqlite = readRow({ id: 'x', ticks: 5n, strict: 1n, auth: '{"type":"none"}', created_at: 7n, temperature: 0.5, note: null })
  const postgres = readRow({
    id: 'x',
    ticks: 5,
    strict: true,
    auth: '{"type":"none"}',
    created_at: '7',
    temperature: 0.5,
    note: null,
  })
  assert.deepEqual(sqlite, { id: 'x', ticks: 5n, strict: true, auth: { type: 'none' }, created_at: 7, temperature: 0.5, note: null })
  assert.deepEqual(postgres, sqlite)
  assert.equal(readNumeric('9223372036854775808'), 9223372036854775808n)
  assert.equal(readNumeric('0.5'), 0.5)
})

eachStore((fresh) => {
  test('a read refuses a transaction and a stream, and an error names what was wrong', async (t) => {
    const { read } = await fresh(t)
    await assert.rejects(
      read.transaction().execute(async () => undefined),
      /Reads have no transaction/,
    )
    await assert.rejects(async () => {
      for await (const _ of read.selectFrom('calls').selectAll().stream()) break
    }, /Reads have no stream/)
    await assert.rejects(
      read
        .selectFrom('calls')
        .select('nowhere' as never)
        .execute(),
      { name: 'PurserError', message: /nowhere/ },
    )
  })

  test('a read never sees half of a batch', async (t) => {
    const { writer, read } = await fresh(t)
    const rows = ledgerRows(writer)
    const asked: Promise<unknown>[] = []
    for (let index = 0; index < 30; index += 1) {
      const { committed } = intend(writer, rows.intent(`a${index}`))
      asked.push(committed.then(() => settle(writer, rows.settlement(`a${index}`))))
      const row = await read
        .selectFrom('attempts')
        .leftJoin('settlements', 'settlements.attempt_id', 'attempts.id')
        .leftJoin('open_attempts', 'open_attempts.attempt_id', 'attempts.id')
        .select(['attempts.id', 'settlements.attempt_id as settled', 'open_attempts.attempt_id as open'])
        .execute()
      for (const { id, settled, open } of row) assert.equal((settled === null) !== (open === null), true, id)
    }
    await Promise.all(asked)
  })

  test('a read never sees half of a control batch', async (t) => {
    const { writer, read } = await fresh(t)
    const values = (id: string) => `('${id}', '${id}', 'openai-chat', 'https://example.test', 1, 1)`
    const insert = (id: string) => ({
      sql: `INSERT INTO providers (id, name, contract, base_url, created_at, updated_at) VALUES ${values(id)}`,
      parameters: [],
    })
    const rows = ledgerRows(writer)
    for (let round = 0; round < 4; round += 1) {
      const { committed, durable } = intend(writer, rows.intent(`a${round}`))
      const batch = writer.control({ audit: audited(), statements: Array.from({ length: 25 }, (_, index) => insert(`p${round}-${index}`)) })
      await committed
      for (let reads = 0; reads < 8; reads += 1) {
        const providers = await read.selectFrom('providers').select('id').execute()
        assert.equal(providers.length % 25, 0)
      }
      await Promise.all([durable, batch])
    }
  })
})
