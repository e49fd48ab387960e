import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eachStore } from '../support/stores.ts'
import { texts } from './arbitrary-config.ts'
import { openHouse } from './house.ts'
import { faultsOf } from './laws.ts'

eachStore((fresh, { name }) => {
  test('whatever a file holds: all of it is told, no name changes its place or payer, a second run is empty, and undo leads back', async (t) => {
    const house = await openHouse(t, await fresh(t))
    for (const file of fc.sample(texts, { numRuns: name === 'memory' ? 100 : 3, seed: 11 })) {
      assert.deepEqual(await faultsOf(house, file), [], file.config)
    }
  })
})
