/** Admin keys at a real server: they come in headers, and `key` in an address is the field of that name and nothing else. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'

eachDatabase(({ fresh }) => {
  test('a list is filtered by the id of a key, and an admin key in an address opens nothing', async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'purser-admin-key-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const database = await fresh()
    const { callKey, adminToken } = await prepareHome(root, { providers: [], database })
    const server = await startOn(root, { database })
    t.after(() => server.close(0))
    const ask = async (path: string, headers: Record<string, string>) => {
      const answer = await fetch(`${server.adminUrl}/api/v1${path}`, { headers })
      return { status: answer.status, body: (await answer.json()) as { items?: { attempts: number }[] } }
    }
    const called = await fetch(`${server.inferenceUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-api-key': callKey, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    await called.text()
    const id = callKey.split('_')[2]!
    for (const path of ['/usage/totals', '/calls']) {
      const mine = await ask(`${path}?key=${id}`, { authorization: `Bearer ${adminToken}` })
      assert.equal(mine.status, 200, path)
      assert.deepEqual(
        mine.body.items?.map(({ attempts }) => attempts),
        [1],
      )
      const others = await ask(`${path}?key=another`, { 'x-api-key': adminToken })
      assert.deepEqual(others.body.items, [])
    }
    assert.equal((await ask(`/providers?key=${adminToken}`, {})).status, 401)
  })
})

test('refused keys are told to wait on both ports in the one shape of each, and good ones are let in all the while', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'purser-refused-keys-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const { callKey, adminToken } = await prepareHome(root, { providers: [] })
  const server = await startOn(root)
  t.after(() => server.close(0))
  const ask = async (url: string, headers: Record<string, string>) => {
    const answer = await fetch(url, { headers })
    return { status: answer.status, wait: Number(answer.headers.get('retry-after')), body: (await answer.json()) as Refused }
  }
  const [status, models] = [`${server.adminUrl}/api/v1/status`, `${server.inferenceUrl}/v1/models`]
  for (let time = 0; time < 10; time += 1) {
    assert.equal((await ask(status, { 'x-api-key': 'wrong' })).status, 401)
    assert.equal((await ask(models, {})).status, 401)
  }
  for (const [url, code] of [
    [status, 'too_many_refused_keys'],
    [models, 'rate_limit_exceeded'],
  ] as const) {
    const refused = await ask(url, { authorization: 'Bearer wrong' })
    assert.deepEqual([refused.status, refused.body.error.code], [429, code])
    assert.ok(refused.wait >= 1 && refused.wait <= 30)
  }
  assert.equal((await ask(status, { 'x-api-key': adminToken })).status, 200)
  assert.equal((await ask(models, { 'x-api-key': callKey })).status, 200)
})

type Refused = { readonly error: { readonly code: string } }
