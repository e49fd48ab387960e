import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { sqliteExecutor } from '../../src/store/engine.ts'
import { fingerprint, fingerprintDigest } from '../../src/store/fingerprint.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { readStanding } from '../../src/store/records.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { validate } from '../../src/store/validate.ts'
import { sqlite } from '../support/engines.ts'
import { createExtra, downTo, ids, later, up } from './migrating.ts'
import { fill } from './rows.ts'

test('a second run on SQLite writes no byte and moves no data version', async (t) => {
  const database = await sqlite.fresh(t)
  await up(database.executor)
  await database.executor.all('PRAGMA wal_checkpoint(TRUNCATE)')
  const other = await database.connect()
  const bytes = (path: string) => (existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : null)
  const look = async () => [bytes(database.location!), bytes(`${database.location}-wal`), await other.all('PRAGMA data_version')]
  const before = await look()
  await up(database.executor)
  assert.deepEqual(await look(), before)
})

test('a way down on SQLite leaves a checked copy with all its rows, and never writes over one', async (t) => {
  const database = await sqlite.fresh(t)
  await up(database.executor)
  await fill(database.executor, 1)
  await database.executor.exec("DELETE FROM migrations WHERE id LIKE '900%'")
  const schema = fingerprintDigest(await fingerprint(database.executor))
  const { backup } = await downTo(database, ids[2]!)
  assert.equal(backup, `${database.location}.before-${ids.at(-1)}-20250615T150640Z`)
  const copy = openSqlite(backup!)
  t.after(() => copy.close())
  assert.equal(fingerprintDigest(await fingerprint(sqliteExecutor(copy))), schema)
  assert.equal(copy.all('SELECT * FROM charges').length, 1)

  await up(database.executor)
  await assert.rejects(downTo(database, ids[2]!), { code: 'backup_failed' })
  assert.equal((await validate(database.executor)).type, 'clean')
  assert.equal(readdirSync(dirname(database.location!)).filter((name) => name.includes('.before-') && !/-(wal|shm)$/.test(name)).length, 1)
})

test('a step that rebuilds a table keeps the rows that lead to it, and is undone where one would lead nowhere', async (t) => {
  const database = await sqlite.fresh(t)
  const { executor } = database
  await up(executor)
  await fill(executor, 1)
  await executor.exec("DELETE FROM migrations WHERE id LIKE '900%'")
  const rebuilding = (copy: string) => [
    ...registry,
    later('8001', createExtra, {
      up: {
        kind: 'atomic',
        rebuild: true,
        async run(schema) {
          await schema.exec(copy)
        },
      },
    }),
    later('8002', async () => undefined),
  ]
  await assert.rejects(up(executor, { registry: rebuilding('DELETE FROM providers'), to: '8001-later' }), /foreign key leads nowhere/)
  assert.equal((await executor.all('SELECT * FROM providers')).length, 1)
  assert.deepEqual(await executor.all('PRAGMA foreign_keys').then(([row]) => row?.foreign_keys), 1n)
  await up(executor, { registry: rebuilding('UPDATE providers SET name = name'), to: '8001-later' })
  assert.equal((await readStanding(executor)).records.at(-1)?.state, 'applied')
})
