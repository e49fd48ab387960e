import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeError } from '../../src/store/faults.ts'

test('what a Postgres server or the way to it refuses is told apart, and says what to look at', () => {
  const cases: readonly (readonly [code: string, as: string])[] = [
    ['28P01', 'store_refused'],
    ['28000', 'store_refused'],
    ['3D000', 'store_refused'],
    ['EAI_AGAIN', 'store_down'],
    ['ECONNREFUSED', 'store_down'],
    ['ENETUNREACH', 'store_down'],
    ['53100', 'disk_full'],
  ]
  for (const [code, as] of cases) {
    const error = storeError(Object.assign(new Error('no'), { code }))
    assert.deepEqual([error.code, error.kind], [as, 'unavailable'], code)
    assert.ok(error.hint, code)
  }
})
