/** Callers and providers who mean harm, or only behave as if they did: the server goes on, and counts nobody who has left. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/server.ts'
import { prepareHome, startOn } from '../support/home.ts'
import { type Caller, callerOf, type Operator, operatorOf, until } from './client.ts'

const root = mkdtempSync(join(tmpdir(), 'purser-hostile-'))
let server: RunningServer
let key = ''
let caller: Caller
let operator: Operator
let provider: Server
const providerSockets = new Set<Socket>()

/** What the raw provider answers, by the model that was asked for. */
const answers: Readonly<Record<string, string>> = {
  'bad-words': ok(
    '{"id":"a\\u0000b","model":"\\ud800","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"st\\u0000op"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}',
  ),
  'bad-header': ok('{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}', 'x-ratelimit-note: \u2603\r\n'),
  'status-999': 'HTTP/1.1 999 Odd\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
  'no-content': 'HTTP/1.1 204 No Content\r\n\r\n',
  'not-http': 'SSH-2.0-OpenSSH_9.6\r\n',
  'two-lengths': 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
  'cookie-and-place': ok(
    '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}',
    'set-cookie: a=b\r\nlocation: http://elsewhere.example/\r\n',
  ),
  'huge-usage': ok('{"choices":[],"usage":{"prompt_tokens":99999999999999999999,"completion_tokens":-5}}'),
  'cut-early': 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"choices":',
}

