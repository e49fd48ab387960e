/** Warnings are told once each, within bounds, in a header that any client can carry. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../../src/core/json.ts'
import { collectWarnings, warningsHeader } from '../../src/gateway/warnings.ts'

test('the same warning is kept once', () => {
  const warnings = collectWarnings([{ field: 'a', reason: 'x' }])
  warnings.warn({ field: 'a', reason: 'x' })
  warnings.warn({ field: 'a', reason: 'y' })
  assert.deepEqual(warnings.list(), [
    { field: 'a', reason: 'x' },
    { field: 'a', reason: 'y' },
  ])
})

test('ten thousand warnings are sixty-four and a count', () => {
  const warnings = collectWarnings()
  for (let n = 0; n < 10_000; n += 1) warnings.warn({ field: `messages.${n}`, reason: 'x'.repeat(10_000) })
  const kept = warnings.list()
  assert.equal(kept.length, 65)
  assert.deepEqual(kept.at(-1), { field: '', reason: '9936 more' })
  assert.ok(kept.every(({ reason }) => reason.length < 300))
})

test('the header is ASCII, bounded, and says again what was warned of', () => {
  const word = fc.string({ unit: 'binary', maxLength: 40 })
  const warning = fc.tuple(word, word).map(([field, reason]) => ({ field, reason }))
  fc.assert(
    fc.property(fc.array(warning, { minLength: 1, maxLength: 60 }), (list) => {
      const header = warningsHeader(list)['x-purser-warnings']!
      assert.match(header, /^[ -~]+$/)
      assert.ok(header.length < 2_200)
      const told = parseJson(header) as { field: string; reason: string }[]
      const whole = told.length === list.length && told.every(({ field }, n) => field === list[n]!.field)
      if (whole) return assert.deepEqual(told, list)
      assert.deepEqual(told.slice(0, -1), list.slice(0, told.length - 1))
      assert.equal(told.at(-1)!.reason, `${list.length - told.length + 1} more`)
    }),
    { numRuns: 300 },
  )
  assert.deepEqual(warningsHeader([]), {})
})
