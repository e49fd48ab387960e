/** What the writer answers when the disk, the connection or its own queue fails: never "done" for what is not there. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { sqliteExecutor } from '../../src/store/engine.ts'
import { openGate } from '../../src/store/gate.ts'
import { register } from '../../src/store/instance.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openSqlite, type SqliteConnection } from '../../src/store/sqlite.ts'
import type { Write } from '../../src/store/store.ts'
import { type ClosableWriter, createWriter } from '../../src/store/writer.ts'
import type { WriterEngine } from '../../src/store/writer-engine.ts'
import { inlineLink } from '../../src/store/writer-inline.ts'
import { answer, ask, type Message } from '../../src/store/writer-messages.ts'
import { sqliteEngine } from '../../src/store/writer-sqlite.ts'
import { audited } from '../support/audit.ts'
import { systemClock } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

type Bench = {
  readonly connection: SqliteConnection
  readonly writer: ClosableWriter
  readonly fatal: [PurserError, number][]
  count(table: string): number
}

/** A writer in memory whose engine may be bent. */
async function bench(t: TestContext, bend: (engine: WriterEngine, connection: SqliteConnection) => Partial<WriterEngine>): Promise<Bench> {
  const connection = openSqlite(':memory:')
  const executor = sqliteExecutor(connection)
  await migrate(executor, { clock: systemClock, release: 'test' })
  await register(executor, 'instance', 'test', systemClock)
  const engine = sqliteEngine(connection)
  const bent = { ...engine, ...bend(engine, connection) }
  const fatal: [PurserError, number][] = []
  const writer = createWriter({
    clock: systemClock,
    link: inlineLink({ engine: bent, instanceId: 'instance', clock: systemClock, gate: openGate }),
    onFatal: (error, exitCode) => fatal.push([error, exitCode]),
  })
  t.after(() => writer.close())
  return { connection, writer, fatal, count: (table) => Number(connection.all(`SELECT count(*) AS n FROM ${table}`)[0]?.n) }
}

const sqliteFailure = (errcode: number) => Object.assign(new Error('made to fail'), { code: 'ERR_SQLITE_ERROR', errcode })

test('on a full disk, where SQLite has rolled back by itself, nothing of the batch is answered as done or stands', async (t) => {
  let full = false
  const { writer, count, fatal } = await bench(t, (engine, connection) => ({
    writeAll(entries) {
      engine.writeAll(full ? entries.slice(0, 1) : entries)
      if (!full) return
      connection.exec('ROLLBACK')
      throw sqliteFailure(13)
    },
  }))
  const rows = ledgerRows(writer)
  await intend(writer, rows.intent('a')).durable
  full = true
  const refused = ['b', 'c'].map((id) => intend(writer, rows.intent(id)))
  for (const { committed, durable } of refused) {
    await assert.rejects(committed, { kind: 'unavailable', code: 'disk_full' })
    await assert.rejects(durable, { kind: 'unavailable', code: 'disk_full' })
  }
  await assert.rejects(settle(writer, rows.settlement('a')), { kind: 'unavailable', code: 'disk_full' })
  assert.deepEqual([count('calls'), count('settlements'), count('parked')], [1, 0, 0])
  full = false
  await settle(writer, rows.settlement('a'))
  await intend(writer, rows.intent('b')).durable
  assert.deepEqual([count('calls'), count('settlements'), fatal.length], [2, 1, 0])
})

test('a disk that fills while rows are replayed one by one answers nothing as done', async (t) => {
  let full = false
  const { writer, count } = await bench(t, (engine, connection) => ({
    write(write) {
      if (!full || write.definition.table !== 'charges') return engine.write(write)
      connection.exec('ROLLBACK')
      throw sqliteFailure(13)
    },
  }))
  const rows = ledgerRows(writer)
  await Promise.all(['a', 'b'].map((id) => intend(writer, rows.intent(id)).durable))
  full = true
  const settled = [
    settle(writer, rows.settlement('a', 0)),
    settle(writer, rows.settlement('nobody', 0)),
    settle(writer, rows.settlement('b')),
  ]
  for (const one of settled) await assert.rejects(one, { code: 'disk_full' })
  assert.deepEqual([count('settlements'), count('parked')], [0, 0])
})

for (const [name, errcode] of [
  ['fails', 10],
  ['is corrupt', 11],
] as const) {
  test(`a disk that ${name} stops the writer for good: every pending callback hears of it, and the process is told to end with 74`, async (t) => {
    let broken = false
    const { writer, fatal } = await bench(t, (engine) => ({
      commit() {
        if (broken) throw sqliteFailure(errcode)
        return engine.commit()
      },
    }))
    const rows = ledgerRows(writer)
    await intend(writer, rows.intent('a')).durable
    broken = true
    const pending = [
      settle(writer, rows.settlement('a')),
      intend(writer, rows.intent('b')).durable,
      writer.control({ audit: audited(), statements: [] }),
    ]
    for (const one of pending) await assert.rejects(one as Promise<unknown>, { kind: 'unavailable' })
    assert.deepEqual(
      fatal.map(([error, exitCode]) => [error.kind, exitCode]),
      [['unavailable', 74]],
    )
    await assert.rejects(settle(writer, rows.settlement('a')), { kind: 'unavailable' })
  })
}

