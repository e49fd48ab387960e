import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Followed, follow } from '../../src/cli/tail.ts'

type Call = Parameters<typeof follow>[1][number]

test('each call is shown once, when it is over, however long others take', () => {
  const call = fc.record({ created: fc.integer({ min: 0, max: 20 }), lasts: fc.integer({ min: 0, max: 20 }) })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 12 }), (calls) => {
      const shown: string[] = []
      let state: Followed = { since: 0, seen: new Set() }
      for (let now = 0; now <= 41; now += 1) {
        const page = calls
          .map(({ created, lasts }, place) => ({
            id: String(place),
            created_at: created,
            outcome: created + lasts <= now ? 'succeeded' : 'open',
          }))
          .filter(({ created_at }) => created_at <= now && created_at >= state.since)
          .sort((a, b) => b.created_at - a.created_at)
        const { fresh, after } = follow(state, page as unknown as Call[])
        shown.push(...fresh.map(({ id }) => id))
        state = after
      }
      assert.deepEqual([...shown].sort(), calls.map((_call, place) => String(place)).sort())
    }),
    { numRuns: 300 },
  )
})
