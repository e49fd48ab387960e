import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contracts } from '../../src/contracts/index.ts'
import { probes } from './probes/index.ts'
import { measureAll } from './render-contracts.ts'

test('every contract with a codec has its probes', () => {
  assert.deepEqual(Object.keys(probes).sort(), contracts.map(({ id }) => id).sort())
})

test('no field of any contract is lost in silence on its way to another', () => {
  assert.deepEqual(
    measureAll()
      .filter(({ result }) => result === 'silent')
      .map(({ pair, name }) => `${pair}: ${name}`),
    [],
  )
})
