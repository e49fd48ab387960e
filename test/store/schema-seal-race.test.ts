import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { postgres } from '../support/engines.ts'
import { whyNoPostgres } from '../support/postgres.ts'
import { up } from './migrating.ts'
import { fill, insert, sampleRow } from './rows.ts'

const missing = whyNoPostgres()

describe('two sessions of one PostgreSQL', missing === undefined ? {} : { skip: missing }, () => {
  for (const level of ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']) {
    test(`a row does not slip into a batch that another session is about to commit (${level})`, async (t) => {
      const { executor: first, connect } = await postgres.fresh(t)
      await up(first)
      await fill(first, 1)
      const second = await connect()

      await second.exec(`BEGIN ISOLATION LEVEL ${level}`)
      await second.all('SELECT * FROM rate_batches')
      let late: Promise<void> = Promise.resolve()
      await first.transaction(async () => {
        await insert(first, 'model_aliases', sampleRow('model_aliases', 2, { provider_id: 'providers-1' }))
        await insert(first, 'rate_batches', sampleRow('rate_batches', 2))
        late = insert(second, 'model_aliases', sampleRow('model_aliases', 2, { provider_id: 'providers-1', id: 'late', alias: 'late' }))
        late.catch(() => undefined)
        await waits(first)
      })
      const whole = late.then(() => second.exec('COMMIT'))
      await assert.rejects(whole)
      await second.exec('ROLLBACK')
      assert.equal((await first.all("SELECT * FROM model_aliases WHERE id = 'late'")).length, 0)
    })
  }
})

/** Returns once some session waits for an advisory lock, or has had every chance to get there. */
async function waits(executor: { all(sql: string): Promise<unknown[]> }): Promise<void> {
  for (let look = 0; look < 200; look++) {
    const waiting = await executor.all("SELECT 1 AS one FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    if (waiting.length > 0) return
  }
}
