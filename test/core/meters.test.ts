import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMeter, meterOrder, meters } from '../../src/core/meters.ts'

test('every meter of a chain is in the registry, stands before the meter, and has its unit', () => {
  for (const name of meterOrder) {
    for (const next of meters[name].chain as readonly string[]) {
      assert.ok(isMeter(next), `${name} → ${next}`)
      assert.ok(meterOrder.indexOf(next) < meterOrder.indexOf(name), `${name} → ${next}`)
      assert.equal(meters[next].perUnits, meters[name].perUnits)
      assert.equal(meters[next].group, meters[name].group)
    }
  }
})

test('token meters come first, input before output, and all are priced by the million', () => {
  const groups = meterOrder.map((name) => meters[name].group)
  assert.deepEqual(
    groups,
    [...groups].sort((a, b) => ['input', 'output', 'other'].indexOf(a) - ['input', 'output', 'other'].indexOf(b)),
  )
  for (const name of meterOrder) assert.equal(meters[name].group === 'other', !name.endsWith('_tokens'))
  for (const name of meterOrder) if (meters[name].group !== 'other') assert.equal(meters[name].perUnits, 1_000_000n)
})

test('a name that every object has is no meter', () => {
  assert.equal(isMeter('constructor'), false)
})
