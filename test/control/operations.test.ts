import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { callsGet, callsList } from '../../src/control/books/calls.ts'
import { usageTotals } from '../../src/control/books/usage.ts'
import { type Home, homeOf, makeHome } from '../../src/control/home/home.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { localActor } from '../../src/control/scopes.ts'
import { PurserError } from '../../src/core/errors.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks, start } from './books.ts'

const day = 86_400_000

/** For what needs a file beside the database. */
function emptyHome(t: TestContext): Home {
  const root = mkdtempSync(join(tmpdir(), 'purser-operations-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const home = homeOf(root, {}, root)
  makeHome(home)
  return home
}

eachStore((fresh) => {
  test('every answer is as its operation declares it, and JSON can carry it', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    const call = await books.enter({})
    await books.enter({ outcome: 'open' })
    const [card] = ((await invoke(by('rates.list'), books.context, { limit: 1 })) as { items: { id: string }[] }).items
    await invoke(by('keys.create'), books.context, { name: 'first' })
    const [entry] = ((await invoke(by('audit.list'), books.context, { limit: 1 })) as { items: { id: string }[] }).items
    const { secret: sealed } = (await invoke(by('secrets.create'), books.context, { origin: 'https://a.example', key: 'sk-x' })) as {
      secret: string
    }
    const inputs: Record<string, object> = {
      'providers.get': { provider: 'simulated' },
      'providers.create': { name: 'workshop', contract: 'openai-chat', base_url: 'https://models.example.com/v1' },
      'providers.update': { provider: 'workshop', bills_errors: true },
      'providers.enable': { provider: 'workshop' },
      'providers.disable': { provider: 'workshop' },
      'providers.remove': { provider: 'workshop' },
      'keys.get': { key: 'first' },
      'keys.create': { name: 'build-server', scopes: { profiles: ['simulated'], cidrs: ['127.0.0.0/8'] } },
      'keys.update': { key: 'build-server', scopes: { endpoints: ['generate'] } },
      'keys.rotate': { key: 'build-server' },
      'keys.revoke': { key: 'build-server' },
      'connections.get': { connection: 'simulated-openai' },
      'connections.create': { name: 'second', provider: 'simulated', auth: { type: 'none' } },
      'connections.update': { connection: 'second', on_abandon: 'drain' },
      'connections.enable': { connection: 'second' },
      'connections.disable': { connection: 'second' },
      'connections.remove': { connection: 'second' },
      'secrets.get': { secret: 'env:OPENAI_API_KEY' },
      'secrets.create': { connection: 'groq', key: 'sk-for-the-test' },
      'secrets.rotate': { secret: sealed, key: 'sk-another' },
      'secrets.bind': { secret: 'env:WORKSHOP', origin: 'https://models.example.com' },
      'secrets.remove': { secret: sealed },
      'profiles.get': { profile: 'simulated' },
      'profiles.create': { name: 'swift', provider: 'simulated', model: 'simulated-1' },
      'profiles.update': { profile: 'swift', temperature: 0.5, max_tokens: 100 },
      'profiles.enable': { profile: 'swift' },
      'profiles.disable': { profile: 'swift' },
      'profiles.remove': { profile: 'swift' },
      'routes.get': { route: 'lane' },
      'routes.create': { name: 'way', members: ['simulated', 'simulated-claude:2'] },
      'routes.update': { route: 'way', members: [{ profile: 'simulated', weight: 3 }] },
      'routes.enable': { route: 'way' },
      'routes.disable': { route: 'way' },
      'routes.remove': { route: 'way' },
      'rates.get': { card: card!.id },
      'rates.history': { provider: 'simulated', model: 'simulated-1' },
      'rates.at': { provider: 'simulated', model: 'simulated-1' },
      'rates.create': { provider: 'simulated', model: 'other', input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.00' },
      diff: { document: 'purser = 1' },
      apply: { document: 'purser = 1' },
      'manifest.diff': { row: 'provider/simulated' },
      'backfill.plan': { config: '{"provider":"openai","model":"gpt-5.2"}' },
      'mode.plan': { to: 'platform', profile: 'simulated' },
      'settings.get': { setting: 'manifest.apply' },
      'settings.update': { setting: 'default_profile', value: 'simulated' },
      'audit.get': { entry: entry!.id },
      'rates.void': { card: card!.id, reason: 'a slip' },
      'calls.get': { call },
      'explain.call': { call },
      'explain.route': { name: 'simulated' },
    }
    await invoke(by('routes.create'), books.context, { name: 'lane', members: ['simulated'] })
    for (const operation of operations) {
      if (['backfill.get', 'backfill.apply', 'backfill.undo'].includes(operation.name)) continue
      // They need a plan, something that waits, or somebody who makes calls, and have their own test.
      if (['mode.flip', 'mode.undo', 'manifest.resolve', 'manifest.undo', 'connections.test'].includes(operation.name)) continue
      const context = operation.name === 'secrets.rekey' ? { ...books.context, home: emptyHome(t) } : books.context
      const answer = await invoke(operation, context, inputs[operation.name] ?? {})
      const carried = JSON.parse(JSON.stringify(answer))
      assert.deepEqual(operation.output.parse(carried), carried, operation.name)
    }
  })

  test('pages hold every call once, newest first, whatever their size', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    const entered: string[] = []
    for (let n = 0; n < 7; n++) {
      clock.ms += 1000
      entered.unshift(await books.enter({}))
    }
    for (const limit of [1, 2, 3, 7, 100]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = callsList.output.parse(await invoke(callsList, books.context, { limit, ...(cursor === undefined ? {} : { cursor }) }))
        assert.ok(page.items.length <= limit)
        seen.push(...page.items.map((item) => item.id))
        assert.ok(seen.length <= entered.length, 'pages come to an end')
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      assert.deepEqual(seen, entered, `limit ${limit}`)
    }
  })

  test('pages of rate cards and of providers join to the whole list', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    for (const [name, limit] of [
      ['rates.list', 4],
      ['providers.list', 5],
      ['connections.list', 7],
      ['profiles.list', 1],
    ] as const) {
      const whole: string[] = []
      let cursor: string | null = null
      do {
        const page = (await invoke(by(name), books.context, { limit, ...(cursor === null ? {} : { cursor }) })) as {
          items: { id: string }[]
          next: string | null
        }
        whole.push(...page.items.map((item) => item.id))
        cursor = page.next
      } while (cursor !== null)
      const table = (
        {
          'rates.list': 'rate_cards',
          'providers.list': 'providers',
          'connections.list': 'connections',
          'profiles.list': 'model_profiles',
        } as const
      )[name]
      const rows = await books.context.store.read.selectFrom(table).select('id').execute()
      assert.deepEqual(whole.toSorted(), rows.map((row) => row.id).toSorted(), name)
    }
  })

  test('calls are found by provider, model, outcome, session and time', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    const plain = await books.enter({ session: 's1' })
    const failed = await books.enter({ outcome: 'not_sent', at: start + day })
    const other = await books.enter({ provider: 'simulated-anthropic', at: start + 2 * day })
    const found = async (filter: object) =>
      callsList.output.parse(await invoke(callsList, books.context, filter)).items.map((item) => item.id)
    assert.deepEqual(await found({ session: 's1' }), [plain])
    assert.deepEqual(await found({ outcome: 'not_sent' }), [failed])
    assert.deepEqual(await found({ provider: 'simulated-anthropic' }), [other])
    assert.deepEqual(await found({ provider: 'simulated', outcome: 'succeeded' }), [plain])
    assert.deepEqual(await found({ since: start + day, until: start + 2 * day }), [failed])
    assert.deepEqual(await found({ model: 'nothing' }), [])
  })

  test('a call shows its lines with price and amount as decimal text', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    const call = await books.enter({ meters: { input_tokens: 1234n, output_tokens: 567n } })
    const shown = callsGet.output.parse(await invoke(callsGet, books.context, { call }))
    const [attempt] = shown.attempts
    assert.equal(attempt?.settlement?.charged, '0.002368')
    assert.equal(attempt?.settlement?.currency, 'USD')
    assert.deepEqual(
      attempt?.charges.map(({ meter, qty, price, per_units, factor, amount }) => ({ meter, qty, price, per_units, factor, amount })),
      [
        { meter: 'input_tokens', qty: '1234', price: '1.00', per_units: 1_000_000, factor: '1/1', amount: '0.001234' },
        { meter: 'output_tokens', qty: '567', price: '2.00', per_units: 1_000_000, factor: '1/1', amount: '0.001134' },
      ],
    )
    assert.equal(
      ((await invoke(callsGet, books.context, { call: `${call}.1` })) as { id: string }).id,
      call,
      'the id of an attempt leads to its call',
    )
  })

  test('totals add money by currency, and count what has no price beside it', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    await books.enter({})
    await books.enter({ meters: { input_tokens: 1_000_000n } })
    await books.enter({ model: 'nobody-prices-this', meters: { input_tokens: 7n, output_tokens: 9n } })
    await books.enter({ outcome: 'open' })
    await books.enter({ at: start + day })
    const totals = usageTotals.output.parse(await invoke(usageTotals, books.context, { by: ['day', 'model'] }))
    assert.deepEqual(totals.items, [
      {
        group: { day: '2026-03-01', model: 'nobody-prices-this' },
        ...{ attempts: 1, priced: 0, partially_priced: 0, unpriced: 1, included: 0, open: 0 },
        money: [],
        tokens: { input_tokens: '7', output_tokens: '9' },
        unpriced_tokens: { input_tokens: '7', output_tokens: '9' },
      },
      {
        group: { day: '2026-03-01', model: 'simulated-1' },
        ...{ attempts: 3, priced: 2, partially_priced: 0, unpriced: 0, included: 0, open: 1 },
        money: [{ currency: 'USD', charged: '1.00002', shadow: '0' }],
        tokens: { input_tokens: '1000010', output_tokens: '5' },
        unpriced_tokens: {},
      },
      {
        group: { day: '2026-03-02', model: 'simulated-1' },
        ...{ attempts: 1, priced: 1, partially_priced: 0, unpriced: 0, included: 0, open: 0 },
        money: [{ currency: 'USD', charged: '0.00002', shadow: '0' }],
        tokens: { input_tokens: '10', output_tokens: '5' },
        unpriced_tokens: {},
      },
    ])
  })

  test('a sum of money beyond 64 bits is whole', async (t) => {
    const clock = new HandClock()
    const books = await openBooks(t, await fresh(t, { clock }), clock)
    const huge = 4_000_000_000_000n
    for (let n = 0; n < 3; n++) await books.enter({ meters: { input_tokens: huge } })
    const totals = usageTotals.output.parse(await invoke(usageTotals, books.context, { by: [] }))
    assert.deepEqual(totals.items[0]?.money, [{ currency: 'USD', charged: '12000000', shadow: '0' }])
    assert.deepEqual(totals.items[0]?.tokens, { input_tokens: String(3n * huge) })
  })
})

