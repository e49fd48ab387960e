import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { z } from 'zod'
import { failure } from '../../src/control/failure.ts'
import { invoke, operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { routesOf } from '../../src/control/routes.ts'
import { type Role, scopes } from '../../src/control/scopes.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Key } from '../../src/core/nouns.ts'
import { type AdminOptions, adminApp } from '../../src/http/admin.ts'
import { adminListener } from '../../src/http/admin-listener.ts'
import { hostsOf } from '../../src/http/guard.ts'
import { HandClock, openBooks } from '../control/books.ts'
import { open } from '../support/stores.ts'

const base = 'http://127.0.0.1:7879'

/** Keys by the token that stands for them: each role, and one without any. */
function keyOf(token: string | undefined): Key {
  if (token === undefined) throw new PurserError('unauthenticated', 'The key is missing.')
  const alone = token.split('scope ')[1]
  const scopes = token === 'nothing' ? {} : alone === undefined ? { roles: [token as Role] } : { scopes: [alone] }
  return {
    id: token,
    tenant_id: 'default',
    name: token,
    kind: 'admin',
    secret_hash: '',
    scopes,
    expires_at: null,
    revoked_at: null,
    created_at: 0,
    next_hash: null,
    next_until: null,
    last_used_at: null,
  }
}

async function admin(t: TestContext, extra: Partial<AdminOptions> = {}) {
  const clock = new HandClock()
  const books = await openBooks(t, await open(t, ':memory:', { clock }), clock)
  const faults: string[] = []
  const options: AdminOptions = {
    operations,
    release: 'test',
    edge: () => ({ hosts: hostsOf('127.0.0.1', 7879), origins: new Set() }),
    authenticate: (headers) => keyOf(headers.authorization?.replace('Bearer ', '')),
    contextFor: (actor) => ({ ...books.context, actor, face: 'http' }),
    ids: books.context.ids,
    readiness: () => ({ ready: true, reason: null }),
    onFault: (requestId, error) => faults.push(`${requestId} ${error.kind}`),
    ...extra,
  }
  const app = adminApp(options)
  const ask = async (path: string, init: RequestInit & { readonly as?: string } = {}) => {
    const headers = {
      ...(init.as === undefined ? {} : { authorization: `Bearer ${init.as}` }),
      ...(init.body == null ? {} : { 'content-type': 'application/json' }),
      ...init.headers,
    }
    const answer = await app.fetch(new Request(base + path, { ...init, headers }))
    return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) }
  }
  return { ask, books, options, faults }
}