function ok(body: string, extra = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${extra}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

before(async () => {
  provider = createServer((socket) => {
    providerSockets.add(socket)
    socket.on('error', () => {})
    let asked = ''
    socket.on('data', (chunk) => {
      asked += chunk.toString()
      const model = /"model":"([\w-]+)"/.exec(asked)?.[1]
      if (model !== undefined) socket.end(answers[model] ?? ok('{}'))
    })
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const home = await prepareHome(root, {
    providers: [
      { name: 'raw', contract: 'openai-chat', baseUrl, network: 'loopback', models: [{ model: 'priced', input: '1', output: '2' }] },
    ],
  })
  key = home.callKey
  server = await startOn(root)
  caller = callerOf(server.inferenceUrl, key)
  operator = operatorOf(server.adminUrl, home.adminToken)
})
after(async () => {
  await server.close(0)
  for (const socket of providerSockets) socket.destroy()
  await new Promise((resolve) => provider.close(resolve))
  rmSync(root, { recursive: true, force: true })
})

/** A request's bytes. */
function request(body: object, lines = ''): string {
  const text = JSON.stringify(body)
  return `${head(lines)}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}

function head(lines = ''): string {
  const { host } = new URL(server.inferenceUrl)
  return `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n${lines}`
}

const ask = (model: string, stream = false, content = 'twelve bytes') => ({ model, stream, messages: [{ role: 'user', content }] })

type Peer = { readonly socket: Socket; said(): string; readonly closed: Promise<string> }

function peer(...first: string[]): Peer {
  const { port, hostname } = new URL(server.inferenceUrl)
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  let said = ''
  socket.on('data', (chunk) => {
    said += chunk.toString()
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  for (const bytes of first) socket.write(bytes)
  return { socket, said: () => said, closed: new Promise((resolve) => socket.once('close', () => resolve(said))) }
}

async function newest(): Promise<readonly { readonly id: string; readonly outcome: string }[]> {
  return (await operator.get<{ items: { id: string; outcome: string }[] }>('/calls?limit=1')).items
}

/** Nothing is open, and a whole key's worth of calls is admitted at once: every counter is back where it was. */
async function allIsCounted(): Promise<void> {
  await until('no attempt is open', async () => ((await operator.openAttempts()) === 0 ? true : undefined))
  const statuses = await Promise.all(Array.from({ length: 100 }, () => caller.ask({ model: 'simulated' }).then(({ status }) => status)))
  assert.deepEqual(new Set(statuses), new Set([200]))
}

describe('a caller', () => {
  test('who leaves in the middle of his body was never there', async () => {
    const before = await operator.get<{ items: unknown[] }>('/calls')
    const peers = Array.from({ length: 120 }, () => peer(`${head()}content-length: 100000\r\n\r\n{"model":"simulated",`))
    await Promise.all(peers.map(({ socket }) => new Promise((resolve) => socket.once('ready', resolve))))
    for (const { socket } of peers) socket.resetAndDestroy()
    await Promise.all(peers.map(({ closed }) => closed))
    assert.deepEqual(await operator.get('/calls'), before)
    await allIsCounted()
  })

  test('who sends his body a byte at a time, in chunks, or with the head in pieces is answered like any other', async () => {
    const whole = request(ask('simulated'), 'connection: close\r\n')
    const dripped = peer()
    for (const byte of whole) dripped.socket.write(byte)
    assert.match(await dripped.closed, /^HTTP\/1\.1 200 /)
    const text = JSON.stringify(ask('simulated'))
    const pieces = [...text].map((letter) => `1\r\n${letter}\r\n`).join('')
    const chunked = peer(`${head('connection: close\r\n')}transfer-encoding: chunked\r\n\r\n${pieces}0\r\n\r\n`)
    assert.match(await chunked.closed, /^HTTP\/1\.1 200 /)
  })

  test('who closes his side while he waits is taken to have left, and is settled at once', async () => {
    const half = peer(request(ask('simulated/simulated-hang')))
    const id = await until('the call is open', async () => (await newest()).find(({ outcome }) => outcome === 'open')?.id)
    half.socket.end()
    await half.closed
    assert.equal((await operator.settlement(id)).outcome, 'abandoned')
  })

  test('who sends two requests at once is answered twice, in order, and both are in the books', async () => {
    const twice = peer(request(ask('simulated')) + request(ask('simulated/simulated-error-429'), 'connection: close\r\n'))
    const said = await twice.closed
    assert.deepEqual(said.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 429'])
    const ids = [...said.matchAll(/^x-request-id: (.+)$/gm)].map(([, id]) => id!.trim())
    assert.deepEqual(await Promise.all(ids.map(async (id) => (await operator.settlement(id)).outcome)), ['succeeded', 'provider_error'])
  })

  test('who sends several at once and leaves is known to have left all of them', async () => {
    const many = peer(request(ask('simulated/simulated-hang')).repeat(5))
    await until('all five are open', async () => ((await operator.openAttempts()) === 5 ? true : undefined))
    many.socket.resetAndDestroy()
    await allIsCounted()
  })

  test('who sends rubbish behind a request whose answer has begun loses the connection, and the answer is not spoiled', async () => {
    const rude = peer(request(ask('simulated/simulated-slow', true, 'word '.repeat(200))))
    await until('the answer has begun', () => (rude.said().includes('data: ') ? true : undefined))
    rude.socket.write('RUBBISH\r\n\r\n')
    const said = await rude.closed
    assert.deepEqual(said.match(/HTTP\/1\.1/g), ['HTTP/1.1'])
    await allIsCounted()
  })

  test('who breaks the rules of HTTP gets a 400 and no call', async () => {
    const { host } = new URL(server.inferenceUrl)
    const before = await operator.get<{ items: unknown[] }>('/calls')
    for (const bytes of [
      'RUBBISH\r\n\r\n',
      `GET / HTTP/9.9\r\nhost: ${host}\r\n\r\n`,
      `${head()}content-length: 10\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head()}content-length: 10\r\ncontent-length: 11\r\n\r\n{}`,
      `${head()}content-length: -1\r\n\r\n`,
      `${head()}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      `${head()}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      `${head('x-a: b\n')}content-length: 2\r\n\r\n{}`,
      `${head('x\0y: b\r\n')}content-length: 2\r\n\r\n{}`,
      `POST /v1/chat/completions HTTP/1.1\r\n\r\n`,
    ]) {
      const { closed, socket } = peer(bytes)
      socket.end()
      assert.match(await closed, /^HTTP\/1\.1 400 /, JSON.stringify(bytes.slice(0, 60)))
    }
    assert.deepEqual(await operator.get('/calls'), before)
  })

  test('who opens more sockets than one peer may have is cut off there, and has room again when he closes them', async () => {
    const ended = { count: 0 }
    const peers = Array.from({ length: 270 }, () => peer())
    for (const { closed } of peers) void closed.then(() => (ended.count += 1))
    await until('the last fourteen are cut off', () => (ended.count >= 14 ? true : undefined))
    assert.ok(ended.count < 270)
    for (const { socket } of peers) socket.resetAndDestroy()
    await Promise.all(peers.map(({ closed }) => closed))
    await allIsCounted()
  })

  test('who asks for a tunnel gets none', async () => {
    const { host } = new URL(server.inferenceUrl)
    const { closed } = peer(`CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    assert.doesNotMatch(await closed, /200/)
  })

  test('who has a hundred calls running is told to wait, and may go on when one has ended', async () => {
    const running = Array.from({ length: 100 }, () => caller.begin({ model: 'simulated/simulated-hang', stream: true }))
    const gone = running.map(({ answer }) => assert.rejects(answer))
    await until('a hundred are open', async () => ((await operator.openAttempts()) === 100 ? true : undefined))
    const { status, headers, text } = await caller.ask({ model: 'simulated' })
    assert.equal(status, 429)
    assert.equal(headers['retry-after'], '1')
    assert.match(text, /100 calls running/)
    running[0]!.leave()
    await until('one has ended', async () => ((await operator.openAttempts()) === 99 ? true : undefined))
    assert.equal((await caller.ask({ model: 'simulated' })).status, 200)
    for (const { leave } of running) leave()
    await Promise.all(gone)
    await allIsCounted()
  })

  test('three hundred at once, of whom half leave in the middle: the books know of every one that was let in', async () => {
    const statuses: (number | 'left' | 'refused')[] = []
    const asked = Array.from({ length: 300 }, async (_, n) => {
      const leaves = n % 2 === 0
      const one = caller.begin({ model: 'simulated/simulated-long', stream: true, text: `call ${n}`, body: { max_tokens: 150 } }, () => {
        if (leaves) one.leave()
      })
      try {
        const { status, isWhole, id } = await one.answer
        statuses.push(isWhole ? status : 'left')
        return status === 200 ? id : undefined
      } catch {
        statuses.push('refused')
        return undefined
      }
    })
    const ids = (await Promise.all(asked)).filter((id) => id !== undefined)
    await until('no attempt is open', async () => ((await operator.openAttempts()) === 0 ? true : undefined))
    const known: readonly (number | 'left' | 'refused')[] = [200, 429, 'left', 'refused']
    assert.ok(
      statuses.every((status) => known.includes(status)),
      String(new Set(statuses)),
    )
    assert.ok(ids.length >= 100, `${ids.length} were let in`)
    for (const { outcome, pricing_status } of await Promise.all(ids.map((id) => operator.settlement(id)))) {
      assert.ok(outcome === 'succeeded' || outcome === 'abandoned', outcome)
      assert.equal(pricing_status, 'priced')
    }
    await allIsCounted()
  })

  test('a model name with a zero character, quotes, half a pair or five hundred letters is only a name', async () => {
    for (const name of ['a\u0000b', "'); DROP TABLE calls; --", '\ud800', 'é'.repeat(300), '../../etc', '%2e%2e%2f']) {
      const { status, id } = await caller.ask({ model: `simulated/${name}` })
      assert.equal(status, 404, name)
      assert.equal((await operator.settlement(id)).outcome, 'provider_error')
    }
    assert.equal((await caller.ask({ model: `simulated/${'x'.repeat(600)}` })).status, 400)
    for (const name of ['__proto__', 'constructor', 'toString', 'simulated/', '/', 'simulated/../x/y/z']) {
      const { status } = await caller.ask({ model: name })
      assert.ok(status === 404 || status === 400, `${name}: ${status}`)
    }
  })
})

describe('a provider', () => {
  const cases: readonly (readonly [model: string, status: number, outcome: string])[] = [
    ['bad-words', 200, 'succeeded'],
    ['bad-header', 200, 'succeeded'],
    ['cookie-and-place', 200, 'succeeded'],
    ['huge-usage', 200, 'succeeded'],
    ['status-999', 503, 'provider_error'],
    ['no-content', 502, 'cut'],
    ['not-http', 502, 'cut'],
    ['two-lengths', 502, 'cut'],
    ['cut-early', 502, 'cut'],
  ]
  for (const [model, status, outcome] of cases) {
    test(`whose answer is ${model} is ${outcome}, and its caller gets a ${status}`, async () => {
      const answer = await caller.ask({ model: `raw/${model}` })
      assert.equal(answer.status, status, answer.text)
      assert.ok(answer.isWhole)
      const settled = await operator.settlement(answer.id)
      assert.equal(settled.outcome, outcome)
      assert.equal(settled.charged, outcome === 'provider_error' ? '0' : null)
      for (const name of ['set-cookie', 'location']) assert.equal(answer.headers[name], undefined)
    })
  }

  test('none of whom has harmed anybody', () => allIsCounted())
})