test('an actor without the scope is refused before anything is read', async () => {
  const actor = { ...localActor, name: 'viewer', scopes: new Set(['usage:read'] as const) }
  const nothing = new Proxy({ actor }, { get: (target, name) => (name === 'actor' ? target.actor : assert.fail(`read ${String(name)}`)) })
  for (const operation of operations.filter((each) => each.scope !== 'usage:read')) {
    await assert.rejects(invoke(operation, nothing as never, {}), (error) => error instanceof PurserError && error.kind === 'forbidden')
  }
})

test('what is wrong with an input is said by its field', async () => {
  const says = (name: string, input: object) =>
    invoke(by(name), { actor: localActor } as never, input).then(
      () => assert.fail('accepted'),
      (error: PurserError) => error.message,
    )
  assert.equal(await says('calls.list', { limit: 0 }), '"limit" must be at least 1.')
  assert.equal(await says('calls.list', { limti: 5 }), 'There is no field "limti"; did you mean "limit"?')
  assert.equal(await says('calls.get', {}), '"call" is missing. It takes a string.')
  assert.equal(
    await says('usage.totals', { by: ['colour'] }),
    '"by.0" must be one of day, provider, connection, profile, model, key, billing, outcome, source, status.',
  )
  const price = { provider: 'a', model: 'b', output_token_cost_per_1m: '1.00' }
  assert.match(
    await says('rates.create', { ...price, input_token_cost_per_1m: '1e3' }),
    /^"input_token_cost_per_1m": A price is text such as "2\.50"/,
  )
  assert.match(await says('rates.create', { ...price, input_token_cost_per_1m: 1.5 }), /^"input_token_cost_per_1m" must be a string\./)
})

function by(name: string): Operation {
  return operations.find((each) => each.name === name)!
}
