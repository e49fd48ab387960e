import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { Secret } from '../../src/core/secret.ts'
import { readEnvironment } from '../../src/net/secret-environment.ts'

const origin = 'https://api.example.com:443'
const value = 'canary/value+1="x"'

test('a variable is read once: what becomes of the environment later changes nothing', () => {
  const variables: Record<string, string | undefined> = { SOME_KEY: ' canary-value\n', EMPTY_KEY: '  ', LATER_KEY: 'later' }
  const secrets = readEnvironment({ variables, forget: true })
  secrets.adopt(['SOME_KEY', 'EMPTY_KEY', 'MISSING_KEY'])
  assert.deepEqual(Object.keys(variables), ['LATER_KEY'], 'what was read is taken out, what was not needed stays')
  variables.SOME_KEY = 'another'
  secrets.adopt(['SOME_KEY', 'LATER_KEY'])
  assert.deepEqual(secrets.read('SOME_KEY'), { type: 'value', value: 'canary-value' })
  assert.deepEqual(secrets.read('LATER_KEY'), { type: 'value', value: 'later' }, 'a name that is needed later is read then')
  const presence = (name: string) => {
    const reading = secrets.read(name)
    return reading.type === 'value' ? 'present' : reading.presence
  }
  assert.deepEqual(['EMPTY_KEY', 'MISSING_KEY', 'OTHER_KEY'].map(presence), ['absent', 'absent', 'unknown'])
})

test('a program that embeds Purser keeps its environment', () => {
  const variables = { SOME_KEY: 'x' }
  readEnvironment({ variables, forget: false }).adopt(['SOME_KEY'])
  assert.deepEqual(variables, { SOME_KEY: 'x' })
})

test('a secret shows itself to its own origin alone, and prints as a fingerprint everywhere else', () => {
  const secret = new Secret(value, origin)
  assert.equal(secret.reveal(origin), value)
  assert.throws(
    () => secret.reveal('https://other.example.com:443'),
    (error: Error) => !error.message.includes('canary'),
  )
  const shown = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }, { showHidden: true }),
    format('%s %o %j', secret, secret, secret),
  ]
  for (const text of shown) {
    assert.match(text, /\[secret:[0-9a-f]{8}\]/)
    assert.ok(!text.includes('canary'))
  }
  assert.deepEqual(structuredClone(secret), {}, 'a clone holds nothing')
  assert.deepEqual(Object.keys(secret), [])
  assert.ok(secret.equals(new Secret(value, origin)) && !secret.equals(new Secret('x', origin)))
})

test('a text is scrubbed of a secret in every spelling that a provider may echo', () => {
  const secret = new Secret(value, origin)
  const bytes = Buffer.from(value)
  const spellings = [value, JSON.stringify(value), encodeURIComponent(value), bytes.toString('base64'), bytes.toString('hex')]
  for (const spelling of spellings) {
    const clean = secret.redact(`before ${spelling} after`)
    assert.ok(!clean.includes(spelling) && clean.startsWith('before ') && clean.endsWith(' after'), spelling)
  }
  assert.equal(new Secret('', origin).redact('nothing to find'), 'nothing to find')
})

test('a secret is revealed in one file of the house', () => {
  const revealing = globSync('src/**/*.ts').filter((path) => /\.reveal\(/.test(readFileSync(path, 'utf8')))
  assert.deepEqual(revealing, ['src/contracts/headers.ts'])
})
