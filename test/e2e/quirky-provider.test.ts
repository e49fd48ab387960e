/** A new OpenAI-compatible provider with quirks of its own is a row and nothing else: not a line of code knows of it. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'

/** It calls the cap `max_output`, hides its usage in `meta.tokens` with cached ones named `hits`, thinks in `thoughts`, and wants a header. */
const dialect = {
  headers: { 'x-quirk-version': '7' },
  rename: { max_tokens: 'max_output' },
  outputCap: 'max_tokens',
  drop: ['top_p'],
  usage: { at: ['meta.tokens'], cacheRead: ['hits'] },
  reasoning: { read: ['thoughts'] },
}

const reply = {
  id: 'quirk-1',
  object: 'chat.completion',
  created: 1,
  model: 'odd-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'one coin', thoughts: 'Count.' }, finish_reason: 'stop' }],
  meta: { tokens: { prompt_tokens: 100, hits: 60, completion_tokens: 10 } },
}

eachDatabase(({ fresh }) => {
  test('a provider with its own cap, headers, reasoning and usage is served by an operator row alone', async () => {
    const seen: { headers: NodeJS.Dict<string | string[]>; body: Record<string, unknown> }[] = []
    const upstream = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        seen.push({ headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown> })
        response.setHeader('content-type', 'application/json').end(JSON.stringify(reply))
      })
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const root = mkdtempSync(join(tmpdir(), 'purser-quirky-'))
    const database = await fresh()
    const { callKey, adminToken } = await prepareHome(root, {
      database,
      providers: [
        {
          name: 'quirky',
          contract: 'openai-chat',
          baseUrl: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/api`,
          network: 'loopback',
          dialect,
          models: [{ model: 'odd-1', input: '1.00', output: '2.00' }],
        },
      ],
    })
    const server = await startOn(root, { database })
    try {
      const asked = { model: 'quirky/odd-1', max_tokens: 50, top_p: 0.5, messages: [{ role: 'user', content: 'Count the coins.' }] }
      const response = await fetch(`${server.inferenceUrl}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': callKey, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify(asked),
      })
      const answer = (await response.json()) as {
        content: { type: string; thinking?: string; text?: string }[]
        usage: Record<string, number>
      }
      assert.equal(response.status, 200)
      assert.deepEqual(
        answer.content.map(({ type, thinking, text }) => [type, thinking ?? text]),
        [
          ['thinking', 'Count.'],
          ['text', 'one coin'],
        ],
      )
      assert.deepEqual([answer.usage.input_tokens, answer.usage.cache_read_input_tokens, answer.usage.output_tokens], [40, 60, 10])
      assert.equal(seen[0]?.headers['x-quirk-version'], '7')
      assert.equal(seen[0]?.body.max_output, 50)
      assert.equal(seen[0]?.body.top_p, undefined)
      assert.match(response.headers.get('x-purser-warnings') ?? '', /top_p/)

      const call = await fetch(`${server.adminUrl}/api/v1/calls/${response.headers.get('x-request-id')}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      })
      const { attempts } = (await call.json()) as { attempts: { settlement: { charged: string; pricing_status: string } }[] }
      // 40 fresh and 60 cached at the input price, for no cache price is published, and 10 out.
      assert.deepEqual([attempts[0]?.settlement.charged, attempts[0]?.settlement.pricing_status], ['0.00012', 'priced'])
    } finally {
      await server.close(1_000)
      await new Promise((resolve) => upstream.close(resolve))
      rmSync(root, { recursive: true, force: true })
    }
  })
})
