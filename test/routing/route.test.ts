/** From a route to its targets: their order, what is passed over, and the boundaries that are not crossed. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { billings, type Connection, type Crossing, type Profile, type Provider, type Route } from '../../src/core/nouns.ts'
import { resolve } from '../../src/routing/resolve.ts'
import { connectionRow, directoryOf, profileRow, providerRow, routeRow } from '../support/gateway.ts'

const present = () => 'present' as const

type Side = {
  readonly billing?: Connection['billing']
  readonly platform?: string
  readonly network?: Provider['network']
  readonly profile?: Partial<Profile>
  readonly connection?: Partial<Connection>
}

/** A route `r` over profiles `p0`, `p1` …, each at a provider and a connection of its own. */
function routed(sides: readonly Side[], route: Partial<Route> = {}) {
  const providers = sides.map((side, n) => providerRow({ name: `s${n}`, contract: 'openai-chat', network: side.network ?? 'public' }))
  const connections = sides.map((side, n) =>
    connectionRow({
      name: `c${n}`,
      provider_id: providers[n]!.id,
      billing: side.billing ?? 'own',
      platform: side.platform ?? null,
      auth: { type: 'api_key', credential: `env:KEY_${n}` },
      ...side.connection,
    }),
  )
  const profiles = sides.map((side, n) =>
    profileRow({ name: `p${n}`, provider_id: providers[n]!.id, connection_id: connections[n]!.id, ...side.profile }),
  )
  return directoryOf({ providers, connections, profiles, routes: [{ ...routeRow({ name: 'r', profiles }), ...route }] })
}

const resolved = (
  sides: readonly Side[],
  route: Partial<Route> = {},
  presenceOf: (reference: string) => 'present' | 'absent' = present,
) => {
  const { targets, decision } = resolve(routed(sides, route), 'r', presenceOf)
  return { names: targets.map(({ profile }) => profile?.name), decision }
}

function refusal(run: () => unknown): PurserError {
  try {
    run()
  } catch (error) {
    return error as PurserError
  }
  throw new Error('It was not refused.')
}

describe('the members of a route', () => {
  test('are its targets in their order, and the decision says so', () => {
    const { names, decision } = resolved([{}, {}, {}])
    assert.deepEqual(names, ['p0', 'p1', 'p2'])
    assert.deepEqual(decision, { via: 'route', winner: 'p0', connection: 'c0', skipped: [], fallbacks: ['p1', 'p2'], allow_cross: [] })
  })

  test('with weights are drawn by the id of the call, and the decision holds what was drawn from', () => {
    const sides = [{}, {}, {}]
    const plain = routed(sides)
    const members = plain.routes.get('r')!.members.map((member, n) => ({ ...member, weight: n < 2 ? n + 1 : null }))
    const drawn = (callId?: string) => resolve(routed(sides, { members }), 'r', present, callId)
    const orders = new Set(
      Array.from({ length: 30 }, (_, n) =>
        drawn(`call-${n}`)
          .targets.map(({ profile }) => profile?.name)
          .join(),
      ),
    )
    assert.deepEqual(orders, new Set(['p0,p1,p2', 'p1,p0,p2']))
    assert.deepEqual(drawn('call-1').decision, drawn('call-1').decision)
    assert.deepEqual(drawn().decision, { ...resolve(plain, 'r', present).decision, weights: { p0: 1, p1: 2 } })
  })

  test('with weights are held against the boundary of the first by place, whoever is drawn', () => {
    const sides: Side[] = [{ billing: 'own' }, { billing: 'platform' }]
    const members = routed(sides)
      .routes.get('r')!
      .members.map((member) => ({ ...member, weight: 1 }))
    for (let n = 0; n < 20; n++) {
      const { targets, decision } = resolve(routed(sides, { members }), 'r', present, `call-${n}`)
      assert.deepEqual([targets.length, decision.winner, decision.skipped[0]?.reason], [1, 'p0', 'boundary:billing own→platform'])
    }
  })

  test('are reached as anthropic/<route> too', () => {
    assert.equal(resolve(routed([{}, {}]), 'anthropic/r', present).targets.length, 2)
  })

  test('that cannot be used are passed over by name, with the reason', () => {
    const absent = (reference: string) => (reference === 'env:KEY_2' ? 'absent' : 'present')
    const { names, decision } = resolved([{}, { profile: { disabled: true } }, {}, { connection: { disabled: true } }, {}], {}, absent)
    assert.deepEqual(names, ['p0', 'p4'])
    assert.deepEqual(
      decision.skipped.map(({ name }) => name),
      ['p1', 'p2', 'p3'],
    )
    assert.match(decision.skipped.map(({ reason }) => reason).join('\n'), /is disabled.*\n.*env:KEY_2 is absent.*\n.*"c3" is disabled/)
  })

  test('none of which can be used are an error that lists them all', () => {
    const error = refusal(() => resolved([{}, {}], {}, () => 'absent'))
    assert.deepEqual([error.kind, error.code, error.field], ['unavailable', 'no_usable_connection', 'model'])
    assert.match(error.message, /"p0".*env:KEY_0.*"p1".*env:KEY_1/)
  })

  test('with conditions are passed over, since this release does not understand any', () => {
    const directory = routed([{}, {}])
    const route = directory.routes.get('r')!
    const members = route.members.map((member, n) => (n === 1 ? { ...member, conditions: { day: 'monday' } } : member))
    const { targets, decision } = resolve({ ...directory, routes: new Map([['r', { ...route, members }]]) }, 'r', present)
    assert.equal(targets.length, 1)
    assert.match(decision.skipped[0]!.reason, /conditions/)
  })

  test('do not lend each other anything', () => {
    const { targets } = resolve(routed([{ profile: { temperature: 1, params: { top_p: 0.5 } } }, {}]), 'r', present)
    assert.deepEqual(
      targets.map(({ defaults }) => defaults),
      [{ temperature: 1, params: { top_p: 0.5 } }, {}],
    )
  })
})

