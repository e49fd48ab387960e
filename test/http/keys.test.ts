/** A request is known by its key, or it is told in one shape that it is not. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import { hashSecret, mintKey, renewKey } from '../../src/core/keys.ts'
import type { Key } from '../../src/core/nouns.ts'
import { systemRandom } from '../../src/core/system.ts'
import type { Headers } from '../../src/core/wire.ts'
import { createAuthenticator } from '../../src/http/keys.ts'

const pepper = Buffer.alloc(32, 7)
const clock = { ms: 1_000, now: () => clock.ms, monotonic: () => clock.ms }

type Minted = ReturnType<typeof mintKey>

function rowOf(minted: Minted, row: Partial<Key> = {}): Key {
  return {
    id: minted.id,
    tenant_id: 'default',
    name: 'k',
    kind: minted.kind,
    secret_hash: hashSecret(pepper, minted.secret),
    scopes: {},
    expires_at: null,
    revoked_at: null,
    created_at: 0,
    next_hash: null,
    next_until: null,
    last_used_at: null,
    ...row,
  }
}

/** An authenticator over these rows, and the ids that were looked up. */
function over(...rows: Key[]) {
  const lookups: string[] = []
  const byId = new Map(rows.map((row) => [row.id, row]))
  const keyOf = (id: string) => {
    lookups.push(id)
    return byId.get(id)
  }
  const { authenticate } = createAuthenticator(keyOf, pepper, clock)
  return {
    byId,
    lookups,
    ask: (credential: string) => authenticate(bearer(credential), new URLSearchParams(), 'call'),
    authenticate,
  }
}

const bearer = (credential: string): Headers => ({ authorization: `Bearer ${credential}` })

function refusal(run: () => unknown): PurserError {
  try {
    run()
  } catch (thrown) {
    assert.ok(thrown instanceof PurserError)
    return thrown
  }
  assert.fail('It was let in.')
}

const good = mintKey('call', systemRandom)

test('a known key is its row', () => {
  const row = rowOf(good)
  assert.equal(over(row).ask(good.text), row)
})

test('whatever is wrong with a key has one shape: 401, invalid_api_key, a sentence, and nothing of the key', () => {
  const other = mintKey('call', systemRandom)
  const imposter = mintKey('call', { bytes: systemRandom.bytes })
  const wrongSecret = withSecretOf(good, imposter)
  const revoked = mintKey('call', systemRandom)
  const expired = mintKey('call', systemRandom)
  const { ask, authenticate } = over(rowOf(good), rowOf(revoked, { revoked_at: 999 }), rowOf(expired, { expires_at: 1_000 }))
  const wrong: readonly (readonly [why: string, run: () => unknown, says: RegExp])[] = [
    ['missing', () => authenticate({}, new URLSearchParams(), 'call'), /is missing/],
    ['malformed', () => ask('sk-not-ours'), /shape or its checksum/],
    ['a letter changed', () => ask(`${good.text.slice(0, -8)}${good.text.at(-8) === 'a' ? 'b' : 'a'}${good.text.slice(-7)}`), /checksum/],
    ['cut short', () => ask(good.text.slice(0, -1)), /shape/],
    ['never minted here', () => ask(other.text), /not known/],
    ['a known id with another secret', () => ask(wrongSecret), /not known/],
    ['revoked', () => ask(revoked.text), /was revoked/],
    ['expired', () => ask(expired.text), /has expired/],
    ['two at once', () => authenticate({ ...bearer(good.text), 'x-api-key': other.text }, new URLSearchParams(), 'call'), /two different/],
  ]
  for (const [why, run, says] of wrong) {
    const error = refusal(run)
    const { kind, code, status, hint, field, details, retryAfter } = error
    assert.deepEqual(
      { kind, code, status, hint, field, details, retryAfter },
      {
        kind: 'unauthenticated',
        code: 'invalid_api_key',
        status: 401,
        hint: undefined,
        field: undefined,
        details: undefined,
        retryAfter: undefined,
      },
      why,
    )
    assert.match(error.message, says, why)
    for (const minted of [good, other, revoked, expired]) {
      assert.ok(!error.message.includes(minted.id) && !error.message.includes(minted.secret), why)
    }
  }
})

test('an unknown id and a wrong secret cannot be told apart', () => {
  const { ask } = over(rowOf(good))
  const unknown = refusal(() => ask(mintKey('call', systemRandom).text))
  const wrong = refusal(() => ask(withSecretOf(good, mintKey('call', systemRandom))))
  assert.equal(wrong.message, unknown.message)
})

