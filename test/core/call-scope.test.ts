import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { contracts } from '../../src/contracts/index.ts'
import { allowsEndpoint, allowsPeer, callEndpoints, readCallScope } from '../../src/core/call-scope.ts'
import type { Json } from '../../src/core/json.ts'

test('no scopes are no limits', () => {
  const grant = readCallScope({})
  assert.deepEqual(grant, { names: null, endpoints: null, ranges: null, fallback: null })
  assert.ok(allowsPeer(grant, undefined) && callEndpoints.every((endpoint) => allowsEndpoint(grant, endpoint)))
})

test('scopes that cannot be read grant nothing, whatever else they say', () => {
  const sound = { profiles: ['simulated'], endpoints: ['generate'], cidrs: ['127.0.0.0/8'] }
  const broken: Json[] = [
    null,
    [],
    'all',
    1,
    { ...sound, profiles: 'simulated' },
    { ...sound, profiles: ['anthropic/claude'] },
    { ...sound, cidrs: ['everywhere'] },
    { ...sound, endpoints: ['everything'] },
    { ...sound, default: 1 },
    { ...sound, profile: ['simulated'] },
    { roles: ['admin'] },
  ]
  for (const scopes of broken) {
    const grant = readCallScope(scopes)
    assert.equal(grant.names?.size, 0, JSON.stringify(scopes))
    assert.ok(!allowsPeer(grant, '127.0.0.1') && !callEndpoints.some((endpoint) => allowsEndpoint(grant, endpoint)))
  }
})

test('a peer is inside a range by its numbers, however its address is spelled', () => {
  const grant = readCallScope({ cidrs: ['10.1.0.0/16', 'fd00::/8', '192.0.2.7'] })
  for (const peer of ['10.1.255.1', '::ffff:10.1.0.1', '::FFFF:10.1.0.1', 'fd12::1', 'fd12::1%eth0', '192.0.2.7'])
    assert.ok(allowsPeer(grant, peer), peer)
  for (const peer of ['10.2.0.1', '::ffff:10.2.0.1', 'fe80::1', '192.0.2.8', '', undefined, 'localhost', '10.1.0.1, 1.2.3.4', '010.1.0.1'])
    assert.ok(!allowsPeer(grant, peer), peer)
})

test('a range holds the addresses that share its first bits, and no others', () => {
  fc.assert(
    fc.property(fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 0xffff_ffff }), fc.nat({ max: 32 }), (base, other, bits) => {
      const grant = readCallScope({ cidrs: [`${dotted(base)}/${bits}`] })
      const isShared = bits === 0 || base >>> (32 - bits) === other >>> (32 - bits)
      assert.equal(allowsPeer(grant, dotted(other)), isShared)
      assert.equal(allowsPeer(grant, `::ffff:${dotted(other)}`), isShared)
    }),
    { numRuns: 300 },
  )
})

test('every endpoint of every contract can be named in scopes', () => {
  const ids = new Set(contracts.flatMap(({ endpoints }) => endpoints.map(({ id }) => id)))
  assert.deepEqual([...ids].sort(), [...callEndpoints].sort())
})

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.')
}
