import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Timeouts, UpstreamRequest } from '../../src/core/ports.ts'
import { createEgress } from '../../src/net/egress.ts'
import { handClock, listen, until } from './hand-clock.ts'
import { startPeer, whole } from './peer.ts'

const long: Timeouts = { connect: 10_000, firstByte: 120_000, idle: 120_000, total: 3_600_000 }

async function calling(
  context: TestContext,
  answer: Parameters<typeof startPeer>[0],
  timeouts: Partial<Timeouts> = {},
  reads?: Parameters<typeof listen>[2],
) {
  const peer = await startPeer(answer)
  const clock = handClock()
  const egress = createEgress({ clock, timers: clock })
  context.after(async () => {
    await egress.close()
    await peer.close()
  })
  const request: UpstreamRequest = {
    destination: { baseUrl: `http://127.0.0.1:${peer.port}`, network: 'loopback', cidrs: [], poolKey: 'a' },
    method: 'POST',
    path: '/x',
    headers: {},
    body: Buffer.from('{}'),
    timeouts: { ...long, ...timeouts },
  }
  return { ...listen(egress, request, reads), clock, peer, again: () => listen(egress, request) }
}

/** Answers that are refused, and why. */
const malformed: Readonly<Record<string, string>> = {
  'no HTTP': 'hello there\r\n\r\n',
  'a compressed body': whole('x', 'content-encoding: gzip'),
  'headers beyond 32 KiB': whole('x', `x-long: ${'x'.repeat(33_000)}`),
  'more than 100 header lines': whole('x', ...Array.from({ length: 101 }, (_, number) => `x-${number}: 1`)),
  'six informational answers': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(6) + whole('x'),
  'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'a chunk size that is none': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n',
}

for (const [what, bytes] of Object.entries(malformed)) {
  test(`${what} is malformed`, async (context) => {
    const call = await calling(context, (socket) => socket.write(bytes))
    await call.over()
    assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['malformed', true, 1])
    await until(() => call.peer.open === 0, 'the socket to go')
  })
}

/** The framing contradicts itself: which of the two it is called does not matter, as long as nobody takes it for an answer. */
const contradictory: Readonly<Record<string, string>> = {
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx',
  'a length and chunks': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
}

for (const [what, bytes] of Object.entries(contradictory)) {
  test(`an answer with ${what} is refused, and its socket is not used again`, async (context) => {
    const call = await calling(context, (socket) => socket.write(bytes))
    await call.over()
    assert.deepEqual([call.heard.failure?.sent, call.heard.endings], [true, 1])
    await until(() => call.peer.open === 0, 'the socket to go')
  })
}

/** Answers at the edge, which pass. */
const allowed: Readonly<Record<string, string>> = {
  'five informational answers': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(5) + whole('x'),
  '100 header lines': whole('x', ...Array.from({ length: 99 }, (_, number) => `x-${number}: 1`)),
  'headers just under 32 KiB': whole('x', `x-long: ${'x'.repeat(32_700)}`),
  'the identity encoding': whole('x', 'content-encoding: identity'),
}

for (const [what, bytes] of Object.entries(allowed)) {
  test(`${what} pass`, async (context) => {
    const call = await calling(context, (socket) => socket.write(bytes))
    await call.over()
    assert.deepEqual([call.heard.status, call.heard.body, call.heard.failure], [200, 'x', undefined])
  })
}

test('a body may be 64 MiB and not a byte more', async (context) => {
  const most = 64 * 1024 * 1024
  const block = Buffer.alloc(most, 120)
  const call = await calling(context, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n`)
    socket.write(block)
    socket.end('x')
  })
  await call.over()
  assert.deepEqual([call.heard.failure?.reason, call.heard.bytes <= most], ['malformed', true])
})

const cuts: Readonly<Record<string, string>> = {
  'before the head': '',
  'inside the head': 'HTTP/1.1 200 OK\r\ncontent-',
  'inside a body of known length': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf',
  'inside a body of known length that closes': 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 10\r\n\r\nhalf',
  'inside a chunked body': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'inside a chunked body that closes': 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n',
}

for (const [where, bytes] of Object.entries(cuts)) {
  test(`an answer that breaks off ${where} is reset, and was sent`, async (context) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const call = await calling(context, (socket) => socket.write(bytes, () => socket[leave]()))
      await call.over()
      assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['reset', true, 1], leave)
    }
  })
}

test('a provider that never begins is given up after the first-byte timeout, counted from sending', async (context) => {
  const call = await calling(context, () => {}, { firstByte: 1_000 })
  await until(() => call.peer.received[0] !== undefined && call.peer.received[0] !== '')
  call.clock.advance(999)
  assert.equal(call.heard.over, false)
  call.clock.advance(101)
  assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent], ['first_byte_timeout', true])
  await until(() => call.peer.open === 0, 'the socket to go')
})

test('a provider that stops in the middle is given up after the idle timeout, and each byte begins it anew', async (context) => {
  let more = () => {}
  const call = await calling(
    context,
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\na')
      more = () => socket.write('b')
    },
    { idle: 1_000 },
  )
  await until(() => call.heard.bytes === 1)
  call.clock.advance(900)
  more()
  await until(() => call.heard.bytes === 2)
  call.clock.advance(900)
  assert.equal(call.heard.over, false)
  call.clock.advance(300)
  assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent], ['idle_timeout', true])
})

test('while the reader holds the provider back, the provider is not idle', async (context) => {
  const call = await calling(
    context,
    (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\na'),
    { idle: 1_000 },
    () => false,
  )
  await until(() => call.heard.bytes === 1)
  call.clock.advance(60_000)
  assert.equal(call.heard.over, false)
  call.handle.resume()
  call.clock.advance(900)
  assert.equal(call.heard.over, false)
  call.clock.advance(300)
  assert.equal(call.heard.failure?.reason, 'idle_timeout')
})

test('no call lasts longer than its total timeout, however lively the provider is', async (context) => {
  let more = () => {}
  const call = await calling(
    context,
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\na')
      more = () => socket.write('b')
    },
    { idle: 1_000, total: 3_000 },
  )
  await until(() => call.heard.bytes === 1)
  for (let bytes = 2; !call.heard.over && bytes < 20; bytes += 1) {
    more()
    await until(() => call.heard.bytes === bytes || call.heard.over)
    call.clock.advance(500)
  }
  assert.equal(call.heard.failure?.reason, 'total_timeout')
  assert.ok(call.clock.monotonic() >= 3_000 && call.clock.monotonic() <= 3_500)
})
