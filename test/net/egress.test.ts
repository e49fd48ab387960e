import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Destination, UpstreamRequest } from '../../src/core/ports.ts'
import { createEgress, type EgressOptions } from '../../src/net/egress.ts'
import { startSimulated } from '../../src/simulated/server.ts'
import { handClock, listen, turns, until } from './hand-clock.ts'
import { type Peer, startPeer, whole } from './peer.ts'

const timeouts = { connect: 10_000, firstByte: 120_000, idle: 120_000, total: 3_600_000 }

function to(port: number, changes: Partial<UpstreamRequest> = {}, place: Partial<Destination> = {}): UpstreamRequest {
  const destination: Destination = { baseUrl: `http://127.0.0.1:${port}`, network: 'loopback', cidrs: [], poolKey: 'a', ...place }
  return {
    destination,
    method: 'POST',
    path: '/x',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
    timeouts,
    ...changes,
  }
}

function egressFor(context: TestContext, options: Partial<EgressOptions> = {}) {
  const clock = handClock()
  const egress = createEgress({ clock, timers: clock, ...options })
  context.after(() => egress.close())
  return { egress, clock }
}

async function peerFor(context: TestContext, answer: Parameters<typeof startPeer>[0]): Promise<Peer> {
  const peer = await startPeer(answer)
  context.after(() => peer.close())
  return peer
}

async function simulatedFor(context: TestContext) {
  const clock = handClock()
  const simulated = await startSimulated({ listen: { port: 0 }, clock, timers: clock, keep: 100 })
  context.after(() => simulated.close())
  return { simulated, clock }
}

function ask(model: string, more: object = {}): Partial<UpstreamRequest> {
  return {
    path: '/chat/completions',
    body: Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'good morning' }], ...more })),
  }
}

const simulatedPlace: Partial<Destination> = { baseUrl: 'http://simulated.purser.invalid/v1' }

test('an answer comes through with its status, headers and bytes', async (context) => {
  const { simulated } = await simulatedFor(context)
  const { egress } = egressFor(context, { simulated: () => simulated.address })
  const call = listen(egress, to(0, ask('simulated-1'), simulatedPlace))
  await call.over()
  assert.equal(call.heard.status, 200)
  assert.equal(call.heard.headers['x-simulated'], 'true')
  assert.equal(JSON.parse(call.heard.body).choices[0].message.content, 'good morning')
  assert.deepEqual([call.heard.endings, call.heard.failure], [1, undefined])
  assert.equal(simulated.requests()[0]?.path, '/v1/chat/completions')
})

test('the provider inside the process answers only under its own name, and only where it runs', async (context) => {
  const { simulated } = await simulatedFor(context)
  const on = egressFor(context, { simulated: () => simulated.address }).egress
  const { egress: off, clock } = egressFor(context)
  const stranger = listen(off, to(0, ask('simulated-1'), simulatedPlace))
  clock.advance(100)
  await stranger.over()
  assert.deepEqual([stranger.heard.failure?.reason, stranger.heard.failure?.sent], ['connect', false])
  const publicRow = listen(on, to(0, ask('simulated-1'), { ...simulatedPlace, network: 'public' }))
  await publicRow.over()
  assert.equal(publicRow.heard.failure?.reason, 'policy')
  assert.equal(simulated.counts().received, 0)
})

test('identity is asked for, and headers that decide framing or identity are ours alone', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('ok')))
  const { egress } = egressFor(context)
  const headers = {
    'x-api-key': 'k',
    'accept-encoding': 'br',
    host: 'evil.example',
    cookie: 'c=1',
    connection: 'close',
    'transfer-encoding': 'chunked',
    'content-length': '99',
    expect: '100-continue',
  }
  await listen(egress, to(peer.port, { headers })).over()
  const sent = peer.received[0]!.toLowerCase()
  assert.match(sent, /accept-encoding: identity\r\n/)
  assert.match(sent, /x-api-key: k\r\n/)
  assert.match(sent, new RegExp(`host: 127\\.0\\.0\\.1:${peer.port}\r\n`))
  for (const wrong of ['evil', 'cookie', 'chunked', 'expect', ': br', ': 99', ': close']) assert.ok(!sent.includes(wrong), wrong)
})

