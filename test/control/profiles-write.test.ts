import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { faultOfParameter } from '../../src/control/nouns/profile-rules.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { resolve } from '../../src/routing/resolve.ts'
import { eachStore } from '../support/stores.ts'
import { openAsking } from './asking.ts'

eachStore((fresh) => {
  const open = (t: TestContext) => openAsking(t, fresh)
  const swift = { name: 'swift', provider: 'simulated', model: 'simulated-1' }

  test("no row is named like another's id: what is typed for a thing would reach the wrong one", async (t) => {
    const { run, refused } = await open(t)
    const { id } = await run('profiles.create', swift)
    const said = /is the id of "swift"/
    await refused('profiles.create', { ...swift, name: id }, 'name', said, 'conflict')
    await refused('routes.create', { name: id, members: ['swift'] }, 'name', said, 'conflict')
    await run('profiles.create', { ...swift, name: 'other' })
    await refused('profiles.update', { profile: 'other', name: id }, 'name', said, 'conflict')
    const document = JSON.stringify({ purser: 1, profiles: [{ ...swift, name: id }] })
    await refused('apply', { document }, 'document', /profiles\.0\.name: .* is the id of a row/)
  })

  test('a profile is added, changed field by field, taken out of use and removed, and calls see each step', async (t) => {
    const { context, run } = await open(t)
    const made = await run('profiles.create', { ...swift, params: { top_p: 0.5 }, timeouts: { idle: 1000 } })
    assert.deepEqual([made.provider, made.connection, made.warnings], ['simulated', null, []])
    const changed = await run('profiles.update', {
      profile: 'swift',
      params: { seed: 7 },
      max_tokens: 50,
      temperature: 0.25,
      timeouts: { total: 5000 },
    })
    assert.deepEqual(
      (changed.changed as { field: string; after: unknown }[]).map(({ field, after }) => [field, after]),
      [
        ['temperature', 0.25],
        ['max_tokens', 50],
        ['params', { top_p: 0.5, seed: 7 }],
        ['timeouts', { idle: 1000, total: 5000 }],
      ],
    )
    const target = async () => resolve(await readDirectory(context.store.read), 'swift', () => 'present').targets[0]
    assert.deepEqual((await target()).defaults, { temperature: 0.25, maxTokens: 50, params: { top_p: 0.5, seed: 7 } })
    const cut = await run('profiles.update', {
      profile: 'swift',
      unset: ['params.top_p', 'max_tokens', 'timeouts'],
      connection: 'simulated-openai',
    })
    assert.deepEqual([cut.params, cut.max_tokens, cut.timeouts, cut.connection], [{ seed: 7 }, null, {}, 'simulated-openai'])
    assert.equal((await run('profiles.update', { profile: 'swift', connection: null, name: 'quick' })).connection, null)
    await run('profiles.disable', { profile: 'quick' })
    await assert.rejects(target, { kind: 'not_found' })
    await run('profiles.enable', { profile: 'quick' })
    await run('profiles.remove', { profile: 'quick' })
    await run('profiles.create', { ...swift, name: 'quick' })
    assert.deepEqual((await readDirectory(context.store.read)).quarantined, [])
  })

  test('what a call could not use is refused by its field', async (t) => {
    const { run, refused } = await open(t)
    const create = (extra: object, field: string | undefined, said: RegExp, kind?: string) =>
      refused('profiles.create', { ...swift, ...extra }, field, said, kind)
    await create({ connection: 'simulated-anthropic' }, 'connection', /another provider/)
    await create({ connection: 'simulated-opneai' }, undefined, /Did you mean "simulated-openai"/, 'not_found')
    await create({ params: { max_tokens: 5 } }, 'params.max_tokens', /"max_tokens" of the profile/)
    await create({ params: { messages: [] } }, 'params.messages', /caller/)
    await create({ params: { apiBase: 'x' } }, 'params.apiBase', /where calls go/)
    await create({ max_tokens: 0 }, 'max_tokens', /at least 1/)
    await create({ timeouts: { idle: 0 } }, 'timeouts.idle', /at least 1/)
    await create({ name: 'constructor' }, 'name', /is none/)
    await create({ name: 'a/b' }, 'name', /letter or digit/)
    await create({ params: JSON.parse('{"__proto__": {"a": 1}}') }, '__proto__', /__proto__/)
    await create({ name: 'simulated' }, 'name', /already/, 'conflict')
    await refused('profiles.update', { profile: 'simulated', provider: 'openai' }, 'connection', /another provider/)
    await refused('profiles.update', { profile: 'simulated', unset: ['model'] }, 'unset', /always has a value/)
    const moved = await run('profiles.update', { profile: 'simulated', provider: 'openai', connection: 'openai', dry_run: true })
    assert.deepEqual([moved.provider, moved.connection], ['openai', 'openai'])
    const kept = await run('profiles.create', { ...swift, params: JSON.parse('{"constructor": {"toString": 1}}') })
    assert.deepEqual(kept.params, { constructor: { toString: 1 } })
  })

  test('what would become of a call is said beforehand', async (t) => {
    const { run } = await open(t)
    const says = async (extra: object) => String((await run('profiles.create', { ...swift, ...extra, dry_run: true })).warnings)
    assert.match(await says({ model: 'unheard-of' }), /unpriced, not free/)
    assert.equal(await says({ provider: 'ollama', model: 'llama' }), '', 'what costs nothing needs no card')
    assert.match(await says({ provider: 'openai', connection: 'openai-platform' }), /"openai-platform" is disabled/)
    await run('connections.disable', { connection: 'simulated-openai' })
    assert.match(await says({}), /no usable connection: "simulated-openai" \(disabled\)/)
    await run('providers.create', { name: 'gem', contract: 'gemini-generate', base_url: 'https://gem.example' })
    await run('connections.create', { name: 'gem', provider: 'gem', credential: 'env:GEM' })
    assert.match(await says({ provider: 'gem' }), /cannot call yet/)
    await run('providers.disable', { provider: 'gem' })
    assert.match(await says({ provider: 'gem' }), /provider "gem" is disabled/)
  })

  test('a profile that something names keeps its name and is not removed, and everything that names it is listed', async (t) => {
    const { run, refused, write } = await open(t)
    await run('profiles.create', swift)
    const { id } = await run('profiles.get', { profile: 'swift' })
    await write(
      `INSERT INTO keys (id, name, kind, secret_hash, scopes, created_at) VALUES ('k1', 'desk', 'call', 'x', '{"profiles":["swift"]}', 1)`,
    )
    await write(`INSERT INTO routes (id, name, allow_cross, created_at, updated_at) VALUES ('r1', 'fast', '[]', 1, 1)`)
    await write(`INSERT INTO route_members (route_id, position, profile_id, conditions) VALUES ('r1', 0, '${id}', '{}')`)
    await refused('profiles.remove', { profile: 'swift' }, undefined, /route "fast", key "desk"/, 'conflict')
    await refused('profiles.remove', { profile: 'swift', dry_run: true }, undefined, /route "fast", key "desk"/, 'conflict')
    await refused('profiles.update', { profile: 'swift', name: 'quick' }, 'name', /key "desk"/, 'conflict')
    await run('connections.create', { name: 'own', provider: 'simulated', auth: { type: 'none' }, billing: 'own' })
    await run('profiles.update', { profile: 'swift', connection: 'own' })
    await refused('connections.remove', { connection: 'own' }, undefined, /profile "swift", route "fast", key "desk"/, 'conflict')
  })

  test('a profile that was damaged by hand can be mended by an update, or removed as it is', async (t) => {
    const { context, run, write } = await open(t)
    await run('profiles.create', swift)
    await run('profiles.create', { ...swift, name: 'other' })
    await write(`UPDATE model_profiles SET params = '"nothing"', temperature = 9 WHERE name IN ('swift', 'other')`)
    const aside = async () => (await readDirectory(context.store.read)).quarantined.map((row) => row.name).toSorted()
    assert.deepEqual(await aside(), ['other', 'swift'])
    await run('profiles.update', { profile: 'swift', params: { seed: 1 }, temperature: 1 })
    await run('profiles.disable', { profile: 'other' })
    await assert.rejects(run('profiles.enable', { profile: 'other' }), { kind: 'invalid_request' })
    await run('profiles.remove', { profile: 'other' })
    assert.deepEqual(await aside(), [])
  })
})

test('a parameter that the caller, the connection or the profile itself says is known in every spelling', () => {
  const refused = [
    'model',
    'Stream',
    'stream_options',
    'systemInstruction',
    'max_output_tokens',
    'maxTokens',
    'contents',
    'input',
    'api-key',
    'base_url',
  ]
  for (const name of refused) assert.ok(faultOfParameter(name), name)
  for (const name of ['top_p', 'seed', 'reasoning_effort', 'stop', 'modalities', 'constructor', 'toString'])
    assert.equal(faultOfParameter(name), undefined, name)
})