const card = { provider: 'simulated', model: 'm', input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.00' }

test('every route asks for a key, and for the scope of its operation', async (t) => {
  const { ask } = await admin(t)
  for (const { method, path } of routesOf(operations)) {
    const target = path.replaceAll(/\{\w+\}/g, 'x')
    const init = { method, ...(method === 'GET' ? {} : { body: '{}' }) }
    assert.equal((await ask(target, init)).status, 401, `${method} ${path} without a key`)
    assert.equal((await ask(target, { ...init, as: 'nothing' })).status, 403, `${method} ${path} without a scope`)
    assert.ok(![401, 403].includes((await ask(target, { ...init, as: 'admin' })).status), `${method} ${path} as admin`)
  }
})

test('each role reaches the operations of its scopes and no others', async (t) => {
  const { ask } = await admin(t)
  const reached = async (as: Role) => {
    const found: string[] = []
    for (const { method, path, operation } of routesOf(operations)) {
      const answer = await ask(path.replaceAll(/\{\w+\}/g, 'x'), { method, as, ...(method === 'GET' ? {} : { body: '{}' }) })
      if (answer.status !== 403) found.push(operation.name)
    }
    return found
  }
  const of = (...scopes: string[]) =>
    routesOf(operations)
      .filter((route) => scopes.includes(route.operation.scope))
      .map((route) => route.operation.name)
  assert.deepEqual(await reached('viewer'), of('usage:read'))
  assert.deepEqual(await reached('security'), of('usage:read', 'secrets:write', 'audit:read'))
  assert.deepEqual(await reached('operator'), of('usage:read', 'providers:write', 'rates:write', 'budgets:write', 'keys:write'))
  const all = ['usage:read', 'providers:write', 'secrets:write', 'rates:write', 'budgets:write', 'keys:write', 'audit:read', 'system']
  assert.deepEqual(await reached('admin'), of(...all))
})

test('a scope by itself opens the operations that name it and no others, on every face', async (t) => {
  const { ask, books } = await admin(t)
  for (const scope of scopes) {
    for (const { method, path, operation } of routesOf(operations)) {
      const target = path.replaceAll(/\{\w+\}/g, 'x')
      // What is sent is nonsense: the scope is asked for before it is looked at.
      const nonsense = { method, ...(method === 'GET' ? {} : { body: '[' }) }
      const answer = await ask(method === 'GET' ? `${target}?nonsense=1` : target, { ...nonsense, as: `scope ${scope}` })
      assert.equal(answer.status === 403, operation.scope !== scope, `${method} ${path} with ${scope}`)
    }
    for (const face of ['cli', 'library'] as const) {
      const context = { ...books.context, face, actor: { name: 'one', keyId: null, scopes: new Set([scope]) } }
      for (const operation of operations) {
        const error = await invoke(operation, context, { nonsense: 1 }).catch((thrown: unknown) => thrown)
        assert.ok(error instanceof PurserError)
        assert.equal(error.kind, operation.scope === scope ? 'invalid_request' : 'forbidden', `${operation.name} with ${scope} on ${face}`)
      }
    }
  }
})

test('an operation that declares no scope, or one that nobody knows, does not register', () => {
  for (const scope of [undefined, '', 'everything', 'usage:write']) {
    const open = { ...operations[0], scope } as never
    assert.throws(() => routesOf([open]), /declares no scope/)
    assert.throws(() => adminApp({ operations: [open], release: 'test' } as never), /declares no scope/)
  }
})

test('the answer over HTTP is the answer of the operation', async (t) => {
  const { ask, books } = await admin(t)
  const call = await books.enter({})
  for (const [path, name, input] of [
    ['/api/v1/calls?limit=1', 'calls.list', { limit: 1 }],
    [`/api/v1/calls/${call}`, 'calls.get', { call }],
    [`/api/v1/explain/call/${call}`, 'explain.call', { call }],
    [
      '/api/v1/usage/totals?by=day,model&since=2026-03-01T00:00:00Z',
      'usage.totals',
      { by: ['day', 'model'], since: Date.parse('2026-03-01') },
    ],
    ['/api/v1/rates/history?provider=simulated&model=simulated-1', 'rates.history', { provider: 'simulated', model: 'simulated-1' }],
    ['/api/v1/profiles/simulated', 'profiles.get', { profile: 'simulated' }],
  ] as const) {
    const answer = await ask(path, { as: 'admin' })
    assert.equal(answer.status, 200, path)
    const same = await invoke(operations.find((each) => each.name === name)!, books.context, input)
    assert.deepEqual(answer.body, JSON.parse(JSON.stringify(same)), path)
    assert.ok(answer.headers.get('x-request-id') && answer.headers.get('x-request-id') === answer.headers.get('request-id'))
  }
})

test('what may hold a slash stands in the query or the body, and a number in the path is read as one', async (t) => {
  const { ask } = await admin(t)
  const diff = await ask('/api/v1/manifest/diff?row=provider/simulated', { as: 'admin' })
  assert.deepEqual([diff.status, diff.body.row], [200, 'provider/simulated'])
  const decided = { row: 'provider/simulated', field: 'dialect.models.openai/gpt-oss-*', take: 'ours' }
  const resolved = await ask('/api/v1/manifest/resolve', { method: 'POST', as: 'admin', body: JSON.stringify(decided) })
  assert.deepEqual([resolved.status, resolved.body.error.code], [404, 'not_found'])
  const undone = await ask('/api/v1/manifest/undo/7', { method: 'POST', as: 'admin', body: '{}' })
  assert.deepEqual([undone.status, undone.body.error.code], [404, 'not_found'])
  assert.equal((await ask('/api/v1/manifest/undo/seven', { method: 'POST', as: 'admin', body: '{}' })).status, 400)
})

test('a card is created with 201, and the same again is 409 in the one shape of failures', async (t) => {
  const { ask } = await admin(t)
  const body = JSON.stringify({ ...card, effective_from: 5 })
  const created = await ask('/api/v1/rates', { method: 'POST', as: 'operator', body })
  assert.equal(created.status, 201)
  assert.equal((await ask(`/api/v1/rates/${created.body.id}`, { as: 'viewer' })).body.input_token_cost_per_1m, '1.00')
  const again = await ask('/api/v1/rates', { method: 'POST', as: 'operator', body })
  assert.equal(again.status, 409)
  const refused = failure.parse(again.body)
  assert.equal(refused.error.requestId, again.headers.get('x-request-id'))
})

test('a body that is no JSON object, has a key twice, is too large or not declared as JSON is refused, and nothing is written', async (t) => {
  const { ask, books } = await admin(t)
  const before = await books.context.store.read
    .selectFrom('rate_cards')
    .select((each) => each.fn.countAll().as('n'))
    .executeTakeFirstOrThrow()
  const post = (body: string, type = 'application/json') =>
    ask('/api/v1/rates', { method: 'POST', as: 'admin', body, headers: { 'content-type': type } })
  const whole = JSON.stringify(card)
  assert.equal((await post('[]')).status, 400)
  assert.equal((await post('{')).status, 400)
  assert.equal((await post(whole.replace('{', '{"model":"other",'))).status, 400)
  assert.equal((await post(whole, 'text/plain')).status, 400)
  assert.equal((await post(`{"note":"${'x'.repeat(1_100_000)}"}`)).status, 413)
  assert.equal((await post(whole.replace('{', '{"__proto__":{"dry_run":true},'))).status, 400)
  assert.equal((await ask('/api/v1/rates?model=other', { method: 'POST', as: 'admin', body: whole })).status, 400)
  const after = await books.context.store.read
    .selectFrom('rate_cards')
    .select((each) => each.fn.countAll().as('n'))
    .executeTakeFirstOrThrow()
  assert.deepEqual(after, before)
})

test('what is not there is said in JSON, with where the routes are listed', async (t) => {
  const { ask } = await admin(t)
  for (const path of ['/nothing', '/api/v1', '/api/v2/calls', '/api/v1/calls/', '/api/v1/explain']) {
    const answer = await ask(path, { as: 'admin' })
    assert.equal(answer.status, 404, path)
    assert.match(failure.parse(answer.body).error.hint ?? '', /openapi\.json/)
  }
})

test('a method that a path does not answer is refused with those that it does, with a key or without', async (t) => {
  const { ask, options } = await admin(t)
  const cases = [
    ['PUT', '/healthz', 'GET, HEAD'],
    ['POST', '/api/v1/openapi.json', 'GET, HEAD'],
    ['DELETE', '/api/v1/usage/totals', 'GET, HEAD'],
    ['PUT', '/api/v1/providers', 'GET, HEAD'],
    ['PUT', '/api/v1/providers/any', 'GET, HEAD, POST, PATCH, DELETE'],
    ['GET', '/api/v1/providers/disable/any', 'POST'],
    ['OPTIONS', '/api/v1/rates', 'GET, HEAD, POST'],
  ] as const
  for (const [method, path, allow] of cases) {
    for (const as of [undefined, 'admin']) {
      const answer = await ask(path, { method, ...(as === undefined ? {} : { as }) })
      assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow], `${method} ${path}`)
      assert.equal(failure.parse(answer.body).error.code, 'method_not_allowed')
    }
  }
  assert.equal((await adminApp(options).fetch(new Request(`${base}/healthz`, { method: 'HEAD' }))).status, 200)
})