test('a header or a path that could smuggle a second request is refused before anything is sent', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('ok')))
  const { egress } = egressFor(context)
  const bad: Partial<UpstreamRequest>[] = [
    { headers: { 'x-api-key': 'canary\r\nx: y' } },
    { headers: { 'x-api-key': 'canary\u0000' } },
    { headers: { 'x-api-key': 'canary\u{1F600}' } },
    { headers: { 'x y': 'canary' } },
    { path: '/a canary' },
    { path: '/a\r\ncanary' },
    { path: '/../canary' },
    { path: '//evil.example/canary' },
  ]
  for (const changes of bad) {
    const call = listen(egress, to(peer.port, changes))
    await call.over()
    assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['policy', false, 1])
    assert.ok(!JSON.stringify(call.heard.failure).includes('canary'))
  }
  assert.equal(peer.received.length, 0)
})

test('a redirect is an answer like any other: nothing follows it', async (context) => {
  const { simulated } = await simulatedFor(context)
  const { egress } = egressFor(context, { simulated: () => simulated.address })
  for (const status of [301, 302, 303, 307, 308]) {
    const peer = await peerFor(context, (socket) =>
      socket.write(`HTTP/1.1 ${status} Moved\r\nlocation: http://127.0.0.1:1/stolen\r\ncontent-length: 0\r\n\r\n`),
    )
    const call = listen(egress, to(peer.port))
    await call.over()
    assert.deepEqual([call.heard.status, peer.received.length], [status, 1])
  }
  const call = listen(egress, to(0, ask('simulated-redirect'), simulatedPlace))
  await call.over()
  assert.deepEqual([call.heard.status, simulated.counts().received], [307, 1])
})

test('a proxy named in the environment is not used', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('direct')))
  const proxy = await peerFor(context, (socket) => socket.write(whole('proxied')))
  const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
  const before = names.map((name) => process.env[name])
  for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy.port}`
  context.after(() => {
    for (const [position, name] of names.entries()) {
      delete process.env[name]
      if (before[position] !== undefined) process.env[name] = before[position]
    }
  })
  const call = listen(egressFor(context).egress, to(peer.port))
  await call.over()
  assert.deepEqual([call.heard.body, proxy.received.length], ['direct', 0])
})

test('a slow reader stops the provider, and resuming brings everything', async (context) => {
  const size = 20 * 1024 * 1024
  const peer = await peerFor(context, (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n${'x'.repeat(size)}`))
  const { egress } = egressFor(context)
  let holding = true
  const call = listen(egress, to(peer.port), () => !holding)
  await until(() => call.heard.bytes > 0)
  const seen = call.heard.bytes
  await turns(200)
  assert.equal(call.heard.bytes, seen)
  holding = false
  call.handle.resume()
  await call.over()
  assert.deepEqual([call.heard.bytes, call.heard.failure], [size, undefined])
})

test('resuming within the very chunk that paused goes on', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('x'.repeat(300_000))))
  const { egress } = egressFor(context)
  const call = listen(egress, to(peer.port), (_heard, handle) => {
    queueMicrotask(() => handle().resume())
    return false
  })
  await call.over()
  assert.deepEqual([call.heard.bytes, call.heard.failure], [300_000, undefined])
})

