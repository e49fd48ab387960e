import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { type Executor, postgresExecutor } from '../../src/store/engine.ts'
import { fingerprint, fingerprintDigest } from '../../src/store/fingerprint.ts'
import { readStanding } from '../../src/store/records.ts'
import { postgres, type TestDatabase } from '../support/engines.ts'
import { whyNoPostgres } from '../support/postgres.ts'
import { downTo, ids, up } from './migrating.ts'

const missing = whyNoPostgres()

/** A connection that is cut after its n-th statement was answered. `sent` tells how many there were. */
async function cutAfter(location: string, n: number): Promise<{ executor: Executor; sent: () => number; end: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: location })
  client.on('error', () => undefined)
  await client.connect()
  let sent = 0
  const cutting = {
    async query(sql: string, parameters: readonly unknown[]) {
      const answer = await client.query(sql, [...parameters])
      sent += 1
      if (sent === n) (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
      return answer
    },
  }
  return {
    executor: postgresExecutor(cutting),
    sent: () => sent,
    end: () => client.end().catch(() => undefined),
  }
}

const state = async (executor: Executor) =>
  JSON.stringify([
    fingerprintDigest(await fingerprint(executor)),
    (await readStanding(executor)).records.map(({ id, state }) => [id, state]),
  ])

/** Runs it with the connection cut after statement 1, 2, 3 … until it gets through; the schema must be a whole one each time. */
async function atEveryStatement(
  database: TestDatabase,
  whole: ReadonlySet<string>,
  run: (executor: Executor) => Promise<unknown>,
): Promise<number> {
  for (let n = 1; ; n++) {
    const { executor, sent, end } = await cutAfter(database.location!, n)
    const through = await run(executor).then(
      () => true,
      () => false,
    )
    await end()
    const found = await state(database.executor)
    assert.ok(whole.has(found), `half a schema after statement ${n}: ${found}`)
    if (through && sent() < n) return n - 1
    if (n > 1000) assert.fail('it never got through')
  }
}

test(
  'a connection cut after any statement, up or down, leaves a whole schema',
  missing === undefined ? {} : { skip: missing },
  async (t) => {
    const database = await postgres.fresh(t)
    const whole = new Set([await state(database.executor)])
    for (const to of ids) {
      await up(database.executor, { to })
      whole.add(await state(database.executor))
    }
    await downTo(database, 'none')

    let points = 0
    for (const to of ids) points += await atEveryStatement(database, whole, (executor) => up(executor, { to }))
    for (const to of [...ids.slice(0, -1).reverse(), 'none']) {
      points += await atEveryStatement(database, whole, (executor) => downTo({ ...database, executor }, to))
    }
    assert.ok(points > 150, `only ${points} points were tried`)
  },
)