test('health, readiness and the API document need no key', async (t) => {
  const { ask } = await admin(t, { readiness: () => ({ ready: false, reason: 'ledger_behind' }) })
  assert.deepEqual((await ask('/healthz')).body, { alive: true })
  const ready = await ask('/readyz')
  assert.equal(ready.status, 503)
  assert.deepEqual(ready.body, { ready: false, reason: 'ledger_behind' })
  assert.equal((await ask('/api/v1/openapi.json')).body.openapi, '3.1.0')
})

test('a fault of ours is logged with its request id, and its cause is not sent', async (t) => {
  const broken = operation({
    ...({
      name: 'broken',
      summary: 'Fails.',
      scope: 'usage:read',
      effect: 'read',
      positional: [],
      columns: [],
      example: 'purser broken',
    } as const),
    input: z.strictObject({}),
    output: z.null(),
    run: async () => {
      throw new Error('the password is hunter2')
    },
  })
  const { ask, faults } = await admin(t, { operations: [broken] })
  const answer = await ask('/api/v1/broken', { as: 'admin' })
  assert.equal(answer.status, 500)
  assert.ok(!JSON.stringify(answer.body).includes('hunter2'))
  assert.deepEqual(faults, [`${answer.headers.get('x-request-id')} internal`])
})

test('behind a real socket, a request for another host or from a foreign page never reaches a route', async (t) => {
  const { options } = await admin(t)
  const server = createServer((incoming, outgoing) =>
    adminListener({ ...options, edge: () => ({ hosts: hostsOf('127.0.0.1', port), origins: new Set() }) })(incoming, outgoing),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => new Promise((resolve) => server.close(resolve)))
  const { port } = server.address() as AddressInfo
  const status = (path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port, path, headers: { authorization: 'Bearer admin', connection: 'close', ...headers } },
        (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
        },
      )
      sent.on('error', reject).end()
    })
  assert.equal(await status('/api/v1/status', {}), 200)
  assert.equal(await status('/api/v1/status', { host: 'evil.example' }), 403)
  assert.equal(await status('/api/v1/status', { origin: 'https://evil.example' }), 403)
  assert.equal(await status('/api/v1/status', { 'sec-fetch-site': 'cross-site' }), 403)
  assert.equal(await status(`http://127.0.0.1:${port}/api/v1/status`, {}), 400)
  assert.equal(await status('/api/v1/../v1/status', {}), 400)
})
