/** The queue: first in, first out, and nothing kept. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { Fifo } from '../../src/store/fifo.ts'

test('a queue gives back what went in, in order, whatever the pushes and shifts', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 100 }), { maxLength: 200 }), (steps) => {
      const queue = new Fifo<number>()
      const model: number[] = []
      for (const step of steps) {
        if (step < 0) assert.equal(queue.shift(), model.shift())
        else {
          queue.push(step)
          model.push(step)
        }
        assert.equal(queue.peek(), model[0])
        assert.equal(queue.size, model.length)
      }
    }),
    { numRuns: 100 },
  )
})

test('what was taken from a queue that never runs empty is held by nothing', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const queue = new Fifo<object>()
  const passing = (): WeakRef<object> => {
    const item = {}
    queue.push(item)
    queue.push({})
    queue.shift()
    return new WeakRef(item)
  }
  const taken = passing()
  await turn()
  collect()
  assert.equal(taken.deref(), undefined)
  assert.equal(queue.size, 1)
})
