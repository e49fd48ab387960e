/** The writer's thread: its death is heard, its pace does not block, and a database it can not open is said at once. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { createWriter } from '../../src/store/writer.ts'
import { ask } from '../../src/store/writer-messages.ts'
import { startWriterThread } from '../../src/store/writer-thread.ts'
import { open, systemClock, testStores } from '../support/stores.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

const file = testStores.find(({ name }) => name === 'file')!

test('a thread that dies is fatal with 70, and whatever waits for it hears of it', async (t) => {
  const path = (await file.database(t)) as string
  const { instance, ...store } = await open(t, path)
  await store.close()
  const link = await startWriterThread({ path, instanceId: instance.id })
  const fatal = Promise.withResolvers<[PurserError, number]>()
  let poison: () => void = () => undefined
  const writer = createWriter({
    clock: systemClock,
    link: (hear) => {
      const real = link(hear)
      poison = () => real.send([ask.settle, 0, 1, 999])
      return real
    },
    onFatal: (error, exitCode) => fatal.resolve([error, exitCode]),
  })
  poison()
  const waiting = settle(writer, [])
  const [error, exitCode] = await fatal.promise
  assert.deepEqual([error.code, exitCode], ['store_down', 70])
  await assert.rejects(waiting, { kind: 'unavailable', code: 'store_down' })
  await assert.rejects(intend(writer, []).committed, { code: 'store_down' })
  await writer.close()
})

test('a thread that can not open its database fails the start', async () => {
  await assert.rejects(startWriterThread({ path: join('/nowhere-at-all', 'purser.db'), instanceId: 'x' }), /can not be opened/)
})

test('64 calls at once, each settled as soon as it is committed, share batches and all stand', async (t) => {
  const store = await open(t, await file.database(t))
  const rows = ledgerRows(store.writer)
  const call = async (id: string) => {
    const { committed, durable } = intend(store.writer, rows.intent(id))
    await committed
    await Promise.all([durable, settle(store.writer, rows.settlement(id))])
  }
  for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 64 }, (_, index) => call(`a${round}-${index}`)))
  const { settled } = await store.read
    .selectFrom('settlements')
    .select((e) => e.fn.countAll<bigint>().as('settled'))
    .executeTakeFirstOrThrow()
  assert.equal(settled, 320n)
  assert.ok(store.writer.status().batches < 100, `${store.writer.status().batches} batches`)
})
