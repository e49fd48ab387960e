import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashSecret, mintKey, parseKey, sameHash } from '../../src/core/keys.ts'
import type { Random } from '../../src/core/ports.ts'

/** Random bytes that fast-check can shrink and repeat. */
const random = fc
  .infiniteStream(fc.integer({ min: 0, max: 255 }))
  .map((stream): Random => ({ bytes: (count) => Uint8Array.from({ length: count }, () => stream.next().value as number) }))
const kind = fc.constantFrom('call' as const, 'admin' as const)

test('a minted key has the documented shape and parses back to its parts', () => {
  fc.assert(
    fc.property(kind, random, (kind, random) => {
      const minted = mintKey(kind, random)
      assert.match(minted.text, /^purser_(call|admin)_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}$/)
      assert.deepEqual(parseKey(minted.text), { kind, id: minted.id, secret: minted.secret })
    }),
    { numRuns: 50 },
  )
})

test('a key with one letter changed, dropped or doubled does not parse', () => {
  fc.assert(
    fc.property(
      kind,
      random,
      fc.nat(),
      fc.constantFrom('a', 'Z', '0', '_', ' ', 'é'),
      fc.constantFrom('change', 'drop', 'double'),
      (kind, random, at, letter, how) => {
        const { text } = mintKey(kind, random)
        const place = at % text.length
        const middle = how === 'change' ? letter : how === 'drop' ? '' : text[place]! + text[place]!
        const wrong = text.slice(0, place) + middle + text.slice(place + 1)
        fc.pre(wrong !== text)
        assert.equal(parseKey(wrong), undefined)
      },
    ),
    { numRuns: 300 },
  )
})

test('no text that is not a key parses', () => {
  fc.assert(fc.property(fc.string(), (text) => parseKey(text) === undefined))
  for (const text of [
    '',
    'purser_call_',
    'sk-proj-abc',
    `purser_root_${'a'.repeat(10)}_${'a'.repeat(49)}`,
    ` ${mintKey('call', { bytes: (count) => new Uint8Array(count) }).text}`,
  ]) {
    assert.equal(parseKey(text), undefined)
  }
})

test('letters of a key are spread evenly: a byte beyond the last whole multiple of 62 is not used', () => {
  const bytes = [255, 254, 253, 252, 251, 250, 249, 248, 0]
  let at = 0
  const { id, secret } = mintKey('call', { bytes: (count) => Uint8Array.from({ length: count }, () => bytes[at++ % bytes.length]!) })
  assert.equal(id + secret, '0'.repeat(53))
})

test('a hash depends on the pepper and on the secret, and equal hashes are the same', () => {
  const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  assert.ok(sameHash(hashSecret(one, 'secret'), hashSecret(one, 'secret')))
  assert.ok(!sameHash(hashSecret(one, 'secret'), hashSecret(other, 'secret')))
  assert.ok(!sameHash(hashSecret(one, 'secret'), hashSecret(one, 'Secret')))
  assert.ok(!sameHash(hashSecret(one, 'secret'), ''))
})
