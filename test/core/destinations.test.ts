import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesDestination, refuseDestinations } from '../../src/core/destinations.ts'
import { scan } from '../../src/core/scan.ts'

const refuse = (body: object): void => refuseDestinations(scan(Buffer.from(JSON.stringify(body))))

for (const field of [
  'api_base',
  'base_url',
  'api_key',
  'custom_host',
  'apiBase',
  'BASE_URL',
  'api-key',
  'headers',
  'extra_headers',
  'aws_secret_access_key',
]) {
  test(`a body with "${field}" is refused by name`, () => {
    assert.throws(() => refuse({ model: 'm', [field]: 'x' }), { kind: 'invalid_request', field })
  })
}

test('fields that aim at nothing pass, known or not, and so does what is deeper down', () => {
  refuse({ model: 'm', messages: [{ api_key: 'x' }], user: 'u', metadata: { base_url: 'x' }, unknown_field: 1, prompt_cache_key: 'k' })
  assert.equal(namesDestination('prompt_cache_key'), false)
})

test('an escaped spelling of a refused field is refused too', () => {
  assert.throws(() => refuseDestinations(scan(Buffer.from('{"api\\u005fkey":"x"}'))), { field: 'api_key' })
})

test('the refusal never repeats the value', () => {
  assert.throws(
    () => refuse({ api_key: 'sekrit-value' }),
    (error: Error) => !error.message.includes('sekrit'),
  )
})
