/** The mode flip: planned, shown, done as one change, and taken back. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { OperationContext } from '../../src/control/context.ts'
import type { Side } from '../../src/control/mode/plan.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Connection, Crossing, Profile, Provider, Route } from '../../src/core/nouns.ts'
import { audited } from '../support/audit.ts'
import { addControlRows } from '../support/control-rows.ts'
import { connectionRow, profileRow, providerRow, routeRow } from '../support/gateway.ts'
import { eachStore, open } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!

type Planned = {
  readonly plan: string | null
  readonly blocked: boolean
  readonly config_revision: number
  readonly stays: readonly { readonly profile: string; readonly why: string }[]
  readonly profiles: readonly {
    readonly profile: string
    readonly served: string
    readonly secret: string
    readonly routes: readonly string[]
    readonly prices: readonly object[]
    readonly connection_after: string | null
    readonly blocks: readonly { readonly reason: string }[]
  }[]
}

const auth = { type: 'platform', base_url: 'https://platform.example/v1', credential: 'env:PLATFORM_KEY' } as const

/** Two connections of a provider, each the other's twin. */
function pairOf(provider: Provider, platform: Partial<Connection> = {}): readonly [own: Connection, platform: Connection] {
  const own = connectionRow({
    name: `${provider.name}-own`,
    provider_id: provider.id,
    canonical_equivalent_id: `connection-${provider.name}-other`,
  })
  const other = {
    name: `${provider.name}-other`,
    provider_id: provider.id,
    billing: 'platform',
    auth,
    canonical_equivalent_id: own.id,
  } as const
  return [own, connectionRow({ ...other, ...platform })]
}

const cloud = providerRow({ name: 'cloudy', contract: 'openai-chat' })
const [own, platform] = pairOf(cloud)
const fast = profileRow({ name: 'fast', provider_id: cloud.id, connection_id: own.id })
const slow = profileRow({ name: 'slow', provider_id: cloud.id, connection_id: own.id, model: 'coin-2' })

const secretsOf = (presence: 'present' | 'absent' | 'unknown') => ({
  presence: (asked: { readonly type: string }) => (asked.type === 'none' ? ('not_needed' as const) : presence),
})

async function tablesOf({ store }: OperationContext) {
  const all = async (table: 'providers' | 'connections' | 'model_profiles' | 'routes' | 'keys' | 'settings' | 'rate_cards') =>
    store.read
      .selectFrom(table)
      .selectAll()
      .orderBy(table === 'settings' ? 'name' : 'id')
      .execute()
  const names = ['providers', 'connections', 'model_profiles', 'routes', 'keys', 'settings', 'rate_cards'] as const
  const members = await store.read.selectFrom('route_members').selectAll().orderBy('route_id').orderBy('position').execute()
  return { ...Object.fromEntries(await Promise.all(names.map(async (name) => [name, await all(name)] as const))), members }
}

const reasonsOf = ({ profiles }: Planned) => profiles.flatMap(({ blocks }) => blocks.map(({ reason }) => reason))

