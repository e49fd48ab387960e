/** The event loop's delay, as the status tells it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchLoopDelay } from '../../src/control/health/loop-delay.ts'

test('the delay of a loop that has just begun to be watched is nothing, and closing twice is no fault', (t) => {
  const watched = watchLoopDelay()
  t.after(() => watched.close())
  assert.equal(watched.p99Ms(), 0)
  watched.close()
})
