import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { faultOfPair, type Paying, refuseUnsoundConnection } from '../../src/control/nouns/connection-rules.ts'
import { PurserError } from '../../src/core/errors.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { audited } from '../support/audit.ts'
import { connectionRow, providerRow } from '../support/gateway.ts'
import { eachStore } from '../support/stores.ts'
import { openAsking } from './asking.ts'

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const asking = await openAsking(t, fresh)
    const { context } = asking
    const twins = async () => {
      const rows = await context.store.read.selectFrom('connections').select(['id', 'name', 'canonical_equivalent_id']).execute()
      const nameOf = new Map(rows.map((row) => [row.id, row.name]))
      return Object.fromEntries(rows.map((row) => [row.name, nameOf.get(row.canonical_equivalent_id ?? '') ?? null]))
    }
    return { ...asking, twins }
  }

  test('a connection is added by the reference to its secret, changed field by field, and removed', async (t) => {
    const { context, run } = await open(t)
    const made = await run('connections.create', { name: 'work', provider: 'openai', credential: 'env:WORK' })
    assert.deepEqual([made.provider, made.auth, made.billing], ['openai', { type: 'api_key', credential: 'env:WORK' }, 'own'])
    const changed = await run('connections.update', { connection: 'work', credential: 'env:OTHER', on_abandon: 'drain' })
    assert.deepEqual(changed.changed, [
      { kind: 'connection', name: 'work', field: 'auth', before: made.auth, after: { type: 'api_key', credential: 'env:OTHER' } },
      { kind: 'connection', name: 'work', field: 'on_abandon', before: null, after: 'drain' },
    ])
    assert.equal((await run('connections.update', { connection: 'work', unset: ['on_abandon'] })).on_abandon, null)
    assert.equal((await run('connections.disable', { connection: 'work' })).disabled, true)
    assert.equal((await run('connections.enable', { connection: 'work' })).disabled, false)
    const none = await run('connections.update', { connection: 'work', auth: { type: 'none' }, name: 'open' })
    assert.deepEqual([none.auth, none.name], [{ type: 'none' }, 'open'], 'an auth of another type replaces')
    await run('connections.remove', { connection: 'open' })
    await assert.rejects(run('connections.get', { connection: 'open' }), { kind: 'not_found' })
    const directory = await readDirectory(context.store.read)
    assert.deepEqual(directory.quarantined, [])
  })

  test('what a call could not use is refused by its field', async (t) => {
    const { refused } = await open(t)
    const work = { name: 'work', provider: 'openai', credential: 'env:WORK' }
    const create = (extra: object, field: string, said: RegExp, kind?: string) =>
      refused('connections.create', { ...work, ...extra }, field, said, kind)
    const platform = { type: 'platform', base_url: 'https://platform.example/v1', credential: 'env:P' }
    await create({ provider: 'opneai' }, undefined as never, /Did you mean "openai"/, 'not_found')
    await create({ credential: 'sk-abcdef' }, 'auth.credential', /reference/)
    await create({ auth: { type: 'none' } }, 'credential', /and not both/)
    await create({ credential: undefined }, 'auth', /How does it prove/)
    await create({ billing: 'platform' }, 'billing', /api_key/)
    await create({ auth: platform, credential: undefined, billing: 'own' }, 'billing', /paid by the platform, and by nobody else/)
    await create({ platform: 'somebody' }, 'platform', /where the billing is by a platform/)
    await create({ auth: { ...platform, base_url: 'http://p.example' }, credential: undefined }, 'auth.base_url', /https/)
    await create({ auth: { ...platform, credential: null }, credential: undefined }, 'auth', /stays disabled/)
    await create({ name: 'openai' }, 'name', /already/, 'conflict')
    await create({ name: '__proto__' }, 'name', /letter or digit/)
    await refused('connections.update', { connection: 'openai', unset: ['auth'] }, 'unset', /always has a value/)
    await refused('connections.update', { connection: 'openai', unset: ['auth.credential'] }, 'auth.credential', /missing/)
    await refused('connections.enable', { connection: 'openai-platform' }, 'auth', /stays disabled/)
  })

  test('a pair is mutual whoever made it, and a side that goes leaves the other free', async (t) => {
    const { run, refused, twins } = await open(t)
    const auth = { type: 'platform', base_url: 'https://platform.example/v1', credential: 'env:P' }
    await run('connections.create', { name: 'a', provider: 'groq', credential: 'env:A' })
    await run('connections.create', { name: 'p', provider: 'groq', auth, platform: 'somebody', twin: 'a' })
    assert.deepEqual([(await twins()).a, (await twins()).p], ['p', 'a'])
    await refused('connections.update', { connection: 'p', auth: { type: 'none' }, billing: 'own', platform: null }, 'twin', /"own"/)
    await refused('connections.create', { name: 'b', provider: 'groq', credential: 'env:B', twin: 'p' }, 'twin', /pair of "a"/, 'conflict')
    await run('connections.create', { name: 'q', provider: 'groq', auth })
    const moved = await run('connections.update', { connection: 'a', twin: 'q' })
    assert.equal(moved.twin, 'q')
    assert.deepEqual(await twins(), { ...(await twins()), a: 'q', q: 'a', p: null })
    await run('connections.update', { connection: 'q', unset: ['twin'] })
    assert.deepEqual([(await twins()).a, (await twins()).q], [null, null])
    await run('connections.update', { connection: 'a', twin: 'p' })
    const removed = await run('connections.remove', { connection: 'a' })
    assert.match(String(removed.warnings), /"p" has no pair any more/)
    assert.deepEqual([(await twins()).a, (await twins()).p], [null, null])
    await refused('connections.update', { connection: 'p', twin: 'p' }, 'twin', /itself/)
    await refused('connections.update', { connection: 'p', twin: 'anthropic' }, 'twin', /pair of "anthropic-platform"/, 'conflict')
    await refused('connections.update', { connection: 'p', twin: 'ollama-local' }, 'twin', /must be paid "own"/)
    await refused('providers.update', { provider: 'openai', network: 'loopback' }, 'twin', /both must be in the cloud/)
  })

  test('a connection that profiles use stays with their provider, and is not removed', async (t) => {
    const { run, refused } = await open(t)
    await refused(
      'connections.update',
      { connection: 'simulated-openai', provider: 'openai' },
      'provider',
      /profile "simulated"/,
      'conflict',
    )
    await refused('connections.remove', { connection: 'simulated-openai' }, undefined, /profile "simulated"/, 'conflict')
    await refused('connections.remove', { connection: 'simulated-openai', dry_run: true }, undefined, /profile "simulated"/, 'conflict')
    await run('connections.create', { name: 'free', provider: 'openai', credential: 'env:A' })
    assert.equal((await run('connections.update', { connection: 'free', provider: 'groq' })).provider, 'groq')
  })

  test('what is most likely not meant is allowed and said', async (t) => {
    const { run } = await open(t)
    const second = await run('connections.create', { name: 'second', provider: 'openai', auth: { type: 'none' }, dry_run: true })
    assert.match(String(second.warnings), /public network.*further connections in use \("openai"\)/s)
    const local = await run('connections.create', { name: 'near', provider: 'ollama', auth: { type: 'none' }, disabled: true })
    assert.deepEqual([local.warnings, local.billing], [[], 'none'])
  })

  test('a connection that was damaged by hand is shown as it is, and an update mends it', async (t) => {
    const { context, run, refused } = await open(t)
    await run('connections.create', { name: 'work', provider: 'openai', credential: 'env:WORK' })
    const damage = (sql: string) => context.store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] })
    await damage(`UPDATE connections SET auth = '{"type":"guess"}', billing = 'somebody' WHERE name = 'work'`)
    const aside = async () => (await readDirectory(context.store.read)).quarantined.map((row) => row.name)
    assert.deepEqual(await aside(), ['work'])
    assert.deepEqual((await run('connections.get', { connection: 'work' })).auth, { type: 'guess' })
    assert.ok(await run('connections.list', {}))
    await refused('connections.update', { connection: 'work', credential: 'env:WORK' }, 'billing', /one of own/)
    assert.equal((await run('connections.disable', { connection: 'work' })).disabled, true)
    await run('connections.update', { connection: 'work', credential: 'env:WORK', billing: 'own' })
    assert.deepEqual(await aside(), [])
  })
})

