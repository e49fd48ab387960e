import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from './drive.ts'
import { createScanner } from './scan.ts'
import { sinkNames } from './sinks.ts'

test('no secret stands in anything that a whole Purser wrote, and a planted one is seen in every sink and spelling', async (t) => {
  const outcome = await drive(t, { bytes: 2_000_000, fillBytes: 8_000 })
  for (const sink of sinkNames) {
    assert.ok(outcome.bytes[sink] > 0, `${sink} is empty`)
    assert.deepEqual(outcome.found[sink], [], sink)
  }
  assert.ok(outcome.bytes.logs > 10_000, 'the log heard of what broke')
  assert.ok(outcome.keysReached >= 4, 'the provider was shown a key of every kind')
  assert.deepEqual(outcome.missed, [])
})

test('the scanner is silent where there is nothing', () => {
  assert.deepEqual(createScanner([{ name: 'a', value: 'sk-canary-value-1' }])(Buffer.from('sk-canary-value-2 '.repeat(100))), [])
})