test('giving up destroys the socket at once, whenever it happens, and is heard once', async (context) => {
  const { simulated } = await simulatedFor(context)
  const { egress } = egressFor(context, { simulated: () => simulated.address })
  const moments: readonly ((call: ReturnType<typeof listen>) => Promise<unknown> | boolean)[] = [
    () => until(() => simulated.counts().received > simulated.counts().answered + simulated.counts().gone),
    (call) => until(() => call.heard.status !== undefined),
    (call) => until(() => call.heard.bytes > 0),
  ]
  for (const moment of moments) {
    const call = listen(
      egress,
      to(0, ask(moment === moments[0] ? 'simulated-hang' : 'simulated-endless-line', { stream: true }), simulatedPlace),
      () => false,
    )
    await moment(call)
    call.handle.abort()
    assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['aborted', true, 1])
    await simulated.quiet()
    call.handle.abort()
    call.handle.resume()
    assert.equal(call.heard.endings, 1)
  }
  assert.equal(simulated.counts().gone, moments.length)
})

test('giving up inside a chunk, with the end of the answer in the same packet, ends the call once', async (context) => {
  for (const header of ['connection: close', 'connection: keep-alive']) {
    const peer = await peerFor(context, (socket) => socket.write(whole('all of it', header)))
    const { egress } = egressFor(context)
    const call = listen(egress, to(peer.port), (_heard, handle) => {
      handle().abort()
      return true
    })
    await call.over()
    assert.deepEqual([call.heard.failure?.reason, call.heard.endings], ['aborted', 1])
    await until(() => peer.open === 0, 'the socket to go')
  }
})

test('giving up before the connection stands sends nothing, ever', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('ok')))
  let open: (found: readonly { address: string; family: number }[]) => void = () => {}
  const { egress } = egressFor(context, {
    resolve: () =>
      new Promise((resolve) => {
        open = resolve
      }),
  })
  const call = listen(egress, to(0, {}, { baseUrl: `http://some.host:${peer.port}` }))
  await turns(5)
  call.handle.abort()
  assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['aborted', false, 1])
  open([{ address: '127.0.0.1', family: 4 }])
  await until(() => peer.received.length === 1 && peer.open === 0, 'the socket to come and go')
  assert.equal(peer.received[0], '')
})

test('a socket is used again after a whole answer, and never after one that was not read to its end', async (context) => {
  const peer = await peerFor(context, (socket, number) => {
    socket.write(number === 3 ? `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf` : whole(`answer ${number}`))
  })
  const { egress } = egressFor(context)
  const request = to(peer.port)
  for (const expected of ['answer 1', 'answer 2']) {
    const call = listen(egress, request)
    await call.over()
    assert.equal(call.heard.body, expected)
    await turns(5)
  }
  assert.equal(peer.received.length, 1)
  const given = listen(egress, request)
  await until(() => given.heard.bytes > 0)
  given.handle.abort()
  const next = listen(egress, request)
  await next.over()
  assert.deepEqual([next.heard.body, peer.received.length], ['answer 1', 2])
})

test('an answer that nobody asked for is given to nobody', async (context) => {
  const peer = await peerFor(context, (socket, number) => socket.write(number === 1 ? whole('first') + whole('stolen') : whole('clean')))
  const { egress } = egressFor(context)
  const request = to(peer.port)
  for (const expected of ['first', 'first', 'first']) {
    const call = listen(egress, request)
    await call.over()
    assert.equal(call.heard.body, expected)
  }
  assert.equal(peer.received.length, 3)
})

test('connection rows share no socket', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('ok')))
  const { egress } = egressFor(context)
  for (const poolKey of ['a', 'b', 'a', 'b']) {
    await listen(egress, to(peer.port, {}, { poolKey })).over()
    await turns(5)
  }
  assert.equal(peer.received.length, 2)
})

test('a call that is over gives its place back, however it ended', async (context) => {
  const answers = [
    'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok',
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf',
    'nonsense\r\n\r\n',
  ]
  let turn = 0
  const peer = await peerFor(context, (socket) => socket.end(answers[turn++ % answers.length]!))
  const { egress } = egressFor(context, { caps: { connections: 1, waiting: 0 } })
  const reasons: unknown[] = []
  for (let call = 0; call < 6; call += 1) {
    const { heard, over } = listen(egress, to(peer.port))
    await over()
    reasons.push(heard.failure?.reason)
  }
  assert.deepEqual(reasons, [undefined, 'reset', 'malformed', undefined, 'reset', 'malformed'])
})

