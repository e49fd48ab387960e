/** What follows on a failure: the table by name, and what holds for every failure there can be. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type ErrorKind, errorKinds } from '../../src/core/errors.ts'
import { decide, type Failure, type Standing } from '../../src/gateway/policy.ts'
import { createRepeats } from '../../src/gateway/repeats.ts'
import { askedWaitMs } from '../../src/gateway/retry-after.ts'

const failed = (kind: ErrorKind, status: number, more: Partial<Failure> = {}): Failure => ({
  kind,
  status,
  mayHaveRun: false,
  askedWaitMs: null,
  refusesRetry: false,
  ...more,
})
const first: Standing = { retries: 0, triesHere: 1, hasNext: false, idempotent: false, mayRepeat: true, chance: 0 }

describe('by name', () => {
  const table: readonly (readonly [kind: ErrorKind, status: number, alone: string, besideAnother: string])[] = [
    ['provider_rate_limited', 429, 'again', 'again'],
    ['provider_overloaded', 0, 'again', 'again'],
    ['provider_overloaded', 200, 'again', 'again'],
    ['provider_overloaded', 502, 'again', 'again'],
    ['provider_overloaded', 503, 'again', 'again'],
    ['provider_overloaded', 529, 'again', 'again'],
    ['provider_overloaded', 500, 'stop', 'next'],
    ['provider_auth', 401, 'stop', 'next'],
    ['provider_auth', 403, 'stop', 'next'],
    ['not_found', 404, 'stop', 'next'],
    ['provider_malformed', 302, 'stop', 'next'],
    ['unavailable', 0, 'stop', 'next'],
    ['unsupported', 0, 'stop', 'next'],
    ['invalid_request', 400, 'stop', 'stop'],
    ['context_length', 400, 'stop', 'stop'],
    ['content_filtered', 400, 'stop', 'stop'],
    ['too_large', 413, 'stop', 'stop'],
    ['canceled', 0, 'stop', 'stop'],
    ['internal', 0, 'stop', 'stop'],
  ]
  for (const [kind, status, alone, besideAnother] of table) {
    test(`${kind} with status ${status}: ${alone} alone, ${besideAnother} where another target is left`, () => {
      assert.equal(decide(failed(kind, status), first).type, alone)
      assert.equal(decide(failed(kind, status), { ...first, hasNext: true }).type, besideAnother)
    })
  }

  test('a target is tried twice at most where another is left', () => {
    const standing = { ...first, retries: 1, triesHere: 2, hasNext: true }
    assert.equal(decide(failed('provider_overloaded', 503), standing).type, 'next')
  })

  test('a wait that is asked for is kept up to a minute; with another target at hand nobody waits longer than two seconds', () => {
    const asked = (askedWaitMs: number, hasNext: boolean) =>
      decide(failed('provider_rate_limited', 429, { askedWaitMs }), { ...first, hasNext })
    assert.deepEqual(asked(60_000, false), { type: 'again', waitMs: 60_000 })
    assert.deepEqual(asked(60_001, false), { type: 'stop', usedUp: true })
    assert.deepEqual(asked(2_000, true), { type: 'again', waitMs: 2_000 })
    assert.deepEqual(asked(2_001, true), { type: 'next' })
  })

  test('a read timeout is tried again only where the profile says so', () => {
    const timeout = failed('provider_timeout', 0, { mayHaveRun: true })
    assert.equal(decide(timeout, { ...first, hasNext: true }).type, 'stop')
    assert.equal(decide(timeout, { ...first, idempotent: true }).type, 'again')
  })

  test('a provider that asks not to be tried again is not', () => {
    const refusal = failed('provider_overloaded', 503, { refusesRetry: true })
    assert.equal(decide(refusal, first).type, 'stop')
    assert.equal(decide(refusal, { ...first, hasNext: true }).type, 'next')
  })

  test('what Purser does not try again is left to the caller, what it has tried is not', () => {
    assert.deepEqual(decide(failed('provider_overloaded', 500), first), { type: 'stop', usedUp: false })
    assert.deepEqual(decide(failed('invalid_request', 400), first), { type: 'stop', usedUp: false })
    assert.deepEqual(decide(failed('provider_overloaded', 503), { ...first, retries: 2 }), { type: 'stop', usedUp: true })
    assert.deepEqual(decide(failed('provider_overloaded', 503), { ...first, mayRepeat: false }), { type: 'stop', usedUp: true })
  })
})

describe('for every failure', () => {
  const anyFailure: fc.Arbitrary<Failure> = fc.record({
    kind: fc.constantFrom(...(Object.keys(errorKinds) as ErrorKind[])),
    status: fc.constantFrom(0, 200, 302, 400, 401, 404, 408, 429, 500, 502, 503, 504, 524, 529),
    mayHaveRun: fc.boolean(),
    askedWaitMs: fc.option(fc.nat(200_000), { nil: null }),
    refusesRetry: fc.boolean(),
  })
  const anyStanding: fc.Arbitrary<Standing> = fc.record({
    retries: fc.nat(4),
    triesHere: fc.integer({ min: 1, max: 4 }),
    hasNext: fc.boolean(),
    idempotent: fc.boolean(),
    mayRepeat: fc.boolean(),
    chance: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const law = (says: string, holds: (failure: Failure, standing: Standing) => void): void => {
    test(says, () => fc.assert(fc.property(anyFailure, anyStanding, holds), { numRuns: 2_000 }))
  }

  law('there are two retries at most', (failure, standing) => {
    if (standing.retries >= 2) assert.equal(decide(failure, standing).type, 'stop')
  })
  law('what may have been carried out is never asked for twice, but where the profile allows it', (failure, standing) => {
    if (failure.mayHaveRun && !standing.idempotent) assert.equal(decide(failure, standing).type, 'stop')
  })
  law('there is a next only where one is left', (failure, standing) => {
    if (!standing.hasNext) assert.notEqual(decide(failure, standing).type, 'next')
  })
  law('the same provider is asked again only on the failures that the guarantee lists', (failure, standing) => {
    if (decide(failure, standing).type !== 'again') return
    const listed = [0, 200, 429, 502, 503, 529]
    assert.ok([...listed, ...(standing.idempotent ? [408, 504, 524] : [])].includes(failure.status))
    assert.ok(standing.mayRepeat && !failure.refusesRetry)
    assert.ok(errorKinds[failure.kind].fault === 'provider')
  })
  law(
    'a wait is never shorter than asked for, never above a minute, and without being asked for within two seconds',
    (failure, standing) => {
      const step = decide(failure, standing)
      if (step.type !== 'again') return
      assert.ok(step.waitMs <= 60_000)
      if (failure.askedWaitMs === null) assert.ok(step.waitMs > 0 && step.waitMs <= 2_000)
      else assert.equal(step.waitMs, failure.askedWaitMs)
    },
  )
})

test('a fifth of the running calls may repeat, and three in any case', () => {
  let active = 0
  const repeats = createRepeats(() => active)
  const take = (): number => {
    let taken = 0
    while (repeats.mayTake()) {
      repeats.take()
      taken += 1
    }
    return taken
  }
  assert.equal(take(), 3)
  active = 19
  assert.equal(take(), 0)
  active = 100
  assert.equal(take(), 17)
  repeats.giveBack()
  assert.equal(take(), 1)
})

test('a wait is read in milliseconds, in seconds and as a date', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  assert.equal(askedWaitMs({ 'retry-after-ms': '250', 'retry-after': '9' }, now), 250)
  assert.equal(askedWaitMs({ 'retry-after': '1.5' }, now), 1_500)
  assert.equal(askedWaitMs({ 'retry-after': 'Thu, 01 Jan 2026 00:00:07 GMT' }, now), 7_000)
  assert.equal(askedWaitMs({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, now), 0)
  for (const odd of ['', 'soon', '-1', '1e999', 'Infinity']) assert.equal(askedWaitMs({ 'retry-after': odd }, now), null, odd)
  assert.equal(askedWaitMs({}, now), null)
})
