/** The control state as one document: it says all there is, says it again after it was applied, and is applied whole or not at all. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { OperationContext } from '../../src/control/context.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { localActor } from '../../src/control/scopes.ts'
import { printState, readState, type StateFormat, stateFormats } from '../../src/control/state/text.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { eachStore, open } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!

type Line = { readonly action: string; readonly kind: string; readonly name: string; readonly fields: readonly string[] }
type Answer = {
  readonly document: string
  readonly items: readonly Line[]
  readonly warnings: readonly string[]
  readonly config_revision: number
}

const runIn = (context: OperationContext) => async (name: string, input: object) => {
  const answer = JSON.parse(JSON.stringify(await invoke(by(name), context, input))) as Answer
  assert.deepEqual(by(name).output.parse(answer), answer, 'as its operation declares it')
  return answer
}

type Section = readonly JsonObject[]
type State = { readonly purser: 1 } & Readonly<Record<'providers' | 'connections' | 'profiles' | 'routes' | 'settings' | 'keys', Section>>
const stateOf = ({ document }: { readonly document: string }) => readState(document) as unknown as State
const textOf = (state: object, format: StateFormat = 'toml') => printState(state as JsonObject, format)
const short = ({ items }: Answer) => items.map(({ action, kind, name }) => `${action} ${kind} ${name}`)

const provider = { name: 'workshop', contract: 'openai-chat', base_url: 'https://models.example.com/v1' }
const connection = { name: 'workshop-own', provider: 'workshop', auth: { type: 'api_key', credential: 'env:WORKSHOP_KEY' } }
const twin = {
  name: 'workshop-platform',
  provider: 'workshop',
  auth: { type: 'platform', base_url: 'https://platform.example/v1', credential: 'sealed:0123' },
  platform: 'second',
  twin: 'workshop-own',
}
const profile = { name: 'fast', provider: 'workshop', connection: 'workshop-own', model: 'coin-1', params: { top_p: 0.5 } }
const whole = {
  purser: 1,
  providers: [provider],
  connections: [connection, twin],
  profiles: [profile, { ...profile, name: 'slow', temperature: null, max_tokens: 100 }],
  routes: [{ name: 'way', members: [{ profile: 'slow' }, { profile: 'fast' }] }],
  keys: [{ name: 'script', kind: 'call', scopes: { profiles: ['way', 'fast'] } }],
}

eachStore((fresh) => {
  test("a document brings no key whose id is no key's, and no field that a schema would drop in silence", async (t) => {
    const { run } = await opened(t)
    const strange = { purser: 1, keys: [{ id: 'admin-token', name: 'sneaky', kind: 'call' }] }
    await assert.rejects(run('apply', { document: textOf(strange) }), /keys\.0\.id: The id of a key is 10 letters and digits/)
    const reserved = '{"purser":1,"settings":[{"name":"x","value":{"a":[{"__proto__":{"b":1}}]}}]}'
    await assert.rejects(run('apply', { document: reserved }), /no field named "__proto__"/)
  })

  const opened = async (t: TestContext) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    return { context, run: runIn(context) }
  }

  test('an export applied where it came from changes nothing, and where nothing was makes the same of it', async (t) => {
    const { context, run } = await opened(t)
    const made = await run('apply', { document: textOf(whole) })
    assert.deepEqual(short(made), [
      'create provider workshop',
      ...['own', 'platform'].map((side) => `create connection workshop-${side}`),
      ...['create profile fast', 'create profile slow', 'create route way', 'create key script'],
    ])
    assert.match(made.warnings.join(), /"script" is new here and has no secret.*keys rotate script/)
    for (const format of stateFormats) {
      const { document } = await run('export', { format })
      assert.deepEqual((await run('diff', { document, prune: true })).items, [], format)
      const { config_revision } = await run('apply', { document, prune: true })
      assert.equal(config_revision, made.config_revision, 'nothing to do is nothing written')
      const elsewhere = runIn((await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())).context)
      await elsewhere('apply', { document, prune: true })
      assert.equal((await elsewhere('export', { format })).document, document)
    }
    const exported = stateOf(await run('export', {}))
    const pair = exported.connections.filter(({ provider: of }) => of === 'workshop')
    assert.deepEqual(
      pair.map((row) => [row.name, row.twin, row.billing]),
      [
        ['workshop-own', 'workshop-platform', 'own'],
        ['workshop-platform', 'workshop-own', 'platform'],
      ],
      'a pair that one side names is one from both',
    )
    const text = JSON.stringify(await context.store.read.selectFrom('keys').select('secret_hash').execute())
    for (const hash of text.match(/[0-9a-f]{64}/g) ?? []) assert.ok(!JSON.stringify(exported).includes(hash))
  })

  test('what a document does not say stays, and null is said', async (t) => {
    const { run } = await opened(t)
    await run('apply', { document: textOf(whole) })
    const changed = await run('apply', { document: textOf({ purser: 1, profiles: [{ name: 'slow', max_tokens: null }] }) })
    assert.deepEqual(
      changed.items.map(({ name, fields }) => [name, fields]),
      [['slow', ['max_tokens']]],
    )
    const slow = stateOf(await run('export', {})).profiles.find(({ name }) => name === 'slow')!
    assert.deepEqual([slow.max_tokens, slow.params, slow.connection], [null, { top_p: 0.5 }, 'workshop-own'])
  })

  test('names change hands in one batch, rows go only with a prune, and an id brings a row back', async (t) => {
    const { run, context } = await opened(t)
    await run('apply', { document: textOf(whole) })
    const before = stateOf(await run('export', {}))
    const swapped = before.profiles.map((row) => ({ ...row, name: row.name === 'fast' ? 'slow' : row.name === 'slow' ? 'fast' : row.name }))
    assert.equal((await run('apply', { document: textOf({ purser: 1, profiles: swapped }) })).items.length, 2)
    const after = stateOf(await run('export', {}))
    assert.deepEqual(after.routes.find(({ name }) => name === 'way')!.members, [
      { conditions: {}, profile: 'fast', weight: null },
      { conditions: {}, profile: 'slow', weight: null },
    ])
    const fewer = { ...before, routes: [], keys: before.keys.filter(({ name }) => name !== 'script') }
    assert.deepEqual(short(await run('diff', { document: textOf(fewer) })), ['update profile fast', 'update profile slow'])
    assert.deepEqual(short(await run('apply', { document: textOf(fewer), prune: true })), [
      ...['update profile fast', 'update profile slow', 'remove route way', 'remove key script'],
    ])
    assert.deepEqual(stateOf(await run('export', {})), fewer)
    assert.deepEqual(short(await run('apply', { document: textOf({ ...before, keys: fewer.keys }) })), ['restore route way'])
    assert.deepEqual(stateOf(await run('export', {})), { ...before, keys: fewer.keys })
    const [, slow] = before.profiles.filter(({ name }) => name === 'fast' || name === 'slow')
    const heir = before.profiles.filter(({ name }) => name !== 'fast').map((row) => (row.id === slow!.id ? { ...row, name: 'fast' } : row))
    const left = { purser: 1, profiles: heir, routes: [] }
    assert.deepEqual(short(await run('apply', { document: textOf(left), prune: true })), [
      ...['remove profile fast', 'update profile slow', 'remove route way'],
    ])
    const entries = await context.store.read.selectFrom('audit_log').selectAll().where('operation', '=', 'apply').execute()
    assert.ok(entries.some(({ target_kind, before: was }) => target_kind === 'route' && JSON.stringify(was).includes('removed_at')))
  })

  test('names of call sites travel, as names of profiles, of routes and of the default', async (t) => {
    const { run } = await opened(t)
    const [site, plain] = ['site/conversationTitle', 'constructor'].map((name) => ({ ...profile, name }))
    const routes = [...whole.routes, { name: 'site/recall', members: [{ profile: 'site/conversationTitle' }] }]
    const settings = [{ name: 'default_profile', value: 'site/recall' }]
    await run('apply', { document: textOf({ ...whole, profiles: [...whole.profiles, site!, plain!], routes, settings }) })
    for (const format of stateFormats) {
      const { document } = await run('export', { format })
      assert.deepEqual((await run('diff', { document, prune: true })).items, [], format)
    }
  })

  test('what a backfill kept is in every export, and a document that holds other such places says that they are not applied', async (t) => {
    const { run } = await opened(t)
    const config = JSON.stringify({ provider: 'openai', model: 'gpt-5.2', xFuture: { a: [1, null] }, 'y.z': 'é' })
    const { plan } = (await run('backfill.plan', { config })) as unknown as { readonly plan: string }
    const { import: from } = (await run('backfill.apply', { plan, config })) as unknown as { readonly import: string }
    for (const format of stateFormats) {
      const { document } = await run('export', { format })
      assert.deepEqual((stateOf({ document }) as unknown as { readonly preserved: Section }).preserved, [
        { import: from, pointer: '/xFuture', value: { a: [1, null] } },
        { import: from, pointer: '/y.z', value: 'é' },
      ])
      const { items, warnings } = await run('diff', { document, prune: true })
      assert.deepEqual([items, warnings], [[], []], format)
    }
    const { document } = await run('export', {})
    const elsewhere = runIn((await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())).context)
    assert.match((await elsewhere('apply', { document, prune: true })).warnings.join(), /preserved: 2 places .* not applied/)
  })

  test('an export is of one revision, whatever lands while it reads', async (t) => {
    const { context, run } = await opened(t)
    await run('apply', { document: textOf(whole) })
    let isFirst = true
    const read = new Proxy(context.store.read, {
      get(target, name) {
        if (name !== 'selectFrom') return Reflect.get(target, name) as unknown
        return (table: 'rate_cards') => {
          const query = target.selectFrom(table)
          if (table !== 'rate_cards' || !isFirst) return query
          isFirst = false
          const late = async () => {
            await run('profiles.create', { name: 'late', provider: 'workshop', connection: 'workshop-own', model: 'coin-1' })
            return query.selectAll().execute()
          }
          return { selectAll: () => ({ execute: late }) }
        }
      },
    })
    const torn = await runIn({ ...context, store: { ...context.store, read } })('export', { format: 'json' })
    assert.deepEqual(torn, await run('export', { format: 'json' }))
  })

  test('one bad row refuses the whole document, and every fault is named by its place', async (t) => {
    const { run, context } = await opened(t)
    const before = await run('export', {})
    const faultsOf = async (state: object, prune = false): Promise<string[]> => {
      const thrown = await run('apply', { document: textOf({ purser: 1, ...state }), prune }).then(
        () => assert.fail('It was applied.'),
        (error: unknown) => error,
      )
      assert.ok(thrown instanceof PurserError, String(thrown))
      assert.equal(thrown.code, 'document_unsound', thrown.message)
      return (thrown.details!.faults as readonly { readonly path: string }[]).map(({ path }) => path)
    }
    assert.deepEqual(await faultsOf({ ...whole, providers: [{ ...provider, colour: 1 }], keys: [{ name: '__proto__', kind: 'call' }] }), [
      'providers.0',
      'keys.0.name',
      ...['connections.0.provider', 'connections.1.provider', 'profiles.0.provider', 'profiles.1.provider'],
    ])
    assert.deepEqual(await faultsOf({ providers: [{ name: 'bare' }] }), ['providers.0.contract', 'providers.0.base_url'])
    assert.deepEqual(await faultsOf({ providers: [provider, { ...provider, base_url: 'http://models.example.com' }] }), [
      'providers.1.name',
    ])
    assert.deepEqual(
      await faultsOf({
        providers: [
          { ...provider, dialect: { nothing: 1 } },
          { ...provider, name: 'other', base_url: 'http://a.example' },
        ],
      }),
      ['providers.0.dialect.nothing', 'providers.1.base_url'],
    )
    assert.deepEqual(await faultsOf({ ...whole, connections: [connection, { ...twin, billing: 'own' }] }), [
      'connections.0.twin',
      'connections.1.billing',
    ])
    assert.deepEqual(await faultsOf({ ...whole, connections: [{ ...connection, twin: null }, twin] }), ['connections.1.twin'])
    assert.deepEqual(await faultsOf({ ...whole, profiles: [{ ...profile, name: 'way' }], routes: whole.routes.slice(0, 1), keys: [] }), [
      'routes.0.members.0.profile',
      'routes.0.members.1.profile',
    ])
    assert.deepEqual(await faultsOf({ ...whole, routes: [{ name: 'fast', members: [{ profile: 'fast' }] }], keys: [] }), ['routes.0.name'])
    const routesOf = (...members: object[]) => ({ ...whole, routes: [{ name: 'way', members }], keys: [] })
    assert.deepEqual(await faultsOf(routesOf({ profile: 'fast' }, { profile: 'fast' })), ['routes.0.members.1'])
    assert.deepEqual(await faultsOf(routesOf({ profile: 'fast', conditions: { hour: 1 } })), ['routes.0.members.0.conditions'])
    assert.deepEqual(await faultsOf(routesOf()), ['routes.0.members'])
    assert.deepEqual(await faultsOf({ ...whole, keys: [{ name: 'script', kind: 'call', scopes: { profiles: ['nobody'] } }] }), [
      'keys.0.scopes.profiles.0',
    ])
    assert.deepEqual(await faultsOf({ providers: [] }, true).then((paths) => [paths.length > 10, paths.at(0)]), [
      true,
      'connections "openai".provider',
    ])
    assert.deepEqual((await faultsOf({ connections: [] }, true)).slice(0, 1), ['profiles "simulated".connection'])
    assert.equal((await run('export', {})).document, before.document)
    assert.equal((await context.store.read.selectFrom('audit_log').select('id').where('operation', '=', 'apply').execute()).length, 0)
    await assert.rejects(run('apply', { document: 'purser = 2' }), /purser: It must be 1/)
    const admin = { name: 'root', kind: 'admin', scopes: { roles: ['admin'] } }
    await run('apply', { document: textOf({ purser: 1, keys: [admin] }) })
    assert.deepEqual(await faultsOf({ keys: [] }, true), ['keys "all"'], 'nobody could administer')
    assert.deepEqual(await faultsOf({ keys: [{ ...admin, kind: 'call', scopes: {} }] }), ['keys.0.kind', 'keys "all"'])
    await assert.rejects(run('apply', { document: 'purser =' }), /line 1, column/)
    const zero = { purser: 1, profiles: [{ name: 'simulated', system_prompt: 'a\0b' }] }
    for (const format of stateFormats) await assert.rejects(run('apply', { document: textOf(zero, format) }), /no database keeps/)
  })

  test('own rate cards are in it: added where they are missing, withdrawn where it says so, and never changed', async (t) => {
    const { run, context } = await opened(t)
    const prices = { input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.50' }
    const card = { provider: 'workshop', model: 'coin-1', effective_from: 5, ...prices }
    const tiers = [
      { meter: 'input_tokens', price: '0.500000001', per_units: 1_000_000, conditions: { service_tier: ['batch'] }, priority: 0 },
      { meter: 'web_searches', price: null, per_units: 1000, conditions: {}, priority: 0 },
    ]
    const halved = [{ meters: ['*'], num: 1, den: 2, conditions: { region: ['eu'] } }]
    const rates = [
      { ...card, revision: 1, cache_read_cost_per_1m: '0.10', components: tiers, multipliers: halved, source_ref: { note: null } },
      { ...card, voided: 'A slip.' },
      { ...card, connection: 'workshop-own', source: 'import:config.json' },
    ]
    const made = await run('apply', { document: textOf({ ...whole, rates }) })
    assert.equal(short(made).filter((line) => line === 'create rate_card coin-1').length, 3)
    const { document } = await run('export', {})
    const said = (readState(document) as { readonly rates: Section }).rates.find(({ revision }) => revision === 1)!
    assert.deepEqual([said.components, said.multipliers, said.source_ref], [tiers, halved, { note: null }])
    assert.deepEqual((await run('diff', { document })).items, [])
    assert.equal((await run('apply', { document })).config_revision, made.config_revision)
    const elsewhere = await opened(t)
    await elsewhere.run('apply', { document })
    assert.equal((await elsewhere.run('export', {})).document, document)
    const at = (await elsewhere.run('rates.at', { provider: 'workshop', model: 'coin-1' })) as unknown as { readonly revision: number }
    assert.equal(at.revision, 1)

    const refused = async (more: object, path: string) =>
      assert.rejects(run('apply', { document: textOf({ purser: 1, rates: [{ ...card, ...more }] }) }), (error) => {
        return JSON.stringify((error as PurserError).details).includes(`"path":"${path}"`)
      })
    await refused({ revision: 1 }, 'rates.0')
    await refused({ revision: 7 }, 'rates.0.revision')
    await refused({ provider: 'nobody' }, 'rates.0.provider')
    await refused({ connection: 'openai' }, 'rates.0.connection')
    await refused({ output_token_cost_per_1m: '-1' }, 'rates.0.output_token_cost_per_1m')
    await refused({ source: 'catalogue' }, 'rates.0.source')
    const [shipped] = await context.store.read.selectFrom('rate_cards').selectAll().where('model', '=', 'simulated-1').limit(1).execute()
    const named = { provider: shipped!.provider_id, model: 'simulated-1', effective_from: shipped!.effective_from, source: shipped!.source }
    const gone = await run('apply', { document: textOf({ purser: 1, rates: [{ ...named, ...prices, voided: 'Not here.' }] }) })
    assert.deepEqual(short(gone), ['remove rate_card simulated-1'])
    assert.ok((await run('export', {})).document.includes('voided = "Not here."'))
  })

  test('settings are held to what they take, and name what there is', async (t) => {
    const { run } = await opened(t)
    const settings = [
      { name: 'default_profile', value: 'way' },
      { name: 'manifest.apply', value: 'manual' },
    ]
    const made = await run('apply', { document: textOf({ ...whole, settings }) })
    assert.deepEqual(short(made).slice(-2), ['create setting default_profile', 'create setting manifest.apply'])
    const { document } = await run('export', {})
    assert.deepEqual(stateOf({ document }).settings, settings)
    assert.deepEqual((await run('diff', { document, prune: true })).items, [])
    const refused = async (state: object, path: string) =>
      assert.rejects(run('apply', { document: textOf({ purser: 1, ...state }), prune: true }), (error) =>
        JSON.stringify((error as PurserError).details).includes(`"path":"${path}"`),
      )
    await refused({ settings: [{ name: 'manifest.apply', value: 'perhaps' }] }, 'settings.0.value')
    await refused({ settings: [{ name: 'colour', value: 1 }] }, 'settings.0')
    await refused({ settings: [{ name: 'default_profile', value: 'nobody' }] }, 'settings.0.value')
    await refused({ routes: [] }, 'settings \\"default_profile\\".value')
    const none = await run('apply', { document: textOf({ purser: 1, settings: [{ name: 'default_profile', value: null }] }), prune: true })
    assert.deepEqual(short(none), ['update setting default_profile', 'remove setting manifest.apply'])
    assert.deepEqual(stateOf(await run('export', {})).settings, [{ name: 'default_profile', value: null }])
  })

  test('a dry run writes nothing, a stale revision is refused, and nobody gives what he does not hold', async (t) => {
    const { run, context } = await opened(t)
    const document = textOf(whole)
    const dry = await run('apply', { document, dry_run: true })
    assert.deepEqual(short(dry), short(await run('diff', { document })))
    await assert.rejects(run('apply', { document, if_revision: dry.config_revision + 7 }), { code: 'stale' })
    const operator = { ...localActor, name: 'operator', scopes: new Set(['usage:read', 'providers:write', 'keys:write'] as const) }
    const limited = runIn({ ...context, actor: operator })
    const admin = { name: 'mine', kind: 'admin', scopes: { roles: ['admin'] } }
    await assert.rejects(limited('apply', { document: textOf({ purser: 1, keys: [admin] }) }), /grants .*does not hold/)
    const fewer = runIn({ ...context, actor: { ...operator, scopes: new Set(['providers:write'] as const) } })
    await assert.rejects(fewer('apply', { document }), { kind: 'forbidden' })
    assert.deepEqual((await run('diff', { document })).items.length, dry.items.length)
  })
})

const words = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.constantFrom('', 'none', 'é "', '1'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('x', 'null', 'json', 'y.z'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value
const params = fc.dictionary(fc.constantFrom('top_p', 'null', 'json', 'thinking', 'effort'), json, { maxKeys: 3, noNullPrototype: true })

/** States by hand: every row sound, with a null, a value or nothing in each field that may be any of them. */
const states = fc
  .record({
    providers: fc.uniqueArray(
      fc.record({
        name: words.map((word) => `provider-${word}`),
        stops_on_disconnect: fc.constantFrom(null, true, false),
        disabled: fc.boolean(),
      }),
      { selector: ({ name }) => name, minLength: 1, maxLength: 3 },
    ),
    profiles: fc.uniqueArray(
      fc.record(
        {
          name: words.map((word) => `profile-${word}`),
          provider: fc.nat(2),
          pinned: fc.boolean(),
          temperature: fc.constantFrom(null, 0, 0.5, 1),
          max_tokens: fc.constantFrom(null, 1, 64_000),
          system_prompt: fc.constantFrom(null, '', 'Be brief.\n"Really."'),
          params,
          strict: fc.boolean(),
        },
        { requiredKeys: ['name', 'provider', 'pinned'] },
      ),
      { selector: ({ name }) => name, minLength: 1, maxLength: 4 },
    ),
    routes: fc.uniqueArray(
      fc.record({ name: words.map((word) => `route-${word}`), members: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }) }),
      {
        selector: ({ name }) => name,
        maxLength: 2,
      },
    ),
    keys: fc.uniqueArray(fc.record({ name: words.map((word) => `key-${word}`), expires_at: fc.constantFrom(null, 4_000_000_000_000) }), {
      selector: ({ name }) => name,
      maxLength: 2,
    }),
    paired: fc.boolean(),
  })
  .map(({ providers, profiles, routes, keys, paired }) => {
    const of = (place: number) => providers[place % providers.length]!.name
    const own = (name: string) => ({ name: `${name}-own`, provider: name, auth: { type: 'api_key', credential: 'env:ANY_KEY' } })
    const other = (name: string) => ({
      ...{ name: `${name}-other`, provider: name, auth: { type: 'platform', base_url: null, credential: null } },
      ...{ disabled: true, ...(paired ? { twin: `${name}-own` } : {}) },
    })
    return {
      purser: 1,
      providers: providers.map((each) => ({ ...provider, ...each })),
      connections: providers.flatMap(({ name }) => [own(name), other(name)]),
      profiles: profiles.map(({ provider: place, pinned, ...each }) => ({
        ...{ model: 'coin-1', provider: of(place), connection: pinned ? `${of(place)}-own` : null },
        ...each,
      })),
      routes: routes.map(({ name, members }) => ({
        name,
        members: [...new Set(members.map((place) => profiles[place % profiles.length]!.name))].map((each) => ({ profile: each })),
      })),
      keys: keys.map((each) => ({ kind: 'call', scopes: { profiles: [profiles[0]!.name] }, ...each })),
    }
  })

