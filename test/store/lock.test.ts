/** One writing process a database. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFile } from '../../src/store/lock.ts'
import { openReadOnly, openStore } from '../../src/store/open.ts'
import { eachStore, open, systemClock } from '../support/stores.ts'

const busy = { kind: 'unavailable', code: 'lock_busy' }

eachStore((_fresh, kind) => {
  // A database in memory is nobody else's, and PGlite has one session, which may take its own lock twice.
  if (kind.name === 'memory' || kind.name === 'pglite') return

  test('a second opening of the same database is refused while the first is open, and not after', async (t) => {
    const database = await kind.database(t)
    const first = await open(t, database)
    await assert.rejects(openStore({ database, clock: systemClock, instance: { name: 'second' } }), busy)
    await first.close()
    const second = await open(t, database)
    assert.equal(second.instance.epoch, 2n)
    assert.deepEqual(second.instance.previous && { clean: second.instance.previous.clean, sameBoot: second.instance.previous.sameBoot }, {
      clean: true,
      sameBoot: true,
    })
  })

  test('an opening that fails on its way frees the lock', async (t) => {
    const database = await kind.database(t)
    const prepare = () => Promise.reject(new Error('no'))
    await assert.rejects(openStore({ database, clock: systemClock, instance: { name: 'first' }, prepare }), /no/)
    await open(t, database)
  })
})

test('the lock of a process that is killed is free, and its instance counts as not ended well', async (t) => {
  const database = fileDatabase(t)
  const holder = spawn(process.execPath, ['--input-type=module', '-e', holderScript, database], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => holder.kill('SIGKILL'))
  await new Promise((resolve, reject) => {
    holder.stdout.once('data', resolve)
    holder.once('exit', (code) => reject(new Error(`The holder ended with ${code}.`)))
  })
  await assert.rejects(openStore({ database, clock: systemClock, instance: { name: 'second' } }), { ...busy, details: { pid: holder.pid } })
  holder.kill('SIGKILL')
  await new Promise((resolve) => holder.once('exit', resolve))
  const store = await open(t, database)
  assert.equal(store.instance.previous?.clean, false)
})

test('a database that is being written to can be read without the lock', async (t) => {
  const database = fileDatabase(t)
  await open(t, database)
  const reads = openReadOnly(database)
  t.after(() => reads.close())
  assert.deepEqual(await reads.read.selectFrom('revision').selectAll().execute(), [{ n: 0n }])
  await assert.rejects(reads.read.deleteFrom('revision').execute(), { code: 'store_readonly' })
})

test('a folder that is not there is named', () => {
  assert.throws(() => lockFile('/nowhere-at-all/purser.db'), { code: 'store_cannot_open', message: /\/nowhere-at-all / })
})

function fileDatabase(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'purser-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'purser.db')
}

const source = new URL('../../src/store/', import.meta.url).href
const holderScript = `
const { openStore } = await import('${source}open.ts')
const { migrate } = await import('${source}migrate.ts')
const clock = { now: Date.now, monotonic: () => performance.now() }
await openStore({ database: process.argv[1], clock, instance: { name: 'holder' }, prepare: async (executor) => void (await migrate(executor, { clock, release: 'test' })) })
console.log('held')
setInterval(() => undefined, 1000)
`
