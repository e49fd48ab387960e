/** Routes as the directory reads them from every store: whole, in order, or set aside by name. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { canonicalJson } from '../../src/core/json.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { resolve } from '../../src/routing/resolve.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { audited } from '../support/audit.ts'
import { connectionRow, profileRow, providerRow } from '../support/gateway.ts'
import { eachStore } from '../support/stores.ts'

async function insert(
  store: OpenStore,
  table: 'providers' | 'connections' | 'model_profiles' | 'routes' | 'route_members',
  row: object,
): Promise<void> {
  const values = Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      if (typeof value === 'boolean') return [name, Number(value)]
      return [name, typeof value === 'object' && value !== null ? canonicalJson(value) : value]
    }),
  )
  const query = store.read
    .insertInto(table)
    .values(values as never)
    .compile()
  await store.writer.control({ audit: audited(), statements: [{ sql: query.sql, parameters: query.parameters, expectChanges: 1 }] })
}

const provider = providerRow({ name: 'chat', contract: 'openai-chat' })
const names = ['zero', 'one', 'two']
const profiles = names.map((name) => profileRow({ name, provider_id: provider.id, idempotent: name === 'one' }))
const route = (name: string, more: object = {}) => ({
  id: `route-${name}`,
  name,
  allow_cross: ['billing'],
  created_at: 1,
  updated_at: 1,
  ...more,
})
const member = (name: string, position: number, profile: string, more: object = {}) => ({
  ...{ route_id: `route-${name}`, position, profile_id: `profile-${profile}`, weight: null, conditions: {} },
  ...more,
})

eachStore((fresh) => {
  const filled = async (t: TestContext) => {
    const store = await fresh(t)
    await insert(store, 'providers', provider)
    await insert(store, 'connections', connectionRow({ name: 'chat', provider_id: provider.id }))
    for (const profile of profiles) await insert(store, 'model_profiles', profile)
    return store
  }

  test('a route is read with its members by position, and resolves', async (t) => {
    const store = await filled(t)
    await insert(store, 'routes', route('way'))
    for (const [position, name] of [
      [2, 'two'],
      [0, 'zero'],
      [1, 'one'],
    ] as const)
      await insert(store, 'route_members', member('way', position, name))
    await insert(store, 'routes', route('gone', { removed_at: 5 }))
    const directory = await readDirectory(store.read)
    assert.deepEqual(directory.quarantined, [])
    assert.deepEqual([...directory.routes.keys()], ['way'])
    const { targets } = resolve(directory, 'way', () => 'present')
    assert.deepEqual(
      targets.map(({ profile }) => [profile?.name, profile?.idempotent]),
      [
        ['zero', false],
        ['one', true],
        ['two', false],
      ],
    )
  })

  test('a route that does not read, whole or in a member, and one named like a profile are set aside by name', async (t) => {
    const store = await filled(t)
    await insert(store, 'routes', route('odd', { allow_cross: ['everything'] }))
    await insert(store, 'routes', route('torn'))
    await insert(store, 'route_members', member('torn', 0, 'zero'))
    await insert(store, 'route_members', member('torn', 1, 'one', { weight: -1 }))
    await insert(store, 'routes', route('zero'))
    const directory = await readDirectory(store.read)
    assert.deepEqual(directory.quarantined.map(({ kind, name }) => `${kind} ${name}`).sort(), ['route odd', 'route torn', 'route zero'])
    assert.equal(directory.routes.size, 0)
    assert.equal(resolve(directory, 'zero', () => 'present').decision.via, 'profile')
    assert.throws(() => resolve(directory, 'torn', () => 'present'), { kind: 'unavailable', message: /weight/ })
  })
})