eachStore((fresh) => {
  const opened = async (
    t: TestContext,
    rows: Parameters<typeof addControlRows>[1],
    presence: 'present' | 'absent' | 'unknown' = 'present',
  ) => {
    const books = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    await addControlRows(books.context.store, rows)
    const context = { ...books.context, ...secretsOf(presence) }
    const run = async (name: string, input: object) => {
      const answer = JSON.parse(JSON.stringify(await invoke(by(name), context, input))) as Planned
      assert.deepEqual(by(name).output.parse(answer), answer, 'as its operation declares it')
      return answer
    }
    return { ...books, context, run }
  }
  const both = { providers: [cloud], connections: [own, platform], profiles: [fast, slow] }

  test('a flip moves the connection of each profile and nothing else, once, and is taken back by its plan or its audit entry', async (t) => {
    const { context, run } = await opened(t, { ...both, routes: [routeRow({ name: 'way', profiles: [fast, slow] })] })
    const before = await tablesOf(context)
    const planned = await run('mode.plan', { to: 'platform', connection: own.name, allow_unlisted: true })
    assert.equal(planned.blocked, false)
    assert.deepEqual(
      planned.profiles.map(({ profile, connection_after, routes, served }) => [profile, connection_after, routes, served]),
      [
        ['fast', platform.name, ['way'], 'unknown'],
        ['slow', platform.name, ['way'], 'unknown'],
      ],
    )
    assert.deepEqual(await tablesOf(context), before, 'a plan moves nothing')
    assert.equal(
      (await run('mode.plan', { to: 'platform', connection: own.name, allow_unlisted: true })).plan,
      planned.plan,
      'nor is it kept twice',
    )

    await run('mode.flip', { plan: planned.plan! })
    const during = await tablesOf(context)
    const moved = (row: object) => ({
      ...row,
      ...('connection_id' in row && row.connection_id === own.id ? { connection_id: platform.id } : {}),
    })
    assert.deepEqual(during, { ...before, model_profiles: (before as Record<string, object[]>).model_profiles!.map(moved) })
    await assert.rejects(run('mode.flip', { plan: planned.plan! }), (error) => error instanceof PurserError && error.code === 'applied')

    const entries = await context.store.read.selectFrom('audit_log').selectAll().where('operation', '=', 'mode.flip').execute()
    assert.deepEqual(entries.map(({ target_kind }) => target_kind).sort(), ['mode', 'profile', 'profile'])
    await run('mode.undo', { flip: planned.plan!.slice(0, 12) })
    assert.deepEqual(await tablesOf(context), before)
    const { config_revision } = await run('mode.undo', { flip: planned.plan! })
    assert.equal((await run('mode.undo', { flip: planned.plan! })).config_revision, config_revision, 'what is back needs no second step')
    const undone = await context.store.read
      .selectFrom('audit_log')
      .selectAll()
      .where('operation', '=', 'mode.undo')
      .where('target_kind', '=', 'mode')
      .executeTakeFirstOrThrow()
    await run('mode.undo', { flip: undone.id })
    assert.deepEqual(await tablesOf(context), during, 'an undo is taken back by its own entry')
  })

  test('a plan is for one revision: once anything changed it is stale, and a dry run keeps none', async (t) => {
    const { context, run } = await opened(t, both)
    const dry = await run('mode.plan', { to: 'platform', profile: 'fast', allow_unlisted: true, dry_run: true })
    assert.equal(dry.plan, null)
    assert.deepEqual(await context.store.read.selectFrom('plans').selectAll().execute(), [])
    const { plan } = await run('mode.plan', { to: 'platform', profile: 'fast', allow_unlisted: true })
    await context.store.writer.control({ statements: [], audit: audited() })
    await assert.rejects(run('mode.flip', { plan: plan! }), (error) => error instanceof PurserError && error.code === 'stale')
    await assert.rejects(run('mode.flip', { plan: '0123456789' }), { kind: 'not_found' })
  })

  test('what the last answer was decides whether a model is served there, and a price of that very connection says yes too', async (t) => {
    const { context, run } = await opened(t, both)
    const served = async () => (await run('mode.plan', { to: 'platform', profile: 'fast', dry_run: true })).profiles[0]?.served
    const answer = async (id: string, outcome: string, error_kind: string | null) => {
      const now = context.clock.now()
      const into = (table: 'calls' | 'attempts' | 'settlements', row: object) =>
        context.store.read
          .insertInto(table)
          .values(row as never)
          .compile()
      const call = {
        ...{ id, tenant_id: 'default', key_id: null, contract: 'openai-chat', endpoint: 'generate', stream: 0, requested_name: 'fast' },
        ...{ decision: '{}', config_revision: 1, labels: '{}', client: null, session_id: null, request_bytes: 1, idempotency_digest: null },
        ...{ caller_retry: null, created_at: now },
      }
      const attempt = {
        ...{ id: `${id}.1`, call_id: id, attempt_no: 1, instance_id: 'i', epoch: 1, profile_id: fast.id, profile_name: 'fast' },
        ...{
          connection_id: platform.id,
          connection_name: platform.name,
          provider_id: cloud.id,
          provider_name: cloud.name,
          model: fast.model,
        },
        ...{ contract: 'openai-chat', billing: 'platform', locality: 'cloud', priced_at: now, known_at: now, currency: null },
        ...{ bound_class: null, reserved_pico: null, bound_terms: null, created_at: now },
      }
      const settlement = {
        ...{ attempt_id: `${id}.1`, instance_id: 'i', epoch: 1, outcome, error_kind, upstream_status: null, upstream_id: null },
        ...{ stop_reason: null, warnings: '[]', first_byte_ms: null, duration_ms: 1, response_bytes: 1, settled_at: now, usage: null },
        ...{ raw_usage: null, usage_source: 'none', usage_flags: '[]', price_context: '{}', requested_model: fast.model },
        ...{ reported_model: null, matched: null, pricing_status: 'unpriced', unpriced: '{}', currency: null, charged_pico: null },
        ...{ shadow_pico: null, cost_source: 'none', provider_cost_pico: null, rules_version: 1 },
      }
      const statements = [into('calls', call), into('attempts', attempt), into('settlements', settlement)]
      await context.store.writer.control({ statements, audit: audited() })
    }
    assert.equal(await served(), 'unknown')
    await answer('a', 'provider_error', 'provider_overloaded')
    assert.equal(await served(), 'unknown')
    await answer('b', 'succeeded', null)
    assert.equal(await served(), 'yes')
    await answer('c', 'provider_error', 'not_found')
    assert.equal(await served(), 'no')
    await answer('d', 'succeeded', null)
    assert.equal(await served(), 'yes')
    const slower = async () => (await run('mode.plan', { to: 'platform', profile: 'slow', dry_run: true })).profiles[0]
    assert.equal((await slower())?.served, 'unknown')
    const price = {
      provider: cloud.name,
      model: slow.model,
      input_token_cost_per_1m: '1.00',
      output_token_cost_per_1m: '2.00',
      effective_from: 0,
    }
    await run('rates.create', price)
    assert.equal((await slower())?.served, 'unknown', "the vendor's price list does not speak for a platform")
    await run('rates.create', { ...price, input_token_cost_per_1m: '3.00', connection: platform.name })
    const { served: now, prices } = (await slower())!
    assert.equal(now, 'yes')
    const shown = prices as readonly {
      readonly meter: string
      readonly before: { readonly price: string }
      readonly after: { readonly price: string }
    }[]
    assert.deepEqual(
      shown.map(({ meter, before, after }) => [meter, before.price, after.price]),
      [
        ['input_tokens', '1.00', '3.00'],
        ['output_tokens', '2.00', '2.00'],
      ],
    )
  })

  test('everything in the way is named, and what is blocked is not done', async (t) => {
    const local = providerRow({ name: 'cellar', contract: 'openai-chat', network: 'loopback', base_url: 'http://127.0.0.1:8000/v1' })
    const [localOwn, localOther] = pairOf(local)
    const lone = connectionRow({ name: 'lone', provider_id: cloud.id })
    const half = connectionRow({ name: 'half', provider_id: cloud.id, canonical_equivalent_id: platform.id })
    const on = (name: string, connection_id: string | null, provider = cloud) =>
      profileRow({ name, provider_id: provider.id, connection_id })
    const rows = {
      providers: [cloud, local],
      connections: [own, platform, localOwn, localOther, lone, half],
      profiles: [fast, slow, on('unnamed', null), on('single', lone.id), on('halved', half.id), on('cellared', localOwn.id, local)],
      routes: [
        routeRow({ name: 'way', profiles: [fast, slow] }),
        routeRow({ name: 'crossing', profiles: [fast, slow], allow_cross: ['billing'] }),
      ],
    }
    const { context, run } = await opened(t, rows)
    const reasons = async (profile: string, more: object = {}) =>
      reasonsOf(await run('mode.plan', { to: 'platform', profile, dry_run: true, ...more }))
    assert.deepEqual(await reasons('unnamed'), ['names_no_connection'])
    assert.deepEqual(await reasons('single'), ['no_twin'])
    assert.deepEqual(await reasons('halved'), ['pair_broken'])
    assert.deepEqual(await reasons('cellared'), ['not_cloud'])
    assert.deepEqual(await reasons('fast'), ['served_unknown', 'route_mixes'])
    assert.deepEqual(await reasons('fast', { allow_unlisted: true }), ['route_mixes'])
    const everything = await run('mode.plan', { to: 'platform', all: true, dry_run: true, allow_unlisted: true })
    assert.deepEqual(reasonsOf(everything).sort(), ['names_no_connection', 'no_twin', 'pair_broken'])
    assert.ok(
      everything.stays.some(({ profile }) => profile === 'cellared'),
      'what is local is passed by',
    )
    const { plan } = await run('mode.plan', { to: 'platform', profile: 'fast', allow_unlisted: true })
    const before = await tablesOf(context)
    await assert.rejects(run('mode.flip', { plan: plan! }), (error) => error instanceof PurserError && error.code === 'decision_needed')
    assert.deepEqual(await tablesOf(context), before)
    await assert.rejects(run('mode.plan', { to: 'platform' }), { field: 'all' })
    await assert.rejects(run('mode.plan', { to: 'platform', all: true, profile: 'fast' }), { field: 'all' })
  })

  test('a twin that is off, incomplete or without its secret blocks, and a secret nobody can see needs a word', async (t) => {
    const twin = connectionRow({ ...platform, disabled: true, auth: { type: 'platform', base_url: null, credential: null } })
    const { run, context } = await opened(t, { providers: [cloud], connections: [own, twin], profiles: [fast] }, 'absent')
    const input = { to: 'platform', profile: 'fast', allow_unlisted: true, dry_run: true }
    assert.deepEqual(reasonsOf(await run('mode.plan', input)), ['twin_disabled', 'twin_incomplete', 'secret_absent'])
    const unseen = (more: object) =>
      invoke(by('mode.plan'), { ...context, ...secretsOf('unknown') }, { ...input, ...more }) as Promise<Planned>
    assert.deepEqual(reasonsOf(await unseen({})), ['twin_disabled', 'twin_incomplete', 'secret_unknown'])
    assert.deepEqual(reasonsOf(await unseen({ allow_unknown: true })), ['twin_disabled', 'twin_incomplete'])
  })

  test('a flip is not taken back over what was moved since, nor into a route that would then mix', async (t) => {
    const { context, run } = await opened(t, both)
    const { plan } = await run('mode.plan', { to: 'platform', profile: 'fast', allow_unlisted: true })
    await run('mode.flip', { plan: plan! })
    const other = profileRow({ name: 'other', provider_id: cloud.id, connection_id: platform.id })
    await addControlRows(context.store, { profiles: [other], routes: [routeRow({ name: 'paid', profiles: [fast, other] })] })
    await assert.rejects(run('mode.undo', { flip: plan! }), (error) => error instanceof PurserError && error.code === 'decision_needed')
    const third = connectionRow({ name: 'third', provider_id: cloud.id })
    const update = context.store.read.updateTable('model_profiles').set({ connection_id: third.id }).where('id', '=', fast.id).compile()
    await addControlRows(context.store, { connections: [third] })
    await context.store.writer.control({ statements: [update], audit: audited() })
    await assert.rejects(run('mode.undo', { flip: plan! }), (error) => error instanceof PurserError && error.code === 'moved_since')
    await assert.rejects(run('mode.undo', { flip: 'nobody-has-this-id' }), { kind: 'not_found' })
  })
})

