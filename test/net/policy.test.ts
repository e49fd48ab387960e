import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Destination, UpstreamRequest } from '../../src/core/ports.ts'
import { refusalFloorMs } from '../../src/net/connector.ts'
import { createEgress, type EgressOptions } from '../../src/net/egress.ts'
import { handClock, listen, turns, until } from './hand-clock.ts'
import { certificate, startPeer, whole } from './peer.ts'

const timeouts = { connect: 10_000, firstByte: 120_000, idle: 120_000, total: 3_600_000 }

function asking(place: Partial<Destination> & { baseUrl: string }): UpstreamRequest {
  return {
    destination: { network: 'public', cidrs: [], poolKey: 'a', ...place },
    method: 'GET',
    path: '/x',
    headers: { 'x-api-key': 'canary' },
    body: null,
    timeouts,
  }
}

function egressFor(context: TestContext, options: Partial<EgressOptions> = {}) {
  const clock = handClock()
  const egress = createEgress({ clock, timers: clock, ...options })
  context.after(() => egress.close())
  return { egress, clock }
}

/** A resolver that knows these names alone, and how often it was asked. */
function names(known: Readonly<Record<string, readonly (readonly string[])[]>>) {
  const asked = new Map<string, number>()
  return {
    asked,
    resolve: async (host: string) => {
      const turn = asked.get(host) ?? 0
      asked.set(host, turn + 1)
      const answers = known[host]
      if (answers === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
      return answers[Math.min(turn, answers.length - 1)]!.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    },
  }
}

/** Sends, lets the floor pass, and gives what was heard. */
async function outcome(egress: ReturnType<typeof createEgress>, clock: ReturnType<typeof handClock>, request: UpstreamRequest) {
  const call = listen(egress, request)
  await until(() => call.heard.over || clock.armed > 1, 'a refusal')
  clock.advance(refusalFloorMs)
  await call.over()
  return call.heard
}

test('no row reaches an address outside its network, however the address is written', async (context) => {
  const peer = await startPeer((socket) => socket.write(whole('reached')))
  context.after(() => peer.close())
  const { egress, clock } = egressFor(context, names({}))
  const { port } = peer
  const hosts = [
    '127.0.0.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::1]',
    '0.0.0.0',
    '[::]',
    '169.254.169.254',
    '10.0.0.1',
    '192.168.0.1',
    '100.100.100.200',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '224.0.0.1',
    '255.255.255.255',
    'metadata.google.internal',
    'METADATA',
  ]
  for (const host of hosts) {
    for (const place of [
      { network: 'public', baseUrl: `https://${host}:${port}` },
      { network: 'private', cidrs: ['203.0.113.0/24'], baseUrl: `http://${host}:${port}` },
    ] as const) {
      const heard = await outcome(egress, clock, asking(place))
      assert.deepEqual(
        [heard.failure?.reason, heard.failure?.sent, heard.endings],
        ['policy', false, 1],
        `${place.network} ${place.baseUrl}`,
      )
    }
  }
  assert.equal(peer.received.length, 0)
})

test('one forbidden address among good ones refuses the name', async (context) => {
  const peer = await startPeer((socket) => socket.write(whole('reached')))
  context.after(() => peer.close())
  const known = names({
    'mixed.test': [['127.0.0.1', '10.0.0.1']],
    'six.test': [['127.0.0.1', 'fe80::1']],
    'good.test': [['127.0.0.1']],
    'empty.test': [[]],
  })
  const { egress, clock } = egressFor(context, known)
  for (const host of ['mixed.test', 'six.test', 'empty.test']) {
    const heard = await outcome(egress, clock, asking({ network: 'loopback', baseUrl: `http://${host}:${peer.port}` }))
    assert.equal(heard.failure?.sent, false)
  }
  assert.equal(peer.received.length, 0)
  const good = listen(egress, asking({ network: 'loopback', baseUrl: `http://good.test:${peer.port}` }))
  await good.over()
  assert.equal(good.heard.body, 'reached')
})

test('each new socket is judged anew, and connects to the very addresses that were judged', async (context) => {
  const peer = await startPeer((socket) => {
    socket.end(whole('reached', 'connection: close'))
  })
  context.after(() => peer.close())
  const known = names({ 'flips.test': [['127.0.0.1'], ['169.254.169.254']] })
  const { egress, clock } = egressFor(context, known)
  const request = asking({ network: 'loopback', baseUrl: `http://flips.test:${peer.port}` })
  const first = listen(egress, request)
  await first.over()
  assert.equal(first.heard.body, 'reached')
  await until(() => peer.open === 0)
  await turns(3)
  const second = await outcome(egress, clock, request)
  assert.equal(second.failure?.reason, 'policy')
  assert.deepEqual([known.asked.get('flips.test'), peer.received.length], [2, 1])
})

test('this Purser never calls itself', async (context) => {
  const peer = await startPeer((socket) => socket.write(whole('reached')))
  context.after(() => peer.close())
  const { port } = peer
  for (const host of ['127.0.0.1', '0.0.0.0', '::', 'localhost']) {
    const { egress, clock } = egressFor(context, { ownListeners: () => [{ host, port }], ...names({ 'here.test': [['127.0.0.1']] }) })
    for (const baseUrl of [`http://127.0.0.1:${port}`, `http://[::ffff:127.0.0.1]:${port}`, `http://here.test:${port}`]) {
      const heard = await outcome(egress, clock, asking({ network: 'loopback', baseUrl }))
      assert.equal(heard.failure?.reason, 'policy', `${host} ${baseUrl}`)
    }
  }
  assert.equal(peer.received.length, 0)
})

test('a blocked address, an unknown name and a closed port read alike, and take as long', async (context) => {
  const gone = await startPeer(() => {})
  await gone.close()
  const { egress, clock } = egressFor(context, names({}))
  const texts = new Set<string>()
  for (const [host, reason] of [
    ['10.0.0.1', 'policy'],
    ['unknown.test', 'dns'],
    ['127.0.0.1', 'connect'],
  ] as const) {
    const began = clock.monotonic()
    const call = listen(egress, asking({ network: 'loopback', baseUrl: `http://${host}:${gone.port}` }))
    await until(() => clock.armed > 1)
    await turns(5)
    clock.advance(refusalFloorMs - 1)
    await turns(5)
    assert.equal(call.heard.over, false, reason)
    clock.advance(1)
    await call.over()
    assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent], [reason, false])
    assert.equal(clock.monotonic() - began, refusalFloorMs)
    texts.add(call.heard.failure!.message.replace(host, 'HOST'))
  }
  assert.equal(texts.size, 1)
})