const provider = providerRow({ name: 'p', contract: 'openai-chat' })

test('whatever auth, billing and platform are put together, a connection is sound exactly where they fit', () => {
  const auths = [
    { type: 'none' },
    { type: 'api_key', credential: 'env:KEY' },
    { type: 'platform', base_url: 'https://p.example', credential: 'env:P' },
  ] as const
  fc.assert(
    fc.property(
      fc.constantFrom(...auths),
      fc.constantFrom('own', 'platform', 'subscription', 'none'),
      fc.constantFrom(null, 'somebody'),
      (auth, billing, platform) => {
        const connection = { ...connectionRow({ name: 'c', provider_id: provider.id }), auth, billing, platform } as never
        const fits = (auth.type === 'platform') === (billing === 'platform') && (platform === null || billing === 'platform')
        const judge = () => refuseUnsoundConnection({ connection, provider: provider as never })
        if (fits) judge()
        else assert.throws(judge, PurserError)
      },
    ),
    { numRuns: 60 },
  )
})

test("two connections are a pair exactly where both sides can take the other's place, and in either order", () => {
  const side = fc
    .record({
      id: fc.constantFrom('1', '2'),
      billing: fc.constantFrom('own', 'platform', 'none'),
      contract: fc.constantFrom('openai-chat', 'anthropic-messages'),
      network: fc.constantFrom('public', 'loopback'),
    })
    .map(
      ({ id, billing, contract, network }) =>
        ({
          connection: connectionRow({ id, name: `c${id}`, provider_id: 'p', billing: billing as 'own' }),
          provider: providerRow({ name: 'p', contract, network: network as 'public' }),
        }) as unknown as Paying,
    )
  fc.assert(
    fc.property(side, side, (one, other) => {
      const sound =
        one.connection.id !== other.connection.id &&
        new Set([one.connection.billing, other.connection.billing, 'own', 'platform']).size === 2 &&
        one.connection.billing !== other.connection.billing &&
        one.provider.contract === other.provider.contract &&
        [one, other].every((each) => each.provider.network === 'public')
      assert.equal(faultOfPair(one, other) === undefined, sound)
      assert.equal(faultOfPair(other, one) === undefined, sound)
    }),
    { numRuns: 200 },
  )
})