test('a disabled route, an empty one, and one whose first member is gone are refused', () => {
  assert.equal(refusal(() => resolved([{}], { disabled: true })).code, 'disabled')
  assert.match(refusal(() => resolved([{}], { members: [] })).message, /no members/)
  const gone = { route_id: 'route-r', position: 0, profile_id: 'gone', weight: null, conditions: {} }
  assert.match(refusal(() => resolved([{}], { members: [gone] })).message, /first member/)
})

describe('a boundary', () => {
  const crossings = (from: Side, to: Side): Crossing[] => [
    ...((from.billing ?? 'own') === (to.billing ?? 'own') ? [] : (['billing'] as const)),
    ...(from.billing === 'platform' && to.billing === 'platform' && from.platform !== to.platform ? (['platform'] as const) : []),
    ...(from.network !== 'public' && to.network === 'public' ? (['locality'] as const) : []),
  ]
  const sides: Side[] = billings.flatMap((billing) =>
    (['public', 'loopback', 'private'] as const).flatMap((network) =>
      (billing === 'platform' ? ['one', 'two'] : [undefined]).map((platform) => ({
        billing,
        network,
        ...(platform === undefined ? {} : { platform }),
      })),
    ),
  )

  test('is crossed by no route that does not say so, whatever the two sides are', () => {
    let refused = 0
    for (const from of sides) {
      for (const to of sides) {
        const { names, decision } = resolved([from, to])
        const expected = crossings(from, to)
        assert.deepEqual(names, expected.length === 0 ? ['p0', 'p1'] : ['p0'])
        if (expected.length === 0) continue
        refused += 1
        assert.match(decision.skipped[0]!.reason, new RegExp(`^boundary:(${expected.join('|')}) `))
      }
    }
    assert.ok(refused > sides.length)
  })

  test('is crossed only by a route that names every one on the way', () => {
    const all: readonly Crossing[] = ['billing', 'locality', 'platform']
    for (const from of sides) {
      for (const to of sides) {
        for (const missing of [...all, undefined]) {
          const allowed = all.filter((one) => one !== missing)
          const crosses = missing !== undefined && crossings(from, to).includes(missing)
          assert.equal(resolved([from, to], { allow_cross: allowed }).names.length, crosses ? 1 : 2)
        }
      }
    }
  })

  test('is that of the first member even where that cannot be used: a missing secret never makes a platform pay', () => {
    const absent = (reference: string) => (reference === 'env:KEY_0' ? 'absent' : 'present')
    const error = refusal(() => resolved([{}, { billing: 'platform', platform: 'one' }], {}, absent))
    assert.match(error.message, /env:KEY_0 is absent.*boundary:billing own→platform/)
    assert.match(
      refusal(() => resolved([{ profile: { disabled: true } }, { billing: 'platform' }])).message,
      /boundary:billing own→platform/,
    )
  })

  test('is known of a first member that names no connection, usable or not', () => {
    const unnamed = { profile: { connection_id: null } }
    assert.deepEqual(resolved([unnamed, { billing: 'platform' }]).names, ['p0'])
    const refused = refusal(() => resolved([{ ...unnamed, connection: { disabled: true } }, { billing: 'subscription' }]))
    assert.match(refused.message, /boundary:billing own→subscription/)
    assert.match(
      refusal(() => resolved([{ ...unnamed, billing: 'none', connection: { disabled: true } }, { billing: 'own' }])).message,
      /boundary:billing none→own/,
    )
  })

  test('is not crossed in two steps either: from the cloud to here, and from here not back', () => {
    assert.deepEqual(resolved([{}, { network: 'loopback' }, {}]).names, ['p0', 'p1'])
    assert.deepEqual(resolved([{}, { network: 'loopback' }, {}], { allow_cross: ['locality'] }).names, ['p0', 'p1', 'p2'])
  })
})
