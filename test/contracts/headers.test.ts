import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { codecFor } from './requests.ts'

const origin = 'https://provider.example:443'
const secret = new Secret('k-123', origin)

test('a credential stands where the contract has it, or where the dialect says', () => {
  assert.deepEqual(codecFor('openai-chat').authorise(secret, origin), { authorization: 'Bearer k-123' })
  assert.deepEqual(codecFor('anthropic-messages').authorise(secret, origin), { 'x-api-key': 'k-123' })
  assert.deepEqual(codecFor('anthropic-messages', { auth: 'bearer' }).authorise(secret, origin), { authorization: 'Bearer k-123' })
  assert.deepEqual(codecFor('openai-chat', { auth: { header: 'api-key' } }).authorise(secret, origin), { 'api-key': 'k-123' })
  assert.deepEqual(codecFor('openai-chat').authorise(null, origin), {})
})

test('a secret is not revealed to another origin', () => {
  assert.throws(
    () => codecFor('openai-chat').authorise(secret, 'https://elsewhere.example:443'),
    (error: Error) => !error.message.includes('k-123'),
  )
})

test('a credential that cannot stand in a header is refused without being shown', () => {
  for (const value of ['k-123\n', 'k 123', 'k-é', '']) {
    assert.throws(
      () => codecFor('openai-chat').authorise(new Secret(value, origin), origin),
      (error: Error) => error.message.includes('credential') && !error.message.includes('k-'),
    )
  }
})