test('a malformed key is looked up nowhere', () => {
  const { ask, lookups } = over(rowOf(good))
  for (const text of [
    '',
    'x',
    'sk-proj-123',
    `${good.text}x`,
    good.text.replace('call', 'admin'),
    'purser_call_',
    `purser_call_${'a'.repeat(60)}`,
  ]) {
    refusal(() => ask(text))
  }
  assert.deepEqual(lookups, [])
  ask(good.text)
  assert.ok(lookups.length > 0)
})

test('a key of the other kind is forbidden, whichever it is', () => {
  const admin = mintKey('admin', systemRandom)
  const { authenticate } = over(rowOf(good), rowOf(admin))
  for (const [minted, asked] of [
    [good, 'admin'],
    [admin, 'call'],
  ] as const) {
    const error = refusal(() => authenticate(bearer(minted.text), new URLSearchParams(), asked))
    assert.equal(error.kind, 'forbidden')
    assert.match(error.message, new RegExp(`takes ${asked} keys only`))
  }
})

test('a row whose kind is not the one that the key was minted with is not its row', () => {
  const { ask } = over(rowOf(good, { kind: 'admin' }))
  assert.match(refusal(() => ask(good.text)).message, /not known/)
})

test('a key that was let in a moment ago is refused from the moment it is revoked, expired or gone', () => {
  const { ask, byId } = over(rowOf(good))
  ask(good.text)
  byId.set(good.id, rowOf(good, { revoked_at: clock.ms }))
  assert.match(refusal(() => ask(good.text)).message, /was revoked/)
  byId.set(good.id, rowOf(good, { expires_at: clock.ms }))
  assert.match(refusal(() => ask(good.text)).message, /has expired/)
  byId.delete(good.id)
  assert.match(refusal(() => ask(good.text)).message, /not known/)
  byId.set(good.id, rowOf(good))
  assert.equal(ask(good.text).id, good.id)
})

test('a secret that was exchanged under the same id lets the old key in no more', () => {
  const { ask, byId } = over(rowOf(good))
  ask(good.text)
  byId.set(good.id, rowOf(good, { secret_hash: hashSecret(pepper, 'another') }))
  assert.match(refusal(() => ask(good.text)).message, /not known/)
})

test('while a key rotates both of its secrets let in, remembered or not, and the one before ends on time', () => {
  const old = mintKey('call', systemRandom)
  const renewed = renewKey('call', old.id, systemRandom)
  const rotating = { secret_hash: hashSecret(pepper, renewed.secret), next_hash: hashSecret(pepper, old.secret) }
  const { ask, byId } = over(rowOf(old))
  assert.equal(ask(old.text).id, old.id)
  byId.set(old.id, rowOf(old, { ...rotating, next_until: clock.ms + 1 }))
  assert.equal(ask(old.text).id, old.id)
  assert.equal(ask(renewed.text).id, old.id)
  byId.set(old.id, rowOf(old, { ...rotating, next_until: clock.ms }))
  assert.match(refusal(() => ask(old.text)).message, /not known/)
  assert.equal(ask(renewed.text).id, old.id)
  byId.set(old.id, rowOf(old, { ...rotating, next_until: null }))
  assert.match(refusal(() => ask(old.text)).message, /not known/)
})

test('a revocation or an expiry in the future is not yet one', () => {
  const { ask } = over(rowOf(good, { expires_at: clock.ms + 1, revoked_at: clock.ms + 1 }))
  assert.equal(ask(good.text).id, good.id)
})

test('a key is taken from each place that a client may put it, and twice if it is the same', () => {
  const { authenticate } = over(rowOf(good))
  const places: readonly (readonly [Headers, string])[] = [
    [{ authorization: `Bearer ${good.text}` }, ''],
    [{ authorization: `bearer   ${good.text} ` }, ''],
    [{ 'x-api-key': good.text }, ''],
    [{ 'x-goog-api-key': good.text }, ''],
    [{}, `key=${good.text}`],
    [{ authorization: `Bearer ${good.text}`, 'x-api-key': good.text }, ''],
    [{ authorization: 'Basic dXNlcg==', 'x-api-key': good.text }, ''],
  ]
  for (const [headers, query] of places) assert.equal(authenticate(headers, new URLSearchParams(query), 'call').id, good.id)
})

/** The id of one key with the secret of another, its checksum right. */
function withSecretOf(known: Minted, other: Minted): string {
  let letters = 0
  const wanted = known.id
  // A random source that deals the letters of the known id first, then those of the other secret.
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const dealt = [...wanted, ...other.secret].map((letter) => alphabet.indexOf(letter))
  const made = mintKey('call', { bytes: (count) => Uint8Array.from({ length: count }, () => dealt[letters++]!) })
  assert.equal(made.id, known.id)
  assert.equal(made.secret, other.secret)
  return made.text
}
