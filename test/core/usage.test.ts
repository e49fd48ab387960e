/** The fast text of a usage vector is its canonical one. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/core/json.ts'
import { meterOrder } from '../../src/core/meters.ts'
import { type Usage, usageText } from '../../src/core/usage.ts'

const meters = fc.dictionary(fc.constantFrom(...meterOrder), fc.bigInt({ min: 1n, max: 10n ** 12n }))
const segment = fc.record({ meters, model: fc.string() }, { requiredKeys: ['meters'] })
const usage = fc.record({ segments: fc.array(segment, { maxLength: 3 }), flags: fc.subarray(['usage_inconsistent', 'tier_unlisted']) })

test('usageText is canonicalJson', () => {
  fc.assert(fc.property(usage, (vector) => assert.equal(usageText(vector as Usage), canonicalJson(vector))))
})
