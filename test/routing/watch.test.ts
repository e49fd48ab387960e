/** What another process changes is seen here, within half a minute at the most. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysCreate, keysRevoke } from '../../src/control/keys/keys-write.ts'
import { invoke } from '../../src/control/operation.ts'
import { createAuthenticator } from '../../src/http/keys.ts'
import { readDirectory, revisionOf } from '../../src/routing/directory.ts'
import { watchEveryMs, watchRevision } from '../../src/routing/watch.ts'
import { openReadOnly } from '../../src/store/open.ts'
import { HandClock, openBooks } from '../control/books.ts'
import { handClock, until } from '../net/hand-clock.ts'
import { whyNoPostgres } from '../support/postgres.ts'
import { open, testStores } from '../support/stores.ts'

const missing = whyNoPostgres()

test(
  'a key that one process revokes is refused by another on the same Postgres, within half a minute',
  missing === undefined ? {} : { skip: missing },
  async (t) => {
    const location = (await testStores.find(({ name }) => name === 'postgres')!.database(t)) as string
    const clock = new HandClock()
    const { context } = await openBooks(t, await open(t, location, { clock }), clock)
    const other = openReadOnly(location)
    t.after(() => other.close())
    let directory = await readDirectory(other.read)
    const timers = handClock()
    const close = watchRevision({
      revision: () => revisionOf(other.read),
      current: () => directory.revision,
      refresh: async () => {
        directory = await readDirectory(other.read)
      },
      timers,
      onFailure: (error) => assert.fail(String(error)),
    })
    t.after(close)
    const { authenticate } = createAuthenticator((id) => directory.keys.get(id), context.pepper(), clock)
    const isKnown = (key: string) => {
      try {
        return authenticate({ 'x-api-key': key }, new URLSearchParams(), 'call').name === 'ci'
      } catch {
        return false
      }
    }
    const { key } = (await invoke(keysCreate, context, { name: 'ci' })) as { key: string }
    assert.ok(!isKnown(key))
    timers.advance(watchEveryMs)
    await until(() => isKnown(key), 'the key to be known')
    await until(() => timers.armed === 1, 'the next look')
    await invoke(keysRevoke, context, { key: 'ci' })
    assert.ok(isKnown(key), 'nobody has looked yet')
    let waited = 0
    while (isKnown(key) && waited < 30_000) {
      const before = directory
      timers.advance(1_000)
      waited += 1_000
      await until(() => timers.armed === 1 && (waited < watchEveryMs || directory !== before), 'the look')
    }
    assert.ok(!isKnown(key))
    assert.ok(waited <= 30_000)
  },
)

test('nothing is read anew while the revision stands, a look that fails is told and followed by another, and the end is the end', async () => {
  const timers = handClock()
  const said: string[] = []
  let revision: () => Promise<bigint> = async () => 1n
  const close = watchRevision({
    revision: () => revision(),
    current: () => 1n,
    refresh: async () => void said.push('refresh'),
    timers,
    onFailure: (error) => said.push(String(error)),
  })
  const look = async () => {
    timers.advance(watchEveryMs)
    await until(() => timers.armed === 1, 'the next look')
  }
  await look()
  assert.deepEqual(said, [])
  revision = async () => Promise.reject(new Error('gone'))
  await look()
  revision = async () => 2n
  await look()
  assert.deepEqual(said, ['Error: gone', 'refresh'])
  await close()
  assert.equal(timers.armed, 0)
  timers.advance(100_000)
  assert.equal(said.length, 2)
})
