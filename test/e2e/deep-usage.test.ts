/** A provider cannot keep an attempt open by what it reports. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'

eachDatabase(({ fresh }) => {
  test('a usage report that nothing can write out still settles, and its caller is answered', async (t) => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`
    const body = `{"id":"x","model":"m","choices":[{"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"d":${deep}}}`
    const upstream = createServer((request, response) => {
      request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(body))
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    t.after(() => void upstream.close())
    const root = mkdtempSync(join(tmpdir(), 'purser-deep-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
    const models = [{ model: 'm', input: '1.00', output: '1.00' }]
    const database = await fresh()
    const { callKey, adminToken } = await prepareHome(root, {
      database,
      providers: [{ name: 'deep', contract: 'openai-chat', baseUrl, network: 'loopback', models }],
    })
    const server = await startOn(root, { database })
    t.after(() => server.close(0))
    const answer = await fetch(`${server.inferenceUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-api-key': callKey, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'deep/m', messages: [{ role: 'user', content: 'x' }] }),
      signal: AbortSignal.timeout(20_000),
    })
    await answer.text()
    const call = await fetch(`${server.adminUrl}/api/v1/calls/${answer.headers.get('x-request-id')}`, {
      headers: { 'x-api-key': adminToken },
    })
    const { attempts } = (await call.json()) as { attempts: { settlement: object | null }[] }
    assert.ok(attempts[0]?.settlement)
  })
})
