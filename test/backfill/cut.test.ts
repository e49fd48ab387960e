import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import pg from 'pg'
import { type PostgresSource, postgresSource } from '../../src/store/postgres-connection.ts'
import { applyPlan, stateOf, storePlan } from '../fault/backfill-state.ts'
import { postgres } from '../support/engines.ts'
import { whyNoPostgres } from '../support/postgres.ts'

const missing = whyNoPostgres()
const config = readFileSync(new URL('fixtures/flat.json', import.meta.url), 'utf8')

/** A server that ends the writer's connection after the n-th statement since the first insert of an import. */
function cutting(url: string, n: number): PostgresSource {
  const inner = postgresSource(url)
  let sent = 0
  let armed = false
  return {
    ...inner,
    async connect() {
      const connection = await inner.connect()
      const { rows } = await connection.query('SELECT pg_backend_pid() AS pid')
      return {
        get lost() {
          return connection.lost
        },
        close: () => connection.close(),
        async query(sql, parameters) {
          const answer = await connection.query(sql, parameters)
          armed ||= /insert into "imports"/i.test(sql)
          if (armed && ++sent === n) await end(url, Number(rows[0]!.pid))
          return answer
        },
      }
    },
  }
}

async function end(url: string, pid: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('SELECT pg_terminate_backend($1, 5000)', [pid])
  await client.end()
}

const mode = missing === undefined ? {} : { skip: missing }

for (const n of [1, 6, 12]) {
  test(
    `a connection that is cut after statement ${n} of an import is made again, and the import stands whole and once`,
    mode,
    async (t) => {
      const database = await postgres.fresh(t)
      const plan = await storePlan(database.location!, config)
      const before = await stateOf(database.executor)
      await applyPlan(cutting(database.location!, n), plan, config)
      assert.notEqual(await stateOf(database.executor), before)
      const [row] = await database.executor.all('SELECT count(*) AS n FROM imports')
      assert.equal(String(row!.n), '1')
    },
  )
}
