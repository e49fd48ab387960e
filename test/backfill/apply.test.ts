import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { unseal } from '../../src/net/sealed.ts'
import { eachStore } from '../support/stores.ts'
import { type House, houseOf, openHouse } from './house.ts'

const text = (value: Json) => JSON.stringify(value)
const code = (expected: string) => (error: unknown) => error instanceof PurserError && error.code === expected
const keyed = text({ provider: 'openai', model: 'gpt-5.2', apiKeys: { openai: 'not-a-real-key' } })
const own = (model: string, more: JsonObject = {}) =>
  text({ services: { inference: { mode: 'your-own', provider: 'openai', model } }, ...more })
const fields = async (house: House, key: string) => (await house.things()).get(key)?.fields
const apply = (house: House, plan: string | null, config?: string) =>
  house.run('backfill.apply', { plan, ...(config === undefined ? {} : { config }) })

eachStore((fresh) => {
  test('a plan is done once, at its revision, and not by a dry run', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const asked = { config: own('gpt-5.2') }
    assert.equal((await house.run('backfill.plan', { ...asked, dry_run: true })).plan, null)
    const { plan } = await house.plan(asked)
    assert.equal((await house.plan(asked)).plan, plan, 'the same plan is stored once')
    const dry = await house.run('backfill.apply', { plan, dry_run: true })
    assert.equal(dry.import, null)
    assert.equal(await fields(house, 'route/default'), undefined)
    await house.run('profiles.create', { name: 'other', provider: 'simulated', model: 'simulated-1' })
    await assert.rejects(apply(house, plan), code('stale'))
    const again = await house.plan(asked)
    await apply(house, again.plan)
    await assert.rejects(apply(house, again.plan), code('applied'))
  })

  test('a key in clear is sealed for its provider, and the file is asked for again and held to its digest', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const { plan } = await house.plan({ config: keyed })
    await assert.rejects(apply(house, plan), code('document_needed'))
    await assert.rejects(apply(house, plan, `${keyed} `), code('another_document'))
    const applied = await apply(house, plan, keyed)
    assert.deepEqual(applied.sealed, [{ connection: 'openai', pointer: '/apiKeys/openai' }])
    const [row] = await house.context.store.read.selectFrom('sealed_secrets').selectAll().execute()
    const { keys } = house.context.secrets
    assert.equal('missing' in keys ? undefined : unseal(keys, row!), 'not-a-real-key')
    assert.equal(row!.origin, 'https://api.openai.com:443')
    assert.ok((await house.plan({ config: keyed })).empty)
    const other = await house.plan({ config: keyed.replace('not-a-real-key', 'nor-is-this-one') })
    assert.deepEqual(
      other.lines.flatMap(({ action, name, field }) => (action === 'update' ? [`${name} ${field}`] : [])),
      ['openai auth'],
    )
  })

  test('without a key to seal with, a key in the file is undecided and its connection has no secret', async (t) => {
    const { context, clock } = await openHouse(t, await fresh(t))
    const house = houseOf({ ...context, secrets: { ...context.secrets, keys: { missing: 'none' } } }, clock)
    const { planned } = await house.move({ config: keyed })
    assert.ok(planned.lines.some(({ pointer, reason }) => pointer === '/apiKeys/openai' && reason === 'vault_absent'))
    assert.deepEqual((await fields(house, 'connection/openai'))!.auth, { type: 'api_key', credential: 'env:OPENAI_API_KEY' })
  })

  test("a changed file follows where nobody edited, and an operator's edit stays", async (t) => {
    const house = await openHouse(t, await fresh(t))
    await house.move({ config: own('gpt-5.2', { maxTokens: 100, effort: 'low' }) })
    await house.run('profiles.update', { profile: 'default-model', max_tokens: 777 })
    const { planned } = await house.move({ config: own('gpt-5.4-mini', { maxTokens: 200, effort: 'low' }) })
    const now = (await fields(house, 'profile/default-model'))!
    assert.deepEqual([now.model, now.max_tokens, now.params], ['gpt-5.4-mini', 777, { effort: 'low' }])
    assert.ok(planned.lines.some(({ field, action, reason }) => field === 'max_tokens' && action === 'keep' && reason === 'edited_here'))
    assert.ok((await house.plan({ config: own('gpt-5.4-mini', { maxTokens: 200, effort: 'low' }) })).empty)
    await house.move({ config: own('gpt-5.4-mini') })
    assert.deepEqual((await fields(house, 'profile/default-model'))!.params, {}, 'what left the file goes')
  })

  test('undo leads back; a row that was edited since, and what it needs, stays and is listed', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const config = text({
      services: { inference: { mode: 'your-own' } },
      llm: { profiles: { a: { provider: 'openai', model: 'gpt-5.2' }, b: { provider: 'openai', model: 'gpt-5.2' } }, activeProfile: 'a' },
    })
    const { applied } = await house.move({ config })
    await house.run('profiles.update', { profile: 'b', temperature: 1 })
    await house.run('routes.create', { name: 'mine', members: ['a'] })
    const back = await house.run('backfill.undo', { import: applied!.import })
    assert.deepEqual(back.kept, [
      { kind: 'profile', name: 'a', why: 'in_use' },
      { kind: 'profile', name: 'b', why: 'edited' },
    ])
    assert.deepEqual(back.removed, [{ kind: 'route', name: 'default' }])
    await assert.rejects(house.run('backfill.undo', { import: applied!.import }), { kind: 'not_found' })
  })

  const pair = (active: string) =>
    text({
      services: { inference: { mode: 'your-own' } },
      llm: {
        profiles: { a: { provider: 'openai', model: 'gpt-5.2' }, b: { provider: 'openai', model: 'gpt-5.2-mini' } },
        activeProfile: active,
      },
    })

  test('undo goes back to the very rows of before: under their new names, and to none that bears an old one', async (t) => {
    const house = await openHouse(t, await fresh(t))
    await house.move({ config: pair('a') })
    const { applied } = await house.move({ config: pair('b') })
    await house.run('profiles.update', { profile: 'a', name: 'a-of-before' })
    await house.run('profiles.create', { name: 'a', provider: 'anthropic', model: 'claude-opus-4-6' })
    const back = await house.run('backfill.undo', { import: applied!.import })
    assert.deepEqual(back.restored, [{ kind: 'route', name: 'default' }])
    assert.deepEqual((await fields(house, 'route/default'))!.members, [{ profile: 'a-of-before', weight: null }])
  })

  test('undo leaves what would go back to a row that is gone, or to a unit that was edited, and lists it', async (t) => {
    const house = await openHouse(t, await fresh(t))
    await house.move({ config: pair('a') })
    const { applied } = await house.move({ config: pair('b') })
    await house.run('profiles.remove', { profile: 'a' })
    const back = await house.run('backfill.undo', { import: applied!.import })
    assert.deepEqual([back.restored, back.kept], [[], [{ kind: 'route', name: 'default', why: 'needs_what_is_gone' }]])
    const other = await openHouse(t, await fresh(t))
    await other.move({ config: own('gpt-5.2', { maxTokens: 100 }) })
    const config = own('gpt-5.2-mini', { maxTokens: 200 })
    const { applied: second } = await other.move({ config })
    await other.run('connections.create', { name: 'work', provider: 'openai', credential: 'env:WORK' })
    await other.run('profiles.update', { profile: 'default-model', connection: 'work' })
    const partly = await other.run('backfill.undo', { import: second!.import })
    assert.deepEqual(partly.kept, [{ kind: 'profile', name: 'default-model', why: 'edited' }])
    const now = (await fields(other, 'profile/default-model'))!
    assert.deepEqual([now.model, now.connection, now.max_tokens], ['gpt-5.2-mini', 'work', 100])
  })

  test('undo takes nothing out that a key or a setting names, or that was edited where no file speaks', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const { applied } = await house.move({ config: pair('a') })
    await house.run('keys.create', { name: 'script', scopes: { profiles: ['default'] } })
    await house.run('profiles.update', { profile: 'b', system_prompt: 'Be brief.' })
    const back = await house.run('backfill.undo', { import: applied!.import })
    assert.deepEqual(
      [back.removed, back.kept],
      [
        [],
        [
          { kind: 'profile', name: 'a', why: 'in_use' },
          { kind: 'profile', name: 'b', why: 'edited' },
          { kind: 'route', name: 'default', why: 'in_use' },
        ],
      ],
    )
  })

  test('undo is refused where the way back has come to lead to another payer', async (t) => {
    const house = await openHouse(t, await fresh(t))
    await house.move({ config: pair('a') })
    const { applied } = await house.move({ config: pair('b') })
    const auth = { type: 'platform', base_url: 'https://platform.example.com/v1', credential: 'env:P' }
    await house.run('connections.create', { name: 'paid', provider: 'openai', auth, platform: 'somebody' })
    await house.run('profiles.update', { profile: 'a', connection: 'paid' })
    await assert.rejects(house.run('backfill.undo', { import: applied!.import }), code('would_cross'))
    assert.deepEqual((await fields(house, 'route/default'))!.members, [{ profile: 'b', weight: null }])
  })

  test('undo withdraws cards, gives a connection its old reference back and takes the sealed key out', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const before = await house.things()
    const config = text({
      ...(JSON.parse(keyed) as JsonObject),
      pricingOverrides: [{ provider: 'openai', modelPattern: 'gpt-5.2', inputPer1M: 1, outputPer1M: 2 }],
    })
    const { applied } = await house.move({ config })
    const back = await house.run('backfill.undo', { import: applied!.import })
    assert.equal(back.voided, 1)
    assert.deepEqual([...(await house.things())].toSorted(), [...before].toSorted())
    assert.deepEqual(await house.context.store.read.selectFrom('sealed_secrets').selectAll().execute(), [])
    assert.equal((await house.run('backfill.list', {})).items!.toString(), '')
  })

  test('a name that would leave the machine, or come to another payer, refuses the plan as a whole', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const site = { llm: { default: { provider: 'ollama', model: 'phi4' } } }
    await house.move({ config: text({ services: { inference: { mode: 'your-own' } }, ...site }) })
    const cloud = await house.plan({ config: own('gpt-5.2') })
    assert.deepEqual(cloud.refused.map(({ name, why }) => `${name} ${why}`).toSorted(), [
      'default locality_would_change',
      'default-model locality_would_change',
    ])
    assert.equal(cloud.plan, null)
    const other = await openHouse(t, await fresh(t))
    await other.move({ config: own('gpt-5.2') })
    const managed = await other.plan({ config: own('gpt-5.2').replace('your-own', 'managed') })
    assert.ok(managed.refused.every(({ why }) => why === 'billing_would_change') && managed.refused.length === 2)
  })

  test('a platform that is named pays for what the file calls managed, and a row of the operator is never adopted', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const auth = { type: 'platform', base_url: 'https://platform.example.com/v1', credential: 'env:PLATFORM_KEY' }
    await house.run('connections.create', { name: 'the-platform', provider: 'groq', auth, billing: 'platform' })
    await house.run('profiles.create', { name: 'taken', provider: 'simulated', model: 'simulated-1' })
    const profiles = { taken: { provider: 'openai', model: 'gpt-5.2' }, free: { provider: 'openai', model: 'gpt-5.2' } }
    const asked = {
      config: text({ services: { inference: { mode: 'managed' } }, llm: { profiles, activeProfile: 'taken' } }),
      platform: 'the-platform',
    }
    await assert.rejects(house.plan({ ...asked, platform: 'openai' }), { kind: 'invalid_request', field: 'platform' })
    const { planned } = await house.move(asked)
    const pays = (await fields(house, 'connection/openai-platform'))!
    assert.deepEqual([pays.auth, pays.disabled], [auth, false])
    assert.equal((await fields(house, 'profile/taken'))!.provider, 'simulated')
    assert.ok(planned.lines.some(({ name, action, reason }) => name === 'taken' && action === 'undecided' && reason === 'name_taken'))
    assert.equal(await fields(house, 'route/default'), undefined, 'nothing is bound to what is not ours')
  })

  test('a name that the file means something else by is not taken for the default', async (t) => {
    const house = await openHouse(t, await fresh(t))
    const llm = { profiles: { 'default-model': { provider: 'lm-studio' } } }
    const { planned } = await house.move({ config: text({ provider: 'openai', model: 'gpt-5.2', llm }) })
    assert.equal(await fields(house, 'profile/default-model'), undefined)
    assert.ok(planned.lines.some(({ name, action, reason }) => name === 'default' && action === 'undecided' && reason === 'name_taken'))
  })
})
