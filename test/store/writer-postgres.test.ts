/** The writer on a Postgres whose connections break. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import type { Executor } from '../../src/store/engine.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import { type PostgresConnection, postgresSource } from '../../src/store/postgres-connection.ts'
import { audited } from '../support/audit.ts'
import { whyNoPostgres } from '../support/postgres.ts'
import { open, systemClock, testStores } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

const postgres = testStores.find(({ name }) => name === 'postgres')!
const options = { skip: whyNoPostgres() ?? false }

/** Ends the session that holds the lock of this schema. */
const terminate = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND (classid::bigint << 32 | objid::bigint) = hashtextextended('purser serve ' || current_schema(), 0)`

async function besides(t: TestContext, url: string): Promise<PostgresConnection> {
  const connection = await postgresSource(url).connect()
  t.after(() => connection.close())
  return connection
}

test('a connection that is cut again and again costs no answer and doubles no row', options, async (t) => {
  const url = (await postgres.database(t)) as string
  const store = await open(t, url)
  const other = await besides(t, url)
  const rows = ledgerRows(store.writer)
  const call = async (id: string) => {
    const { committed, durable } = intend(store.writer, rows.intent(id))
    await committed
    await Promise.all([durable, settle(store.writer, rows.settlement(id))])
  }
  for (let round = 0; round < 6; round += 1) {
    const calls = Array.from({ length: 20 }, (_, index) => call(`a${round}-${index}`))
    await other.query(terminate)
    const batch = store.writer.control({ audit: audited(), statements: [] })
    await Promise.all([...calls, batch])
  }
  const count = async (table: 'calls' | 'settlements' | 'charges' | 'parked' | 'open_attempts') =>
    (
      await store.read
        .selectFrom(table)
        .select((e) => e.fn.countAll<bigint>().as('n'))
        .executeTakeFirstOrThrow()
    ).n
  assert.deepEqual(
    [await count('calls'), await count('settlements'), await count('charges'), await count('parked'), await count('open_attempts')],
    [120n, 120n, 240n, 0n, 0n],
  )
  assert.deepEqual(await store.read.selectFrom('revision').selectAll().execute(), [{ n: 6n }])
})

test('a process that finds another in its place after a broken connection stops for good, with 75', options, async (t) => {
  const url = (await postgres.database(t)) as string
  const fatal = Promise.withResolvers<[PurserError, number]>()
  const store = await open(t, url, { onFatal: (error, exitCode) => fatal.resolve([error, exitCode]) })
  const other = await besides(t, url)
  await other.query("INSERT INTO instances (id, name, epoch, boot_id, pid, started_at, seen_at) VALUES ('next', 'next', 2, '', 1, 1, 1)")
  await other.query(terminate)
  const { committed } = intend(store.writer, ledgerRows(store.writer).intent('a'))
  await assert.rejects(committed, { code: 'lock_lost' })
  const [, exitCode] = await fatal.promise
  assert.equal(exitCode, 75)
})

test('a migration has no time limit, and the statements of the writer have one', options, async (t) => {
  const database = await postgres.database(t)
  const limits: unknown[] = []
  const prepare = async (executor: Executor) => {
    await migrate(executor, { clock: systemClock, release: 'test' })
    limits.push(...(await executor.all("SELECT current_setting('statement_timeout') AS timeout")))
  }
  const store = await openStore({ database, clock: systemClock, instance: { name: 'test' }, prepare })
  t.after(() => store.close())
  assert.deepEqual(limits, [{ timeout: '0' }])
  const limited = { sql: "UPDATE revision SET n = n WHERE current_setting('statement_timeout') = '5s'", parameters: [], expectChanges: 1 }
  assert.equal((await store.writer.control({ audit: audited(), statements: [limited] })).revision, 1n)
})
