/** The hour of a key's last use is written on the side: no revision, no audit row, no call that waits. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectKeyUses } from '../../src/control/keys/key-uses.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import type { KeyUse } from '../../src/store/store.ts'
import { handClock } from '../net/hand-clock.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks, start } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!
const hour = 3_600_000

eachStore((fresh) => {
  test('a use is written as its hour, never an older one, and nothing else moves', async (t) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const { read, writer } = context.store
    const { id } = (await invoke(by('keys.create'), context, { name: 'ci' })) as { id: string }
    const around = async () => [
      await read.selectFrom('revision').select('n').execute(),
      (await read.selectFrom('audit_log').select('id').execute()).length,
    ]
    const before = await around()
    const lastUse = async () => ((await invoke(by('keys.get'), context, { key: 'ci' })) as { last_used_at: number | null }).last_used_at
    assert.equal(await lastUse(), null)
    await writer.noteKeyUses([
      { keyId: id, at: start },
      { keyId: 'nobody', at: start },
    ])
    assert.equal(await lastUse(), start)
    await writer.noteKeyUses([{ keyId: id, at: start - hour }])
    assert.equal(await lastUse(), start)
    await writer.noteKeyUses([{ keyId: id, at: start + hour }])
    assert.equal(await lastUse(), start + hour)
    assert.deepEqual(await around(), before)
  })
})

test('many uses in an hour are one row a minute later, and those that wait are written at the end', async () => {
  const timers = handClock()
  const written: KeyUse[][] = []
  const uses = collectKeyUses({ noteKeyUses: async (some) => void written.push([...some]) }, timers)
  for (let call = 0; call < 1_000; call += 1) uses.used(`key-${call % 2}`, 5 * hour + call)
  assert.deepEqual(written, [])
  timers.advance(60_000)
  assert.deepEqual(written, [
    [
      { keyId: 'key-0', at: 5 * hour },
      { keyId: 'key-1', at: 5 * hour },
    ],
  ])
  uses.used('key-0', 5 * hour + 9)
  timers.advance(120_000)
  assert.equal(written.length, 1)
  uses.used('key-0', 6 * hour)
  await uses.close()
  assert.deepEqual(written[1], [{ keyId: 'key-0', at: 6 * hour }])
  assert.equal(timers.armed, 0)
})

test('a write that fails is made again with the next use, and no call hears of it', async () => {
  const timers = handClock()
  let isDown = true
  const written: KeyUse[] = []
  const uses = collectKeyUses(
    {
      async noteKeyUses(some) {
        if (isDown) throw new Error('The disk is full.')
        written.push(...some)
      },
    },
    timers,
  )
  uses.used('key', hour)
  timers.advance(60_000)
  await new Promise(setImmediate)
  isDown = false
  uses.used('key', hour + 1)
  await uses.close()
  assert.deepEqual(written, [{ keyId: 'key', at: hour }])
})
