import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { findAdoptable, planInit, type Standing } from '../../src/cli/init/plan.ts'
import type { Prompts } from '../../src/cli/prompts.ts'
import { homeOf } from '../../src/control/home/home.ts'
import { openHome } from '../../src/opening.ts'
import { type TableName, tables } from '../../src/store/schema.ts'
import { eachDatabase } from '../support/databases.ts'
import { type OwnProvider, startOn } from '../support/home.ts'
import { purser, readyOn } from './screen.ts'

/** A model server on this machine: lists one model, and answers every chat in one word. */
async function modelServer(t: TestContext, refuses = false): Promise<string> {
  const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 }
  const message = { role: 'assistant', content: 'hi' }
  const completion = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'tiny',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage,
  }
  const server = createServer((request, response) => {
    const listing = request.url?.endsWith('/models')
    response.writeHead(refuses && !listing ? 401 : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(listing ? { object: 'list', data: [{ id: 'tiny' }] } : refuses ? { error: { message: 'no such key' } } : completion),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

function providersAt(servers: readonly (readonly [name: string, baseUrl: string])[]): OwnProvider[] {
  const models = [{ model: 'tiny', input: '1.00', output: '2.00' }]
  return servers.map(([name, baseUrl]) => ({ name, contract: 'openai-chat', baseUrl, network: 'loopback', models }))
}

eachDatabase((database) => {
  const homeWith = (t: TestContext, ...servers: readonly (readonly [name: string, baseUrl: string])[]) =>
    readyOn(t, database, providersAt(servers))

  test('init finds a server on this machine, tests it with a call, and leaves a profile, a route and a key; again it changes nothing', async (t) => {
    const environment = await homeWith(t, ['workshop', await modelServer(t)])
    const first = await purser(['init', '--yes', '--no-input', '--json', '--adopt', 'workshop'], environment)
    assert.equal(first.exitCode, 0, first.out)
    const done = JSON.parse(first.out)
    assert.deepEqual(done.changed, ['profile workshop: model tiny', 'route default over workshop', 'key first-app'])
    assert.deepEqual(done.tests, [{ profile: 'workshop', cost: '0.000005 USD', error: null }])
    assert.match(done.key, /^purser_call_/)
    const again = await purser(['init', '--adopt', 'workshop', '--no-input'], environment)
    assert.match(again.out, /Everything stands already: nothing was changed\./)
    assert.doesNotMatch(again.out + again.err, /purser_call_|Testing/)
    const route = await purser(['try', 'default', 'hello'], environment)
    assert.equal(route.exitCode, 0, route.err)
  })

  test('a flag given the second time wins over what the first run left', async (t) => {
    const environment = await homeWith(t, ['workshop', await modelServer(t)])
    await purser(['init', '--adopt', 'workshop', '--no-test'], environment)
    const again = await purser(['init', '--adopt', 'workshop', '--no-test', '--model', 'workshop=other', '--json'], environment)
    assert.deepEqual(JSON.parse(again.out).changed, ['profile workshop: model other'])
  })

  test('a key is adopted by the name of its variable, and its value is nowhere', async (t) => {
    const environment = {
      ...(await homeWith(t)),
      OPENAI_API_KEY: 'sk-canary-0123456789',
      GOOGLE_API_KEY: 'canary-9876543210',
      OTHER: '',
    }
    const shown = await purser(['init', '--adopt', 'openai,google', '--no-test'], environment)
    assert.equal(shown.exitCode, 0, shown.err)
    assert.match(shown.out, /Found:\n {2}google +GOOGLE_API_KEY\n {2}openai +OPENAI_API_KEY\n/)
    assert.match(shown.out, /connection google reads env:GOOGLE_API_KEY/)
    assert.doesNotMatch(shown.out + shown.err, /canary/)
  })

  test('a key that is asked to be sealed is in the database, encrypted, and no longer read from the environment', async (t) => {
    const environment = { ...(await homeWith(t)), OPENAI_API_KEY: 'sk-canary-0123456789' }
    const shown = await purser(['init', '--yes', '--seal', '--adopt', 'openai', '--no-test'], environment)
    assert.match(shown.out, /connection openai sealed/, shown.err)
    assert.match(JSON.parse((await purser(['connections', 'get', 'openai', '--json'], environment)).out).auth.credential, /^sealed:/)
    assert.doesNotMatch(shown.out + shown.err, /canary/)
    const { store } = await openHome({ home: homeOf(environment.PURSER_HOME, {}, '/nowhere'), database: environment.PURSER_DATABASE_URL })
    t.after(() => store.close())
    assert.equal((await store.read.selectFrom('sealed_secrets').select('id').execute()).length, 1)
    for (const table of Object.keys(tables) as TableName[]) {
      const rows = await store.read.selectFrom(table).selectAll().execute()
      const text = rows.map((row) => Object.values(row).map(String).join()).join()
      assert.ok(!text.includes('canary'), table)
    }
  })

  test('a test that fails is shown in three lines and stops none of the others', async (t) => {
    const environment = await homeWith(t, ['refusing', await modelServer(t, true)], ['working', await modelServer(t)])
    const shown = await purser(['init', '--adopt', 'refusing,working'], environment)
    assert.equal(shown.exitCode, 0)
    assert.match(
      shown.out,
      /\n {2}refusing: The provider answered 401: no such key\.?\n {4}.*\n {4}See what was tried: {2}purser calls get /,
    )
    assert.match(shown.out, /\n {2}working +works, for 0\.000005 USD\n/)
  })

  test('it works through a server that runs', async (t) => {
    const environment = await homeWith(t, ['workshop', await modelServer(t)])
    const server = await startOn(environment.PURSER_HOME, { database: environment.PURSER_DATABASE_URL })
    t.after(() => server.close())
    const shown = await purser(['init', '--adopt', 'workshop', '--json'], environment)
    assert.deepEqual(JSON.parse(shown.out).tests[0]?.cost, '0.000005 USD', shown.out)
  })

  test('off a terminal it asks nobody and names the flag; at one it asks, and adopts what was chosen', async (t) => {
    const environment = await homeWith(t, ['one', await modelServer(t)], ['two', await modelServer(t)])
    const refused = await purser(['init'], environment)
    assert.equal(refused.exitCode, 2)
    assert.match(refused.err, /there is nobody to ask which to adopt\.\nAdopt all with --yes/)
    const prompts: Prompts = {
      typed: () => assert.fail(),
      secret: () => assert.fail(),
      choose: async (_message, choices) => choices.map(({ value }) => value).filter((name) => name === 'two'),
    }
    const shown = await purser(['init', '--no-test', '--json'], environment, prompts)
    assert.ok(JSON.parse(shown.out).changed.includes('route default over two'))
    assert.ok(!JSON.parse(shown.out).changed.join().includes('profile one'))
    const slip = await purser(['init', '--adopt', 'tow'], environment)
    assert.equal(slip.exitCode, 3)
    assert.match(slip.err, /Did you mean "two"\?/)
  })
})

const names = ['openai', 'google', 'workshop', 'default']

test('a plan that was carried out leaves nothing to plan, and no plan makes a name twice', () => {
  const standing = fc.record({
    connections: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...names),
        provider: fc.constantFrom(...names),
        auth: fc.constantFrom(
          { type: 'api_key', credential: 'env:A' },
          { type: 'api_key', credential: 'env:GEMINI_API_KEY' },
          { type: 'none' },
        ),
        disabled: fc.boolean(),
      }),
      { selector: (row) => row.name },
    ),
    profiles: fc.uniqueArray(
      fc.record({ name: fc.constantFrom(...names), provider: fc.constantFrom(...names), model: fc.constantFrom('m', 'n') }),
      {
        selector: (row) => row.name,
      },
    ),
    routes: fc.uniqueArray(fc.record({ name: fc.constantFrom('default', 'openai') }), { selector: (row) => row.name }),
    keys: fc.constantFrom([], [{ name: 'first-app' }]),
  })
  const present = fc.subarray(['A', 'GEMINI_API_KEY', 'GOOGLE_API_KEY'])
  fc.assert(
    fc.property(standing, present, fc.option(fc.constantFrom('m', 'n'), { nil: undefined }), (rows, variables, model) => {
      const profiles = rows.profiles.filter((profile) => !rows.routes.some((route) => route.name === profile.name))
      const before: Standing = { providers: [], ...rows, profiles }
      const models = new Map(model === undefined ? [] : names.map((name) => [name, model]))
      const found = (state: Standing) => findAdoptable(state, (name) => variables.includes(name), new Map())
      const once = found(before)
      const plan = planInit(before, once, models)
      const after = carriedOut(before, plan.steps)
      assert.deepEqual(planInit(after, found(after), models).steps, [])
      const callable = [...after.profiles, ...after.routes].map(({ name }) => name)
      assert.equal(new Set(callable).size, callable.length)
    }),
    { numRuns: 300 },
  )
})

function carriedOut(before: Standing, steps: ReturnType<typeof planInit>['steps']): Standing {
  const connections = new Map(before.connections.map((row) => [row.name, row]))
  const profiles = new Map(before.profiles.map((row) => [row.name, row]))
  const [routes, keys] = [[...before.routes], [...before.keys]]
  for (const { operation, input } of steps) {
    const { name = '', connection = '', profile = '', model = '', provider = '', credential = '' } = input as Record<string, string>
    const paying = connections.get(connection)
    if (operation === 'connections.update') connections.set(connection, { ...paying!, auth: { ...paying!.auth, credential } })
    if (operation === 'connections.enable') connections.set(connection, { ...paying!, disabled: false })
    if (operation === 'profiles.update') profiles.set(profile, { ...profiles.get(profile)!, model })
    if (operation === 'routes.create') routes.push({ name })
    if (operation === 'keys.create') keys.push({ name })
    if (operation !== 'profiles.create') continue
    assert.ok(!profiles.has(name), 'a profile is made once')
    profiles.set(name, { name, provider, model })
  }
  return { providers: [], connections: [...connections.values()], profiles: [...profiles.values()], routes, keys }
}
