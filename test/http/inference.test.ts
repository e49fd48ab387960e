/** The inference port as strangers meet it: over real sockets, with all that can be wrong with a request. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/server.ts'
import { prepareHome, startOn } from '../support/home.ts'

const root = mkdtempSync(join(tmpdir(), 'purser-http-'))
let server: RunningServer
let key = ''
let admin = ''

before(async () => {
  const home = await prepareHome(root, { providers: [] })
  key = home.callKey
  admin = home.adminToken
  server = await startOn(root)
})
after(async () => {
  await server.close(1_000)
  rmSync(root, { recursive: true, force: true })
})

const chat = { model: 'simulated', messages: [{ role: 'user', content: 'hello' }] }
const message = { model: 'simulated-claude', max_tokens: 20, messages: [{ role: 'user', content: 'hello' }] }

type Sent = { readonly path?: string; readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string> }

async function ask({ path = '/v1/chat/completions', method = 'POST', body = chat, headers = {} }: Sent = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(server.inferenceUrl + path, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    ...(method === 'POST' ? { body: text } : {}),
  })
  const answer = await response.text()
  return { status: response.status, headers: response.headers, text: answer, error: errorOf(answer) }
}

function errorOf(text: string): { message: string; type?: string; code?: string } {
  try {
    return (JSON.parse(text) as { error: { message: string } }).error ?? { message: '' }
  } catch {
    return { message: '' }
  }
}

/** Bytes as they are, for what no client library would send. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.inferenceUrl)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end(text))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString()
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', () => resolve(answer))
  })
}

describe('a sound call', () => {
  test('is answered under both mounts and by every way to send a key', async () => {
    for (const path of ['/v1/chat/completions', '/chat/completions', '/openai/v1/chat/completions', '/api/v1/chat/completions'])
      assert.equal((await ask({ path })).status, 200, path)
    for (const path of ['/v1/messages', '/messages', '/anthropic/v1/messages', '/v1/messages?beta=true']) {
      assert.equal((await ask({ path, body: message, headers: { 'anthropic-version': '2023-06-01' } })).status, 200, path)
    }
    const byHeader = await fetch(`${server.inferenceUrl}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(message),
    })
    assert.equal(byHeader.status, 200)
    await byHeader.text()
  })

  test('carries both request ids, and so does every refusal', async () => {
    for (const sent of [{}, { body: '{' }, { path: '/nothing' }, { headers: { authorization: 'Bearer x' } }]) {
      const { headers } = await ask(sent)
      assert.match(headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
      assert.equal(headers.get('request-id'), headers.get('x-request-id'))
    }
  })

  test('GET and HEAD of / say where everything is', async () => {
    const get = await ask({ method: 'GET', path: '/' })
    assert.equal(get.status, 200)
    assert.equal(JSON.parse(get.text).admin, server.adminUrl)
    assert.equal((await fetch(server.inferenceUrl, { method: 'HEAD' })).status, 200)
  })

  test('models are listed in the shape of who asks', async () => {
    const openai = JSON.parse((await ask({ method: 'GET', path: '/v1/models' })).text)
    assert.equal(openai.object, 'list')
    assert.ok(openai.data.some((model: { id: string }) => model.id === 'simulated'))
    const anthropic = JSON.parse((await ask({ method: 'GET', path: '/v1/models', headers: { 'anthropic-version': '2023-06-01' } })).text)
    assert.equal(anthropic.has_more, false)
    assert.ok(anthropic.data.some((model: { id: string }) => model.id === 'anthropic/simulated' || model.id === 'simulated-claude'))
  })
})

describe('what is wrong with a body', () => {
  const cases: readonly (readonly [name: string, body: string, status: number, says: RegExp])[] = [
    ['broken JSON', '{"model":"simulated"', 400, /JSON/],
    ['text behind the JSON', `${JSON.stringify(chat)}x`, 400, /JSON/],
    ['no JSON at all', 'hello', 400, /JSON/],
    ['an empty body', '', 400, /body|JSON/],
    ['an array', '[]', 400, /object/],
    ['a doubled key', '{"model":"a","model":"b","messages":[]}', 400, /"model"/],
    ['a doubled key in another spelling', '{"model":"a","mod\\u0065l":"b","messages":[]}', 400, /"model"/],
    ['no model', '{"messages":[]}', 400, /model/],
    ['a model that is no text', '{"model":1,"messages":[]}', 400, /model/],
    ['a field that aims the call elsewhere', '{"model":"simulated","messages":[],"api_base":"https://elsewhere.example"}', 400, /api_base/],
    ['a field that brings a credential', '{"model":"simulated","messages":[],"api_key":"sk-1"}', 400, /api_key/],
    ['depth beyond the limit', `{"model":"simulated","x":${'['.repeat(70)}${']'.repeat(70)}}`, 400, /deep|depth/i],
    ['an unknown model', '{"model":"nobody","messages":[]}', 404, /nobody.*simulated/],
  ]
  for (const [name, body, status, says] of cases) {
    test(`${name} is refused in both shapes, and no row is left`, async () => {
      const openai = await ask({ body })
      assert.equal(openai.status, status)
      assert.match(openai.error.message, says)
      const anthropic = await ask({ path: '/v1/messages', body, headers: { 'anthropic-version': '2023-06-01' } })
      assert.equal(anthropic.status, status)
      assert.equal(JSON.parse(anthropic.text).type, 'error')
      assert.match(anthropic.error.message, says)
      assert.ok(!openai.text.includes('sk-1'))
    })
  }

  test('34 MB is refused by its announced length, and unannounced by its size', async () => {
    const announced = await raw(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: ${new URL(server.inferenceUrl).host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: 35651584\r\n\r\n{`,
    )
    assert.match(announced, /^HTTP\/1\.1 413/)
    const body = `{"model":"simulated","messages":[],"x":"${'y'.repeat(34 * 1024 * 1024)}"}`
    const chunked = await fetch(`${server.inferenceUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: new Blob([body]).stream(),
      duplex: 'half',
    } as RequestInit).then(
      async (response) => `${response.status} ${await response.text()}`,
      (error: Error) => `closed ${error.message}`,
    )
    assert.match(chunked, /^413|^closed/)
  })

  test('another content type is refused', async () => {
    const { status, error } = await ask({ headers: { 'content-type': 'text/plain' } })
    assert.equal(status, 400)
    assert.match(error.message, /application\/json/)
  })
})

describe('who may call', () => {
  test('no key, a malformed key, a key that is not known, an admin key: each is refused and told apart', async () => {
    const bare = await fetch(`${server.inferenceUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    assert.equal(bare.status, 401)
    assert.match(errorOf(await bare.text()).message, /missing/)
    const malformed = await ask({ headers: { authorization: 'Bearer sk-not-ours' } })
    assert.deepEqual([malformed.status, malformed.error.code], [401, 'invalid_api_key'])
    assert.match(malformed.error.message, /shape or its checksum/)
    const adminKey = await ask({ headers: { authorization: `Bearer ${admin}` } })
    assert.equal(adminKey.status, 403)
  })

  test('two different keys in one request are refused, two equal ones are not', async () => {
    assert.equal((await ask({ headers: { 'x-api-key': 'another' } })).status, 401)
    assert.equal((await ask({ headers: { 'x-api-key': key } })).status, 200)
  })
})

describe('the edge', () => {
  const request = (lines: string): string =>
    `POST /v1/chat/completions HTTP/1.1\r\n${lines}authorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}`
  const host = (): string => `Host: ${new URL(server.inferenceUrl).host}\r\n`

  test('two Host headers are refused', async () => {
    assert.match(await raw(request(host() + host())), /^HTTP\/1\.1 400/)
  })

  test('a foreign Host is refused', async () => {
    assert.match(await raw(request('Host: evil.example\r\n')), /^HTTP\/1\.1 403/)
  })

  test('a foreign Origin is refused on every method', async () => {
    assert.equal((await ask({ headers: { origin: 'https://evil.example' } })).status, 403)
    assert.equal((await ask({ method: 'GET', path: '/v1/models', headers: { origin: 'https://evil.example' } })).status, 403)
  })

  test('an absolute target, an encoded slash and a dot segment are refused', async () => {
    for (const target of ['http://evil.example/v1/models', '/v1%2fmodels', '/v1/../v1/models', '/v1\\models']) {
      assert.match(
        await raw(`GET ${target} HTTP/1.1\r\n${host()}authorization: Bearer ${key}\r\nconnection: close\r\n\r\n`),
        /^HTTP\/1\.1 400/,
        target,
      )
    }
  })

  test('headers beyond 16 KiB are a 431', async () => {
    assert.match(await raw(`GET / HTTP/1.1\r\n${host()}x-long: ${'y'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431/)
  })

  test('an upgrade is a 426', async () => {
    assert.match(await raw(`GET /v1/responses HTTP/1.1\r\n${host()}connection: upgrade\r\nupgrade: websocket\r\n\r\n`), /^HTTP\/1\.1 426/)
  })
})