const seldom = fc.integer({ min: 0, max: 7 }).map((chance) => chance === 7)

/** Providers with pairs in every state, profiles on either side, and routes over them. */
const worlds = fc
  .array(
    fc.record({
      local: seldom,
      paired: seldom.map((not) => !not),
      off: seldom,
      complete: seldom.map((not) => !not),
      profiles: fc.array(fc.constantFrom('own', 'own', 'own', 'platform', 'platform', 'none'), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((states) => {
    const count = states.reduce((sum, { profiles }) => sum + profiles.length, 0)
    const members = fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 4 })
    const routes = fc.array(fc.record({ members, crosses: fc.boolean() }), { maxLength: 3 })
    return fc.record({
      states: fc.constant(states),
      routes,
      one: fc.nat(count - 1),
      all: fc.boolean(),
      to: fc.constantFrom<Side>('own', 'platform'),
    })
  })

type Tables = Readonly<Record<string, readonly { readonly id: string; readonly connection_id: string | null }[]>>
type World = typeof worlds extends fc.Arbitrary<infer T> ? T : never

function rowsOf({ states, routes }: World, run: number) {
  const providers: Provider[] = []
  const connections: Connection[] = []
  const profiles: Profile[] = []
  states.forEach((state, place) => {
    const provider = providerRow({ name: `p${run}-${place}`, contract: 'openai-chat', network: state.local ? 'loopback' : 'public' })
    const incomplete = state.complete ? {} : { auth: { type: 'platform', base_url: null, credential: null } as const }
    const pair = pairOf(provider, { disabled: state.off, ...incomplete })
    providers.push(provider)
    connections.push(...(state.paired ? pair : pair.map((each) => ({ ...each, canonical_equivalent_id: null }))))
    const idOf = { own: pair[0].id, platform: pair[1].id, none: null }
    state.profiles.forEach((side, nth) => {
      profiles.push(profileRow({ name: `m${run}-${place}-${nth}`, provider_id: provider.id, connection_id: idOf[side] }))
    })
  })
  const made: Route[] = routes.map(({ members, crosses }, place) =>
    routeRow({
      name: `r${run}-${place}`,
      profiles: members.map((index) => profiles[index]!),
      allow_cross: crosses ? (['billing', 'locality'] as Crossing[]) : [],
    }),
  )
  return { providers, connections, profiles, routes: made }
}

test('whatever the rows: a flip moves connections alone, to the twin, in the cloud, into no mixed route, and there and back is the same', async (t) => {
  const store = await open(t, ':memory:', { clock: new HandClock() })
  const books = await openBooks(t, store, new HandClock())
  const context = { ...books.context, ...secretsOf('present') }
  const invokeAs = (name: string, input: object) => invoke(by(name), context, input) as Promise<Planned>
  let runs = 0
  let flips = 0
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      runs += 1
      const gone = (['model_profiles', 'routes', 'connections', 'providers'] as const).map((table) =>
        store.read
          .updateTable(table as 'providers')
          .set({ removed_at: 1 })
          .compile(),
      )
      await store.writer.control({ statements: gone, audit: audited() })
      const rows = rowsOf(world, runs)
      await addControlRows(store, rows)
      const before = (await tablesOf(context)) as unknown as Tables
      const chosen = world.all ? { all: true } : { profile: rows.profiles[world.one]!.name }
      const there = await invokeAs('mode.plan', { to: world.to, ...chosen, allow_unlisted: true })
      assert.equal(there.blocked, reasonsOf(there).length > 0)
      if (there.plan === null || there.blocked) return
      flips += 1
      await invokeAs('mode.flip', { plan: there.plan })
      const during = (await tablesOf(context)) as unknown as Tables
      assert.deepEqual({ ...during, model_profiles: [] }, { ...before, model_profiles: [] })
      for (const [place, row] of during.model_profiles!.entries()) {
        const old = before.model_profiles![place]!
        assert.deepEqual({ ...row, connection_id: null }, { ...old, connection_id: null })
        if (row.connection_id === old.connection_id) continue
        const [from, to] = [old, row].map(({ connection_id }) => rows.connections.find(({ id }) => id === connection_id)!)
        assert.deepEqual([from!.canonical_equivalent_id, to!.canonical_equivalent_id], [to!.id, from!.id])
        assert.equal(to!.billing, world.to)
        assert.equal(rows.providers.find(({ id }) => id === to!.provider_id)!.network, 'public')
      }
      const moved = there.profiles.map(({ profile }) => rows.profiles.find(({ name }) => name === profile)!.id)
      for (const { members, allow_cross } of rows.routes.filter((route) => route.members.some((each) => moved.includes(each.profile_id)))) {
        const ids = members.map(({ profile_id }) => during.model_profiles!.find(({ id }) => id === profile_id)?.connection_id)
        const billings = new Set(ids.flatMap((id) => rows.connections.find((each) => each.id === id)?.billing ?? []))
        assert.ok(billings.size < 2 || allow_cross.includes('billing'))
      }
      await invokeAs('mode.undo', { flip: there.plan })
      assert.deepEqual(await tablesOf(context), before)
      const again = await invokeAs('mode.plan', { to: world.to, ...chosen, allow_unlisted: true })
      await invokeAs('mode.flip', { plan: again.plan! })
      assert.deepEqual(await tablesOf(context), during)
    }),
    { numRuns: 60 },
  )
  assert.ok(flips > 5, `${flips} of ${runs} worlds could be flipped`)
})