test('a name that is never resolved and a port that never answers end with the connect timeout', async (context) => {
  const { egress, clock } = egressFor(context, { resolve: () => new Promise(() => {}) })
  const call = listen(egress, {
    ...asking({ network: 'loopback', baseUrl: 'http://slow.test:9999' }),
    timeouts: { ...timeouts, connect: 1_000 },
  })
  clock.advance(999)
  assert.equal(call.heard.over, false)
  clock.advance(101)
  assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['connect', false, 1])
})

test('over TLS a provider must prove its name, also where the environment says otherwise', async (context) => {
  const peer = await startPeer((socket) => socket.write(whole('over TLS')), true)
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  context.after(async () => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    await peer.close()
  })
  const known = names({ localhost: [['127.0.0.1']], 'other.test': [['127.0.0.1']] })
  const stranger = egressFor(context, known)
  const trusting = egressFor(context, { ...known, trusted: [certificate] })
  for (const [from, host] of [
    [stranger, 'localhost'],
    [trusting, 'other.test'],
    [trusting, '127.0.0.1'],
  ] as const) {
    const call = listen(from.egress, asking({ network: 'loopback', baseUrl: `https://${host}:${peer.port}` }))
    await call.over()
    assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent, call.heard.endings], ['tls', false, 1], host)
  }
  assert.equal(peer.received.join(''), '')
  for (const poolKey of ['a', 'b']) {
    const call = listen(trusting.egress, asking({ network: 'loopback', baseUrl: `https://localhost:${peer.port}`, poolKey }))
    await call.over()
    assert.equal(call.heard.body, 'over TLS')
  }
})

test('a peer that speaks no TLS at all is a TLS failure, and never sees the request', async (context) => {
  const peer = await startPeer((socket) => socket.write(whole('plain')))
  context.after(() => peer.close())
  const { egress } = egressFor(context)
  const call = listen(egress, asking({ network: 'loopback', baseUrl: `https://127.0.0.1:${peer.port}` }))
  await until(() => (peer.received[0] ?? '') !== '')
  const refuse = connect(peer.port, '127.0.0.1')
  refuse.destroy()
  await peer.close()
  await call.over()
  assert.deepEqual([call.heard.failure?.reason, call.heard.failure?.sent], ['tls', false])
  assert.ok(!peer.received.join('').includes('canary'))
})

test('no failure carries a header of the request', async (context) => {
  const { egress, clock } = egressFor(context, names({}))
  for (const baseUrl of ['https://unknown.test', 'https://10.0.0.1', 'nonsense', 'http://plain.test']) {
    const heard = await outcome(egress, clock, asking({ baseUrl }))
    assert.ok(!JSON.stringify([heard.failure, String(heard.failure?.cause)]).includes('canary'))
  }
})
