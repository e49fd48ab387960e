import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemRandom } from '../../src/core/system.ts'
import { kekOf, keyringOf, proves } from '../../src/net/kek.ts'
import { rewrap, type SealedRow, seal, unseal } from '../../src/net/sealed.ts'

const origin = 'https://api.example.com:443'
const kek = kekOf(new Uint8Array(32).fill(1))
const other = kekOf(new Uint8Array(32).fill(2))
const keyring = keyringOf([kek])
const sealed = (value = 'canary-value', id = 'a') => seal(kek, systemRandom, { id, origin, value })

test('what is sealed opens again, and shows nothing of itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 8, maxLength: 300 }), (text) => {
      const value = text.toWellFormed()
      const row = sealed(value)
      assert.equal(unseal(keyring, row), value)
      assert.ok(!JSON.stringify(row).includes(value) && !JSON.stringify(row).includes(Buffer.from(value).toString('base64')))
    }),
    { numRuns: 50 },
  )
  assert.notEqual(sealed().ciphertext, sealed().ciphertext, 'each has a data key and a nonce of its own')
  assert.equal(sealed().fingerprint, sealed().fingerprint, 'and the same value has the same fingerprint')
})

test('a row that was moved, edited or aimed at another place does not open, whichever column it is', () => {
  const row = sealed()
  const another = sealed('another-value', 'b')
  const tampered: Readonly<Record<keyof SealedRow, readonly string[]>> = {
    id: ['b', '', 'A'],
    kid: [other.kid, '', kek.kid.toUpperCase()],
    origin: ['https://evil.example.com:443', 'http://api.example.com:443', 'https://api.example.com:444', ''],
    wrapped_key: [another.wrapped_key, '', ...flipped(row.wrapped_key)],
    nonce: [another.nonce, '', ...flipped(row.nonce)],
    ciphertext: [another.ciphertext, '', ...flipped(row.ciphertext)],
    fingerprint: [another.fingerprint, ''],
  }
  for (const [column, values] of Object.entries(tampered)) {
    for (const value of values) assert.equal(unseal(keyringOf([kek, other]), { ...row, [column]: value }), undefined, `${column} ${value}`)
  }
  for (const columns of [
    ['ciphertext', 'nonce'],
    ['wrapped_key', 'ciphertext', 'nonce', 'fingerprint'],
  ] as const) {
    const moved = { ...row, ...Object.fromEntries(columns.map((column) => [column, another[column]])) }
    assert.equal(unseal(keyring, moved), undefined, `the ${columns.join(' and ')} of another secret`)
  }
  assert.equal(unseal(keyring, row), 'canary-value')
})

test('another key-encryption key opens nothing, and re-wraps only what the old one opens', () => {
  const row = sealed()
  assert.equal(unseal(keyringOf([other]), row), undefined)
  const columns = rewrap(keyring, other, systemRandom, row)!
  const fresh = { ...row, ...columns }
  assert.equal(unseal(keyringOf([other]), fresh), 'canary-value')
  assert.equal(unseal(keyring, fresh), undefined)
  assert.equal(fresh.ciphertext, row.ciphertext)
  assert.equal(unseal(keyringOf([other, kek]), row), 'canary-value', 'while both are there both open')
  assert.equal(rewrap(keyringOf([other]), kek, systemRandom, row), undefined)
})

test('a binding is proven by the key that made it, for that reference and that origin', () => {
  const proof = kek.prove('env:A', origin)
  assert.ok(proves(keyring, 'env:A', origin, proof))
  assert.ok(proves(keyringOf([other, kek]), 'env:A', origin, proof))
  assert.ok(!proves(keyring, 'env:B', origin, proof))
  assert.ok(!proves(keyring, 'env:A', 'https://evil.example.com:443', proof))
  assert.ok(!proves(keyringOf([other]), 'env:A', origin, proof))
  assert.ok(!proves(keyring, 'env:A', origin, proof.slice(1)) && !proves(keyring, 'env:A', origin, ''))
})

/** The same bytes with one bit of each turned over, in turn. */
function flipped(text: string): string[] {
  const bytes = Buffer.from(text, 'base64')
  return [...bytes.keys()].map((place) => {
    const other = Buffer.from(bytes)
    other[place]! ^= 1
    return other.toString('base64')
  })
}
