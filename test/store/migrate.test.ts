import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { fingerprint, fingerprintDigest } from '../../src/store/fingerprint.ts'
import { lockFile } from '../../src/store/lock.ts'
import { makeReady, migrate, rowsTouched } from '../../src/store/migrate.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { plan } from '../../src/store/plan.ts'
import { readStanding } from '../../src/store/records.ts'
import { validate } from '../../src/store/validate.ts'
import { eachEngine, type TestDatabase } from '../support/engines.ts'
import { base, clock, createExtra, downTo, dropExtra, ids, later, up } from './migrating.ts'
import { fill } from './rows.ts'

const state = async ({ executor }: TestDatabase) => ({
  schema: fingerprintDigest(await fingerprint(executor)),
  ...(await readStanding(executor)),
})

eachEngine((engine) => {
  test('every step is recorded with its checksum, release, times and what going down loses', async (t) => {
    const database = await engine.fresh(t)
    assert.deepEqual(await up(database.executor), { direction: 'up', ids, backup: null })
    const rows = await database.executor.all('SELECT * FROM migrations ORDER BY id')
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      registry.map(({ id, checksum, effect, down }) => ({
        id,
        state: 'applied',
        checksum,
        release: '0.1.0',
        effect,
        down_kind: 'lossy',
        loses: 'loses' in down ? down.loses : null,
        cursor: null,
        error: null,
        started_at: BigInt(clock.now()),
        finished_at: BigInt(clock.now()),
      })),
    )
  })

  test('a second run does nothing', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor)
    const before = await state(database)
    assert.deepEqual((await up(database.executor)).ids, [])
    assert.deepEqual(await state(database), before)
  })

  test('each step stands where it was asked to stop, up and down', async (t) => {
    const database = await engine.fresh(t)
    const standing: unknown[] = [await state(database)]
    for (const to of ids) {
      assert.deepEqual((await up(database.executor, { to })).ids, [to])
      standing.push(await state(database))
    }
    for (const [index, to] of ['none', ...ids].entries()) {
      await up(database.executor)
      const later = { ...clock, now: () => clock.now() + 1000 * index }
      assert.deepEqual((await downTo(database, to, { clock: later })).ids, ids.slice(index).reverse())
      assert.deepEqual(await state(database), standing[index])
    }
  })

  test('up, down and up again makes the same schema', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor)
    const before = await state(database)
    await fill(database.executor, 1)
    await database.executor.exec("DELETE FROM migrations WHERE id LIKE '900%'")
    await downTo(database, 'none')
    await up(database.executor)
    assert.deepEqual(await state(database), before)
  })

  test('a way down that loses data names each step until it is accepted', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor)
    const before = await state(database)
    await assert.rejects(downTo(database, ids[1]!, { acceptLoss: ids.slice(3) }), (error: PurserError) => {
      assert.equal(error.code, 'consent_needed')
      assert.match(error.message, /0003-rates: Every rate card/)
      assert.equal(error.hint, 'If it may be lost, repeat the command with --accept-loss 0003-rates')
      return true
    })
    assert.deepEqual(await state(database), before)
    assert.deepEqual((await downTo(database, ids[1]!, { acceptLoss: ids.slice(2) })).ids, ids.slice(2).reverse())
  })

  test('a step that can not be undone is not crossed', async (t) => {
    const database = await engine.fresh(t)
    const stuck = [...registry, later('8001', createExtra, { down: { none: 'The keys it erased are not kept.' } })]
    await up(database.executor, { registry: stuck })
    await assert.rejects(downTo(database, 'none', { registry: stuck }), /8001-later can not be undone: The keys it erased/)
    assert.equal((await readStanding(database.executor)).records.length, ids.length + 1)
  })

  test('a step that throws is undone and recorded as failed, nothing after it runs, and the next start tries again', async (t) => {
    const database = await engine.fresh(t)
    let works = false
    let after = 0
    const shaky = [
      ...registry,
      later('8001', async (schema) => {
        await createExtra(schema)
        if (!works) throw new Error('out of paper')
      }),
      later('8002', async () => void (after += 1)),
    ]
    await assert.rejects(up(database.executor, { registry: shaky }), (error: PurserError) => {
      assert.equal(error.code, 'schema_failed')
      assert.equal(error.hint, 'purser migrate --only 8001-later --debug')
      assert.match(error.message, /out of paper/)
      return true
    })
    const standing = await readStanding(database.executor)
    assert.equal(standing.tables.includes('extra'), false)
    assert.equal(after, 0)
    assert.deepEqual(
      standing.records.map((record) => [record.id, record.state, record.error]),
      [...ids.map((id) => [id, 'applied', null]), ['8001-later', 'failed', 'out of paper']],
    )
    await assert.rejects(makeReady(database.executor, { ...base, registry: shaky, mayMigrate: true }), { code: 'schema_failed' })
    works = true
    assert.deepEqual((await makeReady(database.executor, { ...base, registry: shaky, mayMigrate: true })).migrated, [
      '8001-later',
      '8002-later',
    ])
    assert.equal(after, 1)
  })

  test('a way down that throws changes nothing, not even what was undone before it', async (t) => {
    const database = await engine.fresh(t)
    const torn = [
      ...registry,
      later('8001', async () => undefined, { down: { lossless: { kind: 'atomic', run: () => Promise.reject(new Error('stuck')) } } }),
      later('8002', createExtra, { down: { lossless: { kind: 'atomic', run: dropExtra } } }),
    ]
    await up(database.executor, { registry: torn })
    const before = await state(database)
    await assert.rejects(downTo(database, 'none', { registry: torn }), /8001-later could not be undone, and nothing was changed: stuck/)
    assert.deepEqual(await state(database), before)
  })

  test('a step that opens its own transaction is refused', async (t) => {
    const database = await engine.fresh(t)
    await assert.rejects(
      up(database.executor, { registry: [...registry, later('8001', (schema) => schema.exec('COMMIT'))] }),
      /may not open or end/,
    )
    assert.equal((await readStanding(database.executor)).records.at(-1)?.state, 'failed')
  })

  test('one step alone runs only when it is the next', async (t) => {
    const database = await engine.fresh(t)
    await assert.rejects(up(database.executor, { only: ids[1]! }), /0002-control can not run now: the next one is 0001-housekeeping/)
    assert.deepEqual((await up(database.executor, { only: ids[0]! })).ids, [ids[0]])
    await assert.rejects(up(database.executor, { only: ids[0]! }), /the next one is 0002-control/)
  })

  test('an unknown target is refused with the list of migrations', async (t) => {
    const database = await engine.fresh(t)
    await assert.rejects(
      up(database.executor, { to: '0009-nothing' }),
      /No migration is named "0009-nothing". Migrations: 0001-housekeeping/,
    )
  })

  test('a process that may not migrate is told to, and one that may does', async (t) => {
    const database = await engine.fresh(t)
    await assert.rejects(makeReady(database.executor, { ...base, mayMigrate: false }), { code: 'schema_pending', hint: 'purser migrate' })
    assert.deepEqual((await makeReady(database.executor, { ...base, mayMigrate: true })).migrated, ids)
    assert.deepEqual(await makeReady(database.executor, { ...base, mayMigrate: false }), {
      finding: { type: 'clean', additional: [] },
      migrated: [],
    })
  })

  test('a plan counts the rows of the tables it would touch', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor)
    await fill(database.executor, 1)
    await database.executor.exec("DELETE FROM migrations WHERE id LIKE '900%'")
    const planned = plan(registry, await readStanding(database.executor), { to: ids[1]! })
    assert.deepEqual(
      [...(await rowsTouched(database.executor, planned))],
      [
        ['0006-operators', 9n],
        ['0005-routes', 3n],
        ['0004-ledger', 5n],
        ['0003-rates', 6n],
      ],
    )
  })

  if (engine.name !== 'pglite') {
    test('of four starters at once, each step is run by one', async (t) => {
      const database = await engine.fresh(t)
      const starters = await Promise.all([1, 2, 3, 4].map(() => database.connect()))
      const runs = await Promise.all(starters.map((executor) => migrateWhenFree(executor, database)))
      assert.deepEqual(runs.flat().sort(), ids)
      assert.equal((await validate(database.executor)).type, 'clean')
    })
  }

  if (engine.engine === 'postgres') {
    test('a way down needs the word of someone that a backup was taken', async (t) => {
      const database = await engine.fresh(t)
      await up(database.executor)
      await assert.rejects(downTo(database, 'none', { backupTaken: ' ' }), { code: 'consent_needed' })
      assert.equal((await downTo(database, 'none')).backup, 'nightly dump')
    })
  }

  if (engine.name === 'postgres') {
    test('a runner waits for another no longer than it was told, and then says who is in the way', async (t) => {
      const database = await engine.fresh(t)
      const other = await database.connect()
      await other.transaction(async () => {
        await other.exec("SELECT pg_advisory_xact_lock(hashtextextended('purser migrate ' || current_schema(), 0))")
        await assert.rejects(up(database.executor, { lockWaitMs: 50 }), { code: 'lock_busy' })
      })
      assert.deepEqual((await up(database.executor)).ids, ids)
    })
  }
})

/** On SQLite the process lock decides, as it does for real starters. */
async function migrateWhenFree(executor: TestDatabase['executor'], { location }: TestDatabase): Promise<readonly string[]> {
  if (executor.engine === 'postgres') return (await migrate(executor, base)).ids
  for (;;) {
    try {
      const lock = lockFile(location!)
      return await migrate(executor, base)
        .then(
          ({ ids }) => ids,
          (error) => Promise.reject(error),
        )
        .finally(() => lock.release())
    } catch (error) {
      if ((error as PurserError).code !== 'lock_busy') throw error
      await new Promise(setImmediate)
    }
  }
}
