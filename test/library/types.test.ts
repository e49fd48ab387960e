/** The methods of the library as the compiler sees them. Most of this holds or fails before it runs. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../src/control/operations.ts'
import type { Purser } from '../../src/index.ts'
import { openPurser } from './purser.ts'

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
type Answer<Of extends (input: never) => unknown> = Awaited<ReturnType<Of>>
const holds = <_Fact extends true>(): void => undefined

test('each operation is a method of its own name, its input and its answer typed by its declaration', async (t) => {
  holds<Same<Answer<Purser['calls']['list']>['items'][number]['charged'], string | null>>()
  holds<Same<Answer<Purser['providers']['get']>['base_url'], string>>()
  holds<Same<Parameters<Purser['calls']['get']>, [input: { call: string }]>>()
  holds<undefined extends Parameters<Purser['providers']['list']>[0] ? true : false>()

  const wrong = (purser: Purser) => {
    // @ts-expect-error no such operation
    purser.providers.destroy
    // @ts-expect-error the call is missing
    purser.calls.get({})
    // @ts-expect-error nothing is given where something must be
    purser.calls.get()
    // @ts-expect-error no such field
    purser.calls.list({ limti: 5 })
  }
  assert.ok(wrong)

  const purser = await openPurser(t)
  for (const { name } of operations) {
    const method = name.split('.').reduce((at: unknown, step) => (at as Record<string, unknown>)[step], purser)
    assert.equal(typeof method, 'function', name)
  }
  assert.equal((await purser.status()).server, null)
})

test('no noun hides what the library itself is called by', () => {
  for (const { name } of operations) assert.ok(!['fetch', 'close', 'then'].includes(name.split('.')[0]!), name)
})

test('what is wrong with an input is told by its field, as on every face', async (t) => {
  const purser = await openPurser(t)
  await assert.rejects(purser.calls.list({ limit: 0 }), { kind: 'invalid_request', field: 'limit' })
})
