import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readDirectory } from '../../src/routing/directory.ts'
import { resolve } from '../../src/routing/resolve.ts'
import { eachStore } from '../support/stores.ts'
import { openAsking } from './asking.ts'

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const asking = await openAsking(t, fresh)
    for (const name of ['a', 'b', 'c']) await asking.run('profiles.create', { name, provider: 'simulated', model: 'simulated-1' })
    return asking
  }

  test('a route is added, its members replaced as a whole, taken out of use and removed, and calls see each step', async (t) => {
    const { context, run } = await open(t)
    const made = await run('routes.create', { name: 'way', members: ['b', 'a'] })
    assert.deepEqual([made.profiles, made.warnings], [['b', 'a'], []])
    const names = async (callId?: string) =>
      resolve(await readDirectory(context.store.read), 'way', () => 'present', callId).targets.map(({ profile }) => profile?.name)
    assert.deepEqual(await names(), ['b', 'a'])
    const changed = await run('routes.update', {
      route: 'way',
      members: ['c:3', { profile: 'a', weight: 1 }, 'b'],
      allow_cross: ['billing'],
    })
    const said = (profile: string, weight: number | null) => ({ profile, weight, conditions: {} })
    assert.deepEqual(changed.changed, [
      { kind: 'route', name: 'way', field: 'allow_cross', before: [], after: ['billing'] },
      {
        kind: 'route',
        name: 'way',
        field: 'members',
        before: [said('b', null), said('a', null)],
        after: [said('c', 3), said('a', 1), said('b', null)],
      },
    ])
    const drawn = new Set<string>()
    for (let n = 0; n < 40; n++) drawn.add(String(await names(`call-${n}`)))
    assert.deepEqual(drawn, new Set(['c,a,b', 'a,c,b']))
    const again = await run('routes.update', { route: 'way', members: ['c:3', 'a:1', 'b'] })
    assert.deepEqual([again.changed, again.config_revision], [[], changed.config_revision], 'the same members are no change')
    assert.deepEqual((await run('routes.update', { route: 'way', unset: ['allow_cross'], name: 'path' })).allow_cross, [])
    await run('routes.disable', { route: 'path' })
    await assert.rejects(async () => resolve(await readDirectory(context.store.read), 'path', () => 'present'), { kind: 'not_found' })
    await run('routes.enable', { route: 'path' })
    await run('routes.remove', { route: 'path' })
    await run('profiles.remove', { profile: 'a' })
    assert.deepEqual((await readDirectory(context.store.read)).quarantined, [])
  })

  test('what a call could not use is refused by its place', async (t) => {
    const { run, refused } = await open(t)
    await run('routes.create', { name: 'other', members: ['a'] })
    const create = (members: unknown, field: string | undefined, said: RegExp, extra: object = {}, kind?: string) =>
      refused('routes.create', { name: 'way', members, ...extra }, field, said, kind)
    await create(['a', 'other'], 'members.1', /"other" is a route, and the members of a route are profiles/)
    await create(['a', 'b', 'a'], 'members.2', /at place 1/)
    await create(['a', 'd'], undefined, /named "d"/, {}, 'not_found')
    await create([], 'members', /at least 1/)
    await create(['a:0'], 'members.0', /weight is 1 or more/)
    await create([{ profile: 'a', weight: 0 }], 'members.0.weight', /at least 1/)
    await create([7], 'members.0', /weight is 1 or more/)
    await create([{ profile: 'a', conditions: { hour: 3 } }], 'members.0.conditions', /Only \{\}/)
    await create(['a'], 'allow_cross.0', /one of billing/, { allow_cross: ['everything'] })
    await create(['a'], 'name', /There is a profile "simulated" already/, { name: 'simulated' }, 'conflict')
    await refused(
      'profiles.create',
      { name: 'other', provider: 'simulated', model: 'm' },
      'name',
      /There is a route "other" already/,
      'conflict',
    )
    await refused('profiles.update', { profile: 'a', name: 'other' }, 'name', /There is a route "other" already/, 'conflict')
    await refused('profiles.remove', { profile: 'a' }, undefined, /route "other"/, 'conflict')
    await refused('routes.update', { route: 'other', unset: ['name'] }, 'unset', /always has a value/)
  })

  test('a member that no call would reach is allowed and said', async (t) => {
    const { run } = await open(t)
    await run('profiles.create', { name: 'cloud', provider: 'openai', connection: 'openai', model: 'gpt-4o' })
    const says = async (input: object) => String((await run('routes.create', { name: 'way', ...input, dry_run: true })).warnings)
    assert.match(await says({ members: ['a', 'cloud'] }), /"cloud" is never reached: that would go from local to cloud.*allow_cross/)
    assert.equal(await says({ members: ['a', 'cloud'], allow_cross: ['locality'] }), '')
    assert.equal(await says({ members: ['cloud', 'a'] }), '')
    await run('profiles.disable', { profile: 'a' })
    assert.match(await says({ members: ['b', 'a'] }), /"a" would be passed over. The profile "a" is disabled/)
    assert.match(await says({ members: ['a'] }), /no member of the route is left/)
  })

  test('a route that a key names keeps its name and is not removed', async (t) => {
    const { run, refused, write } = await open(t)
    await run('routes.create', { name: 'way', members: ['a'] })
    await write(
      `INSERT INTO keys (id, name, kind, secret_hash, scopes, created_at) VALUES ('k1', 'desk', 'call', 'x', '{"default":"way"}', 1)`,
    )
    await refused('routes.remove', { route: 'way' }, undefined, /key "desk"/, 'conflict')
    await refused('routes.update', { route: 'way', name: 'path' }, 'name', /key "desk"/, 'conflict')
  })

  test('a route that was damaged by hand can be mended by an update, or removed as it is', async (t) => {
    const { context, run, refused, write } = await open(t)
    for (const name of ['way', 'path']) await run('routes.create', { name, members: ['a', 'b'] })
    await write(`UPDATE route_members SET weight = 0 WHERE position = 1`)
    const aside = async () => (await readDirectory(context.store.read)).quarantined.map((row) => row.name).toSorted()
    assert.deepEqual(await aside(), ['path', 'way'])
    await refused('routes.update', { route: 'way', allow_cross: ['billing'] }, 'weight', /at least 1/)
    await run('routes.update', { route: 'way', members: ['a', 'b:1'] })
    await run('routes.disable', { route: 'path' })
    await run('routes.remove', { route: 'path' })
    assert.deepEqual(await aside(), [])
  })
})
