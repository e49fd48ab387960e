/** The draw of a route's order: frozen, fair by weight, and never more than an order. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RouteMember } from '../../src/core/nouns.ts'
import { drawnOrder } from '../../src/routing/draw.ts'

const membersOf = (weights: readonly (number | null)[]): RouteMember[] =>
  weights.map((weight, position) => ({ route_id: 'r', position, profile_id: String(position), weight, conditions: {} }))
const drawn = (weights: readonly (number | null)[], callId: string) =>
  drawnOrder(membersOf(weights), callId).map((member) => member.position)

test('an id draws the same order for ever', () => {
  const vectors: readonly (readonly [string, readonly (number | null)[], readonly number[]])[] = [
    ['0199f0a0-0000-7000-8000-000000000001', [1, 1], [1, 0]],
    ['0199f0a0-0000-7000-8000-000000000003', [1, 1, 1], [1, 0, 2]],
    ['0199f0a0-0000-7000-8000-000000000004', [90, 10], [0, 1]],
    ['0199f0a0-0000-7000-8000-000000000005', [null, 5, 1, null, 2, 7, 1], [0, 2, 1, 3, 4, 5, 6]],
    ['', [1, 2, 3, 4], [1, 3, 2, 0]],
  ]
  for (const [callId, weights, order] of vectors) assert.deepEqual(drawn(weights, callId), order, `${callId} ${weights}`)
})

test('members without a weight stay where they are, and every member stands once', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 1, max: 1_000_000 })), { maxLength: 8 }), fc.uuid(), (weights, callId) => {
      const order = drawn(weights, callId)
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        weights.map((_weight, position) => position),
      )
      weights.forEach((weight, position) => {
        if (weight === null) assert.equal(order[position], position)
      })
    }),
    { numRuns: 300 },
  )
})

test('only neighbours change places', () => {
  for (let n = 0; n < 50; n++) {
    const order = drawn([1, 1, null, 1, 1], `call-${n}`)
    assert.deepEqual(new Set(order.slice(0, 2)), new Set([0, 1]))
    assert.deepEqual(new Set(order.slice(3)), new Set([3, 4]))
  }
})

test('each comes first as often as its weight says', () => {
  const firsts = [0, 0, 0]
  for (let n = 0; n < 6000; n++) firsts[drawn([3, 2, 1], `0199f0a0-0000-7000-8000-${String(n).padStart(12, '0')}`)[0]!]! += 1
  const expected = [3000, 2000, 1000]
  for (const [place, count] of firsts.entries()) assert.ok(Math.abs(count - expected[place]!) < 150, String(firsts))
})

test('without a weight the members are not even copied', () => {
  const members = membersOf([null, null])
  assert.equal(drawnOrder(members, 'any'), members)
})
