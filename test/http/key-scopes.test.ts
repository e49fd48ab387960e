/** Keys with limits at a real server: made over the admin API, felt at once by whoever calls. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { RunningServer } from '../../src/server.ts'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'

type Told = { readonly id: string; readonly key: string; readonly error?: { readonly code: string } }

eachDatabase(({ fresh }) => {
  const root = mkdtempSync(join(tmpdir(), 'purser-key-scopes-'))
  let server: RunningServer
  let admin = ''

  before(async () => {
    const database = await fresh()
    admin = (await prepareHome(root, { providers: [], database })).adminToken
    server = await startOn(root, { database })
  })
  after(async () => {
    await server.close(0)
    rmSync(root, { recursive: true, force: true })
  })

  async function operate(method: string, path: string, body?: object): Promise<Told> {
    const answer = await fetch(`${server.adminUrl}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as Told
  }

  async function call(key: string, path = '/v1/chat/completions', model = 'simulated') {
    const answer = await fetch(server.inferenceUrl + path, {
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      ...(path.endsWith('models')
        ? {}
        : { method: 'POST', body: JSON.stringify({ model, max_tokens: 5, messages: [{ role: 'user', content: 'hello' }] }) }),
    })
    return { status: answer.status, body: (await answer.json()) as { error?: { code?: string; type?: string }; data?: { id: string }[] } }
  }

  test('a key may send the names of its scope, list those, and nothing else', async () => {
    const { key } = await operate('POST', 'keys/narrow', { scopes: { profiles: ['simulated'] } })
    assert.equal((await call(key)).status, 200)
    assert.deepEqual(
      (await call(key, '/v1/models')).body.data?.map(({ id }) => id),
      ['simulated'],
    )
    for (const model of ['simulated-claude', 'simulated/simulated-1', 'nobody']) {
      const refused = await call(key, '/v1/chat/completions', model)
      assert.deepEqual([refused.status, refused.body.error?.code], [403, 'model_not_allowed'], model)
    }
    const words = await call(key, '/v1/messages', 'simulated-claude')
    assert.deepEqual([words.status, words.body.error?.type], [403, 'permission_error'])
    await operate('PATCH', 'keys/narrow', { scopes: { profiles: ['simulated-claude'] } })
    assert.deepEqual([(await call(key)).status, (await call(key, '/v1/messages', 'simulated-claude')).status], [403, 200])
  })

  test('a key may do what its endpoints say', async () => {
    const lister = await operate('POST', 'keys/lister', { scopes: { endpoints: ['listModels'] } })
    assert.deepEqual([(await call(lister.key)).status, (await call(lister.key, '/v1/models')).status], [403, 200])
    const caller = await operate('POST', 'keys/caller', { scopes: { endpoints: ['generate'] } })
    assert.deepEqual([(await call(caller.key)).status, (await call(caller.key, '/v1/models')).status], [200, 403])
  })

  test('a key is good from the addresses of its ranges, whatever a header says', async () => {
    const { key } = await operate('POST', 'keys/elsewhere', { scopes: { cidrs: ['192.0.2.0/24'] } })
    const answer = await fetch(`${server.inferenceUrl}/v1/models`, { headers: { 'x-api-key': key, 'x-forwarded-for': '192.0.2.1' } })
    assert.deepEqual([answer.status, ((await answer.json()) as Told).error?.code], [403, 'address_not_allowed'])
    await operate('PATCH', 'keys/elsewhere', { scopes: { cidrs: ['127.0.0.0/8'] } })
    assert.equal((await call(key)).status, 200)
  })

  test('a rotated key lets both secrets in, and a revoked one none, from the next request on', async () => {
    const first = await operate('POST', 'keys/turning', {})
    const second = await operate('POST', 'keys/rotate/turning', {})
    for (const { key } of [first, second]) assert.equal((await call(key)).status, 200)
    const third = await operate('POST', 'keys/rotate/turning', { overlap_seconds: 0 })
    assert.deepEqual(await Promise.all([first, second, third].map(async ({ key }) => (await call(key)).status)), [401, 401, 200])
    await operate('POST', 'keys/revoke/turning', {})
    assert.equal((await call(third.key)).status, 401)
  })

  test('an operator makes no key that is stronger than his own, over HTTP either', async () => {
    const { key: mine } = await operate('POST', 'keys/operator', { kind: 'admin', scopes: { roles: ['operator'] } })
    const ask = (method: string, path: string, body: object) =>
      fetch(`${server.adminUrl}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${mine}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }).then(async (answer) => [answer.status, ((await answer.json()) as Told).error?.code])
    const beyond = [403, 'beyond_own_scopes']
    assert.deepEqual(await ask('POST', 'keys/mighty', { kind: 'admin', scopes: { roles: ['admin'] } }), beyond)
    assert.deepEqual(await ask('PATCH', 'keys/operator', { scopes: { roles: ['admin'] } }), beyond)
    assert.deepEqual(await ask('POST', 'keys/rotate/admin-token', {}), beyond)
    assert.deepEqual(await ask('POST', 'keys/revoke/admin-token', {}), beyond)
  })
})