test('what fails only at COMMIT costs the one entry that causes it', async (t) => {
  const { writer, connection, count } = await bench(t, () => ({}))
  connection.exec(`
    CREATE TABLE late_parents (id TEXT PRIMARY KEY) STRICT;
    CREATE TABLE late (id TEXT REFERENCES late_parents (id) DEFERRABLE INITIALLY DEFERRED) STRICT;
    CREATE TRIGGER late_calls AFTER INSERT ON calls WHEN NEW.id = 'late' BEGIN INSERT INTO late VALUES ('nobody'); END;
  `)
  const rows = ledgerRows(writer)
  const [first, late, last] = ['a', 'late', 'b'].map((id) => intend(writer, rows.intent(id)))
  await assert.rejects(late!.committed, { kind: 'conflict', code: 'constraint' })
  await Promise.all([first!.durable, last!.durable])
  assert.equal(count('calls'), 2)
})

test('a deadlock is tried again, up to five times', async (t) => {
  let failures = 4
  const { writer, count } = await bench(t, (engine) => ({
    commit() {
      if (failures-- > 0) throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
      return engine.commit()
    },
  }))
  await intend(writer, ledgerRows(writer).intent('a')).committed
  assert.equal(count('calls'), 1)
})

test('after a connection is lost at COMMIT, with the commit there or not, each row stands once', async (t) => {
  for (const cameThrough of [true, false]) {
    let losses = 0
    const { writer, count } = await bench(t, (engine) => ({
      commit() {
        if (losses !== 1) return engine.commit()
        losses = 2
        if (cameThrough) engine.commit()
        else engine.rollback()
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      },
      reconnect: () => true,
    }))
    const rows = ledgerRows(writer)
    await intend(writer, rows.intent('a')).durable
    losses = 1
    await settle(writer, rows.settlement('a'))
    assert.deepEqual(
      [losses, count('settlements'), count('charges'), count('open_attempts'), count('parked')],
      [2, 1, 2, 0, 0],
      String(cameThrough),
    )
  }
})

test('a control batch whose connection is lost at COMMIT lands once and answers with its one revision', async (t) => {
  for (const cameThrough of [true, false]) {
    let lost = false
    const { writer, count } = await bench(t, (engine) => ({
      commit() {
        if (lost) return engine.commit()
        lost = true
        if (cameThrough) engine.commit()
        else engine.rollback()
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      },
      reconnect: () => true,
    }))
    const values = "('p', 'p', 'openai-chat', 'https://example.test', 1, 1)"
    const sql = `INSERT INTO providers (id, name, contract, base_url, created_at, updated_at) VALUES ${values}`
    assert.deepEqual(
      await writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] }),
      { revision: 1n, recordedAt: null },
      String(cameThrough),
    )
    assert.equal(count('providers'), 1)
  }
})

/** A writer whose loop the test itself plays. */
function played(now = { ms: 0 }) {
  const sent: Message[] = []
  let say: (answers: Message) => void = () => undefined
  const writer = createWriter({
    clock: { now: () => now.ms, monotonic: () => now.ms },
    link: (hear) => {
      say = hear
      return { send: (message) => void sent.push(message), close: async () => undefined }
    },
    schedule: (run) => run(),
  })
  return { writer, sent, say: (...answers: Message) => say(answers) }
}

const behind = { kind: 'unavailable', code: 'ledger_behind' }
const noRows: readonly Write[] = []

test('a full queue refuses intents and never a settlement', async () => {
  const { writer, say } = played()
  const settled = Array.from({ length: 10_000 }, () => settle(writer, noRows))
  await assert.rejects(intend(writer, noRows).committed, behind)
  settled.push(settle(writer, noRows))
  say(answer.settled, 10_001, null)
  await Promise.all(settled)
  const admitted = intend(writer, noRows)
  say(answer.committed, 1, null)
  await admitted.committed
})

test('64 MiB of waiting rows are a full queue too', async () => {
  const { writer } = played()
  const template = writer.deleteTemplate('open_attempts', 'attempt_id')
  for (let mebibytes = 0; mebibytes < 64; mebibytes += 8) void settle(writer, [{ template, values: ['x'.repeat(8 * 1024 * 1024)] }])
  await assert.rejects(intend(writer, noRows).committed, behind)
})

test('admission stops while the oldest committed intent has waited more than a second for its sync', async () => {
  const now = { ms: 5 }
  const { writer, say } = played(now)
  const first = intend(writer, noRows)
  say(answer.committed, 1, null)
  now.ms = 1_005
  const second = intend(writer, noRows)
  now.ms = 1_006
  assert.equal(writer.status().syncLagMs, 1_001)
  await assert.rejects(intend(writer, noRows).committed, behind)
  say(answer.committed, 1, null, answer.durable, 1, null)
  assert.equal(writer.status().syncLagMs, 0)
  await Promise.all([first.durable, second.committed])
})

test('a tick is one flat array of primitives', () => {
  const ticks: (() => void)[] = []
  const sent: Message[] = []
  const writer = createWriter({
    clock: systemClock,
    link: () => ({ send: (message) => void sent.push(message), close: async () => undefined }),
    schedule: (run) => void ticks.push(run),
  })
  const template = writer.deleteTemplate('open_attempts', 'attempt_id')
  void settle(writer, [{ template, values: ['a'] }])
  void intend(writer, [{ template, values: ['b'] }])
  assert.equal(ticks.length, 1)
  ticks[0]!()
  assert.deepEqual(sent, [[ask.define, template, ask.settle, 81, 1, 0, 'a', ask.intend, 81, 1, 0, 'b']])
})

test('a callback that throws does not keep its mates from being heard', async (t) => {
  const { writer, say } = played()
  const uncaught = t.mock.method(globalThis, 'queueMicrotask', () => undefined)
  writer.settle(noRows, () => {
    throw new Error('mine')
  })
  const mate = settle(writer, noRows)
  say(answer.settled, 2, null)
  await mate
  assert.equal(uncaught.mock.callCount(), 1)
})