test('a row whose network was narrowed does not use the sockets of before', async (context) => {
  const peer = await peerFor(context, (socket) => socket.write(whole('ok')))
  const { egress, clock } = egressFor(context)
  await listen(egress, to(peer.port)).over()
  const call = listen(egress, to(peer.port, {}, { network: 'private', cidrs: ['10.0.0.0/8'] }))
  await until(() => clock.armed > 1)
  clock.advance(100)
  await call.over()
  assert.deepEqual([call.heard.failure?.reason, peer.received.length], ['policy', 1])
})

test('closing ends what is open, and nothing is sent any more', async (context) => {
  const { simulated } = await simulatedFor(context)
  const { egress } = egressFor(context, { simulated: () => simulated.address })
  const call = listen(egress, to(0, ask('simulated-hang'), simulatedPlace))
  await until(() => simulated.counts().received === 1)
  await egress.close()
  assert.deepEqual([call.heard.failure?.reason, call.heard.endings], ['aborted', 1])
  const late = listen(egress, to(0, ask('simulated-1'), { ...simulatedPlace, poolKey: 'late' }))
  await late.over()
  assert.deepEqual([late.heard.failure?.sent, simulated.counts().received], [false, 1])
})

test('calls beyond the connections wait in turn, calls beyond the queue are refused, and nobody waits longer than ten seconds', async (context) => {
  const held: (() => void)[] = []
  const peer = await peerFor(context, (socket) => held.push(() => socket.write(whole('ok'))))
  const { egress, clock } = egressFor(context, { caps: { connections: 2, waiting: 2 } })
  const request = to(peer.port, { timeouts: { ...timeouts, firstByte: 60_000 } })
  const calls = Array.from({ length: 5 }, () => listen(egress, request))
  await calls[4]!.over()
  assert.deepEqual([calls[4]!.heard.failure?.reason, calls[4]!.heard.failure?.sent], ['overloaded', false])
  await until(() => held.length === 2)
  held[0]!()
  await calls[0]!.over()
  await until(() => held.length === 3, 'the third call to go out')
  assert.deepEqual(
    calls.map(({ heard }) => heard.over),
    [true, false, false, false, true],
  )
  clock.advance(9_900)
  assert.equal(calls[3]!.heard.over, false)
  clock.advance(200)
  assert.deepEqual([calls[3]!.heard.failure?.reason, calls[3]!.heard.failure?.sent], ['overloaded', false])
  held[1]!()
  held[2]!()
  await calls[1]!.over()
  await calls[2]!.over()
  const waiting = Array.from({ length: 3 }, () => listen(egress, request))
  waiting[2]!.handle.abort()
  assert.deepEqual([waiting[2]!.heard.failure?.reason, waiting[2]!.heard.failure?.sent], ['aborted', false])
})

test('a secret bound to another place than the socket leads to is never sent', async (context) => {
  const peer = await peerFor(context, (socket) => socket.end(whole('ok')))
  const { egress } = egressFor(context)
  const told: unknown[] = []
  const send = (boundTo: string | null) =>
    new Promise<void>((resolve) => {
      const sink = {
        onHead: (status: number) => void told.push(status),
        onData: () => true,
        onEnd: resolve,
        onFailure({ reason, sent, message }: { reason: string; sent: boolean; message: string }) {
          told.push(reason, sent)
          assert.doesNotMatch(message, /sk-bound/)
          resolve()
        },
      }
      egress.send(to(peer.port, { boundTo, headers: { authorization: 'Bearer sk-bound' } }), sink)
    })
  await send('https://api.example.com:443')
  assert.deepEqual([told, peer.received], [['policy', false], []])
  await send(`http://127.0.0.1:${peer.port}`)
  assert.deepEqual(told, ['policy', false, 200])
})
