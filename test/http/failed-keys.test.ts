/** Refused keys are counted by the address that they come from, within bounds of memory and time. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import { hashSecret, mintKey } from '../../src/core/keys.ts'
import type { Key } from '../../src/core/nouns.ts'
import { systemRandom } from '../../src/core/system.ts'
import { countFailedKeys, failureLimits } from '../../src/http/failed-keys.ts'
import { createAuthenticator } from '../../src/http/keys.ts'
import { handClock } from '../net/hand-clock.ts'

const { perPeer, windowMs } = failureLimits

test('an address hears what is wrong a number of times, then that it must wait, and after that again what is wrong', () => {
  const clock = handClock()
  const failed = countFailedKeys(clock)
  for (let time = 0; time < perPeer; time += 1) assert.equal(failed.count('192.0.2.1'), undefined)
  clock.advance(10_500)
  const wait = failed.count('192.0.2.1')
  assert.deepEqual([wait?.status, wait?.code, wait?.retryAfter], [429, 'too_many_refused_keys', 20])
  assert.equal(failed.count('192.0.2.2'), undefined, 'another address is counted by itself')
  clock.advance(windowMs - 10_500)
  assert.equal(failed.count('192.0.2.1'), undefined)
})

test('the wait is never more than half a minute, and never nothing', () => {
  const clock = handClock()
  const failed = countFailedKeys(clock)
  for (let time = 0; time < perPeer; time += 1) failed.count('192.0.2.1')
  for (let left = windowMs; left > 0; left -= 997) {
    const wait = failed.count('192.0.2.1')?.retryAfter ?? 0
    assert.ok(wait >= 1 && wait <= 30, String(wait))
    clock.advance(997)
  }
})

test('the spellings of one IPv4 address are one, and so are the addresses of one IPv6 network', () => {
  const clock = handClock()
  const limits = { windowMs, perPeer: 1, peers: 10 }
  const isSame = (one: string, other: string) => {
    const failed = countFailedKeys(clock, limits)
    failed.count(one)
    return failed.count(other) !== undefined
  }
  assert.ok(isSame('192.0.2.1', '::ffff:192.0.2.1'))
  assert.ok(isSame('2001:db8:1:2::1', '2001:db8:1:2:ffff::9'))
  assert.ok(isSame('fe80::1%eth0', 'fe80::2%eth1'))
  assert.ok(!isSame('2001:db8:1:2::1', '2001:db8:1:3::1'))
  assert.ok(!isSame('192.0.2.1', '192.0.2.2'))
  assert.ok(!isSame('0.0.0.1', '::1'))
})

test('however many addresses fail, few are remembered: the oldest goes first', () => {
  const clock = handClock()
  const failed = countFailedKeys(clock, { windowMs, perPeer: 1, peers: 3 })
  for (const peer of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) failed.count(peer)
  assert.ok(failed.count('10.0.0.1'))
  assert.equal(failed.count('10.0.0.4'), undefined)
  assert.ok(failed.count('10.0.0.3'))
  assert.equal(failed.count('10.0.0.1'), undefined, 'forgotten')
})

test('a good key is let in from an address whose keys were refused too often, and a bad one is told to wait whatever is wrong with it', () => {
  const clock = handClock()
  const good = mintKey('call', systemRandom)
  const pepper = new Uint8Array(32)
  const row = {
    id: good.id,
    kind: 'call',
    secret_hash: hashSecret(pepper, good.secret),
    next_hash: null,
    revoked_at: null,
    expires_at: null,
  } as Key
  const { authenticate } = createAuthenticator((id) => (id === good.id ? row : undefined), pepper, clock)
  const none = new URLSearchParams()
  const ask = (key: string | undefined, peer?: string) => {
    try {
      return authenticate(key === undefined ? {} : { 'x-api-key': key }, none, 'call', peer).id
    } catch (error) {
      assert.ok(error instanceof PurserError)
      return error.status
    }
  }
  const bad = [undefined, 'sk-not-ours', mintKey('call', systemRandom).text, `${good.text}x`]
  for (let time = 0; time < perPeer; time += 1) assert.equal(ask(bad[time % bad.length], '192.0.2.1'), 401)
  for (const key of bad) assert.equal(ask(key, '192.0.2.1'), 429)
  assert.equal(ask(good.text, '192.0.2.1'), good.id)
  assert.equal(ask(bad[1], '192.0.2.2'), 401)
  assert.equal(ask(bad[1]), 401, 'a caller inside this process has no address')
})