test('whatever the state: its export changes nothing here, makes the same elsewhere, and leads from any other state to it', async (t) => {
  const here = (await openBooks(t, await open(t, ':memory:', { clock: new HandClock() }), new HandClock())).context
  const there = (await openBooks(t, await open(t, ':memory:', { clock: new HandClock() }), new HandClock())).context
  const [run, elsewhere] = [runIn(here), runIn(there)]
  const shipped = stateOf(await run('export', {}))
  const first = stateOf(await elsewhere('export', {})).keys
  assert.deepEqual([shipped.keys, first], [[], []])
  const withShipped = (state: object) =>
    Object.fromEntries(
      Object.entries(state).map(([name, rows]) => [name, name === 'purser' ? rows : [...(shipped[name as 'keys'] ?? []), ...rows]]),
    )
  await fc.assert(
    fc.asyncProperty(states, fc.constantFrom(...stateFormats), async (state, format) => {
      await run('apply', { document: textOf(withShipped(state), format), prune: true })
      const { document } = await run('export', { format })
      assert.deepEqual((await run('diff', { document, prune: true })).items, [])
      assert.deepEqual((await run('diff', { document: textOf(withShipped(state), format), prune: true })).items, [])
      const planned = await elsewhere('diff', { document, prune: true })
      const done = await elsewhere('apply', { document, prune: true })
      assert.deepEqual(short(done), short(planned))
      const again = stateOf(await elsewhere('export', { format }))
      // A key that was revoked there stays so, and ids of rows that have the same name there are theirs.
      const named = (rows: Section) => rows.map(({ id: _id, ...row }) => row)
      for (const section of ['providers', 'connections', 'profiles', 'routes', 'settings', 'keys'] as const)
        assert.deepEqual(named(again[section]), named(stateOf({ document })[section]), section)
    }),
    { numRuns: 40 },
  )
})
