import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { PurserError } from '../../src/core/errors.ts'
import { forgetEnvironment, readEnvironment } from '../../src/net/secrets.ts'

const origin = 'https://api.example.com:443'

test('a variable is read once: what becomes of the environment later changes nothing', () => {
  const variables: Record<string, string | undefined> = { SOME_KEY: ' canary-value\n', EMPTY_KEY: '  ' }
  const secrets = readEnvironment(['SOME_KEY', 'EMPTY_KEY', 'MISSING_KEY'], variables)
  forgetEnvironment(['SOME_KEY'], variables)
  assert.deepEqual(Object.keys(variables), ['EMPTY_KEY'])
  const secret = secrets.resolveCredential('env:SOME_KEY', origin)
  assert.ok(secret !== 'absent')
  assert.equal(secret.reveal(origin), 'canary-value')
})

test('a secret shows itself to its own origin alone', () => {
  const secret = readEnvironment(['SOME_KEY'], { SOME_KEY: 'canary-value' }).resolveCredential('env:SOME_KEY', origin)
  assert.ok(secret !== 'absent')
  assert.throws(
    () => secret.reveal('https://other.example.com:443'),
    (error: Error) => !error.message.includes('canary-value'),
  )
  for (const text of [`${secret}`, JSON.stringify({ secret }), inspect(secret)]) assert.ok(!text.includes('canary-value'))
})

test('presence is present, absent, or unknown where nobody looked', () => {
  const secrets = readEnvironment(['SOME_KEY', 'EMPTY_KEY', 'MISSING_KEY'], { SOME_KEY: 'x', EMPTY_KEY: ' ', OTHER_KEY: 'y' })
  assert.equal(secrets.presence('env:SOME_KEY'), 'present')
  assert.equal(secrets.presence('env:EMPTY_KEY'), 'absent')
  assert.equal(secrets.presence('env:MISSING_KEY'), 'absent')
  assert.equal(secrets.presence('env:OTHER_KEY'), 'unknown')
  assert.equal(secrets.presence('sealed:abc'), 'unknown')
  assert.equal(secrets.resolveCredential('env:EMPTY_KEY', origin), 'absent')
  assert.throws(
    () => secrets.resolveCredential('env:OTHER_KEY', origin),
    (error) => error instanceof PurserError && error.code === 'secret_unavailable',
  )
})

test('a kind of reference that is not served says so, and never repeats what might be a key', () => {
  const secrets = readEnvironment([], {})
  for (const kind of ['file', 'keychain', 'command', 'sealed']) {
    assert.throws(
      () => secrets.resolveCredential(`${kind}:x`, origin),
      (error) => error instanceof PurserError && error.kind === 'unsupported' && error.message.includes(`"${kind}:"`),
    )
  }
  assert.throws(
    () => secrets.resolveCredential('sk-typed-by-mistake', origin),
    (error) => error instanceof PurserError && !error.message.includes('sk-typed'),
  )
})
