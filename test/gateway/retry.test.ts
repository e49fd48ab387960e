/** One call, several attempts: what is tried again, what stands in the books, and what the caller sees of it. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonicalJson } from '../../src/core/json.ts'
import { resolve } from '../../src/routing/resolve.ts'
import {
  type Asked,
  again,
  connectionRow,
  directoryOf,
  FakeCaller,
  profileRow,
  providerRow,
  routeRow,
  type Stage,
  sent,
} from '../support/gateway.ts'
import { chatFrames, chatReply } from './answers.ts'

const overloaded = { error: { message: 'Too busy.', type: 'server_error', code: null, param: null } }

const names = ['first', 'second', 'third', 'fourth'] as const
const providers = names.map((name) => providerRow({ name, contract: 'openai-chat', base_url: `https://${name}.example/v1` }))
const profiles = providers.map(({ id, name }) => profileRow({ name: `at-${name}`, provider_id: id, model: 'coin-1' }))
const directory = directoryOf({
  providers,
  connections: providers.map(({ id, name }) => connectionRow({ name, provider_id: id })),
  profiles,
  routes: [routeRow({ name: 'all', profiles }), routeRow({ name: 'pair', profiles: profiles.slice(0, 2) })],
})

const ask = (model: string, asked: Asked = {}): Stage => sent({ ...asked, directory, body: { model, ...(asked.body as object) } })
const asked = ({ upstream }: Stage): string[] =>
  upstream.requests.map(({ destination }) => new URL(destination.baseUrl).hostname.split('.')[0]!)
const outcomes = ({ ledger }: Stage): unknown[] =>
  ledger.settlements.map(({ attemptId, outcome, errorKind }) => [attemptId, outcome, errorKind])

describe('the same target again', () => {
  test('a provider that is busy once is asked once more, and the caller sees one answer', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    assert.equal(call.caller.status, 0)
    again(call)
    call.upstream.answer(200, chatReply)
    call.ledger.settled()
    assert.deepEqual([call.caller.status, call.caller.text], [200, JSON.stringify(chatReply)])
    assert.deepEqual(asked(call), ['first', 'first'])
    assert.deepEqual(outcomes(call), [
      ['call-1.1', 'provider_error', 'provider_overloaded'],
      ['call-1.2', 'succeeded', null],
    ])
    assert.deepEqual(call.ledger.asked, ['intend 1', 'settle 1', 'intend 2', 'settle 2'])
    assert.equal(call.gateway.active(), 0)
    assert.equal(call.timers.waiting, 0)
  })

  test('the wait that a provider asks for is kept to the millisecond, and begins when the failure is in the books', () => {
    const call = ask('at-first')
    call.upstream.answer(429, overloaded, { 'retry-after': '7' })
    call.timers.pass(7_000)
    assert.deepEqual(call.ledger.asked, ['intend 1', 'settle 1'])
    call.ledger.settled()
    call.timers.pass(6_999)
    assert.deepEqual(call.ledger.asked, ['intend 1', 'settle 1'])
    call.timers.pass(1)
    assert.deepEqual(call.ledger.asked, ['intend 1', 'settle 1', 'intend 2'])
  })

  test('without a wait to keep, the settlement and the next intent are one transaction', () => {
    const call = ask('at-first')
    call.upstream.answer(429, overloaded, { 'retry-after-ms': '0' })
    assert.deepEqual(call.ledger.asked, ['intend 1', 'follow 1 2'])
    assert.equal(call.upstream.requests.length, 1)
    call.ledger.admit()
    assert.equal(call.upstream.requests.length, 2)
  })

  for (const failures of [1, 2, 3]) {
    test(`with ${failures} failures there are ${Math.min(failures, 2) + 1} attempts, each settled once`, () => {
      const call = ask('at-first')
      for (let n = 0; n < Math.min(failures, 2); n += 1) {
        call.upstream.answer(529, overloaded)
        again(call)
      }
      call.upstream.answer(failures > 2 ? 529 : 200, failures > 2 ? overloaded : chatReply)
      call.ledger.settled()
      const ids = call.ledger.settlements.map(({ attemptId }) => attemptId)
      assert.deepEqual(ids, ['call-1.1', 'call-1.2', 'call-1.3'].slice(0, Math.min(failures, 2) + 1))
      assert.deepEqual(
        call.ledger.attempts.map(({ attemptNo }) => attemptNo),
        ids.map((_id, index) => index + 1),
      )
      assert.equal(call.caller.status, failures > 2 ? 529 : 200)
      assert.equal(call.caller.headers['x-should-retry'], failures > 2 ? 'false' : undefined)
    })
  }

  test('a failure that Purser does not try again reaches the caller with the word of the provider on trying', () => {
    const call = ask('at-first')
    call.upstream.answer(500, overloaded, { 'x-should-retry': 'true' })
    call.ledger.settled()
    assert.deepEqual([call.caller.status, call.caller.headers['x-should-retry'], call.upstream.requests.length], [500, 'true', 1])
  })

  test('prices are those of the attempt, not of the call', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    again(call)
    assert.deepEqual(
      call.ledger.attempts.map(({ pricedAt }) => pricedAt),
      [1_000, 61_000],
    )
  })

  for (const reason of ['dns', 'connect', 'tls', 'policy'] as const) {
    test(`no connection (${reason}) is tried again, since no byte had left`, () => {
      const call = ask('at-first')
      call.upstream.fail({ reason, sent: false })
      again(call)
      assert.equal(call.upstream.requests.length, 2)
    })
  }

  for (const reason of ['first_byte_timeout', 'reset', 'malformed', 'total_timeout'] as const) {
    test(`a request that had left is not sent again after ${reason}`, () => {
      const call = ask('pair')
      call.upstream.fail({ reason, sent: true })
      call.ledger.settled()
      call.timers.pass(60_000)
      assert.equal(call.upstream.requests.length, 1)
      assert.equal(call.caller.end_, 'clean')
      assert.equal(call.gateway.active(), 0)
    })
  }

  test('a profile that may be asked twice is, after a read timeout too', () => {
    const [provider] = providers
    const call = sent({
      directory: directoryOf({
        providers: [provider!],
        connections: [connectionRow({ name: 'first', provider_id: provider!.id })],
        profiles: [profileRow({ name: 'safe', provider_id: provider!.id, idempotent: true })],
      }),
      body: { model: 'safe' },
    })
    call.upstream.fail({ reason: 'first_byte_timeout', sent: true })
    again(call)
    assert.equal(call.upstream.requests.length, 2)
  })
})

describe('the next target', () => {
  test('where a route has weights, each call goes the way that its own id draws, and its row says which', () => {
    const members = directory.routes.get('all')!.members.map((member) => ({ ...member, weight: 1 }))
    const drawing = { ...directory, routes: new Map([['all', { ...directory.routes.get('all')!, members }]]) }
    const { gateway, upstream, ledger } = sent({ directory: drawing, body: { model: 'all' } })
    const seen = new Set<string>()
    for (let n = 0; n < 12; n++) {
      const body = { model: 'all', messages: [{ role: 'user', content: 'hello' }] }
      const exchange = new FakeCaller(body, '/v1/chat/completions')
      const requestId = `drawn-${n}`
      gateway.dispatch({
        exchange,
        requestId,
        caller: { tenantId: 'default', keyId: null, grant: null },
        contract: 'openai-chat',
        endpoint: 'generate',
      })
      const { decision } = resolve(drawing, 'all', () => 'present', requestId)
      assert.equal(ledger.call?.decision, canonicalJson(decision))
      ledger.admit()
      assert.equal(`at-${new URL(upstream.request!.destination.baseUrl).hostname.split('.')[0]}`, decision.winner)
      seen.add(decision.winner)
    }
    assert.ok(seen.size > 1, 'and not all go the same way')
  })

  test('targets are asked in the order of the route', () => {
    const call = ask('all')
    for (const status of [401, 404]) {
      call.upstream.answer(status, overloaded)
      call.ledger.admit()
    }
    call.upstream.answer(200, chatReply)
    call.ledger.settled()
    assert.deepEqual(asked(call), ['first', 'second', 'third'])
    assert.deepEqual(call.ledger.asked, ['intend 1', 'follow 1 2', 'follow 2 3', 'settle 3'])
    assert.deepEqual(
      call.ledger.attempts.map(({ target }) => target.profileName),
      ['at-first', 'at-second', 'at-third'],
    )
    assert.equal(call.caller.status, 200)
  })

  test('after two further attempts the failure of the last goes to the caller', () => {
    const call = ask('all')
    for (let n = 0; n < 2; n += 1) {
      call.upstream.answer(500, overloaded)
      call.ledger.admit()
    }
    call.upstream.answer(500, overloaded)
    call.ledger.settled()
    assert.deepEqual(asked(call), ['first', 'second', 'third'])
    assert.deepEqual([call.caller.status, call.caller.headers['x-should-retry']], [500, 'false'])
  })

  test('a busy target is tried once more before the next', () => {
    const call = ask('pair')
    call.upstream.answer(503, overloaded)
    again(call)
    call.upstream.answer(503, overloaded)
    call.ledger.admit()
    assert.deepEqual(asked(call), ['first', 'first', 'second'])
  })

  test('a target whose wait is long gives way to the next at once', () => {
    const call = ask('pair')
    call.upstream.answer(429, overloaded, { 'retry-after': '20' })
    call.ledger.admit()
    assert.deepEqual(asked(call), ['first', 'second'])
  })

  test('what the caller got wrong is told to him at once', () => {
    const call = ask('all')
    call.upstream.answer(400, overloaded)
    call.ledger.settled()
    assert.deepEqual([call.caller.status, call.upstream.requests.length], [400, 1])
  })
})

describe('the first event of a stream', () => {
  const streamed = { body: { stream: true } }

  test('an error there is tried again, and the caller sees nothing of it', () => {
    const call = ask('at-first', streamed)
    call.upstream.stream(': waiting\n\n', chatFrames.error)
    assert.deepEqual([call.caller.status, call.caller.text], [0, ''])
    again(call)
    call.upstream.stream(chatFrames.word, chatFrames.usage, chatFrames.done)
    call.ledger.settled()
    assert.equal(call.caller.text, chatFrames.word + chatFrames.done)
    assert.equal(call.caller.status, 200)
  })

  test('until it is known nothing goes out, and comments before it are not lost', () => {
    const call = ask('at-first', streamed)
    call.upstream.stream(': waiting\n\n')
    assert.equal(call.caller.status, 0)
    call.upstream.say(chatFrames.word)
    assert.equal(call.caller.text, `: waiting\n\n${chatFrames.word}`)
  })

  test('comments without end are kept back up to a bound only', () => {
    const call = ask('at-first', streamed)
    call.upstream.stream(': waiting\n\n')
    for (let n = 0; n < 20; n += 1) call.upstream.say(`: ${'x'.repeat(1_000)}\n\n`)
    assert.equal(call.caller.status, 200)
    assert.match(call.caller.text, /^: waiting\n\n: x/)
  })

  test('after it nothing is tried again', () => {
    const call = ask('pair', streamed)
    call.upstream.stream(chatFrames.word)
    call.upstream.say(chatFrames.error)
    call.ledger.settled()
    call.timers.pass(60_000)
    assert.equal(call.upstream.requests.length, 1)
    assert.equal(call.caller.text, chatFrames.word + chatFrames.error)
  })

  test('a stream that ends before it is a proper error', () => {
    const call = ask('at-first', streamed)
    call.upstream.stream(': waiting\n\n')
    call.upstream.sink.onEnd()
    call.ledger.settled()
    assert.deepEqual([call.caller.status, call.caller.end_], [502, 'clean'])
  })
})

describe('between two attempts', () => {
  test('a caller who leaves during the wait is not tried for again, and no timer is left', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    call.ledger.settled()
    call.caller.leave()
    assert.equal(call.timers.waiting, 0)
    assert.deepEqual(outcomes(call), [['call-1.1', 'provider_error', 'provider_overloaded']])
    assert.equal(call.gateway.active(), 0)
    assert.equal(call.caller.status, 0)
  })

  test('a caller who leaves before the failure is settled is not tried for again', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    call.caller.leave()
    call.ledger.settled()
    assert.deepEqual([call.timers.waiting, call.gateway.active(), call.ledger.attempts.length], [0, 0, 1])
  })

  test('a caller who leaves while the next intent is written owes nothing for it', () => {
    const call = ask('pair')
    call.upstream.answer(500, overloaded)
    call.caller.leave()
    call.ledger.admit()
    assert.equal(call.upstream.requests.length, 1)
    call.ledger.settled()
    assert.deepEqual(outcomes(call), [
      ['call-1.1', 'provider_error', 'provider_overloaded'],
      ['call-1.2', 'not_sent', 'canceled'],
    ])
    assert.equal(call.gateway.active(), 0)
  })

  test('stopping ends the wait with the failure that there was', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    call.ledger.settled()
    call.gateway.stopAll()
    assert.deepEqual([call.caller.status, call.timers.waiting, call.gateway.active()], [503, 0, 0])
  })

  test('a call that is stopped before its intent is committed is not sent', () => {
    const call = ask('pair')
    call.upstream.answer(500, overloaded)
    call.gateway.stopAll()
    call.ledger.admit()
    call.ledger.settled()
    assert.equal(call.upstream.requests.length, 1)
    assert.deepEqual(outcomes(call)[1], ['call-1.2', 'not_sent', 'unavailable'])
    assert.equal(call.caller.status, 503)
  })

  test('where the next intent is refused, the failure is settled alone, and the refusal is told', () => {
    const call = ask('pair')
    call.upstream.answer(500, overloaded)
    const { committed, durable } = call.ledger
    committed(new Error('the log is full'))
    durable(new Error('the log is full'))
    assert.deepEqual(call.ledger.asked, ['intend 1', 'follow 1 2', 'settle 1'])
    call.ledger.settled()
    assert.deepEqual([call.caller.status, call.caller.end_, call.upstream.requests.length], [500, 'clean', 1])
    assert.equal(call.gateway.active(), 0)
  })

  test('where the failure cannot be settled nothing follows, and the connection breaks', () => {
    const call = ask('at-first')
    call.upstream.answer(503, overloaded)
    call.ledger.settled(new Error('disk'))
    call.timers.pass(60_000)
    assert.deepEqual([call.caller.end_, call.upstream.requests.length, call.gateway.active()], ['broken', 1, 0])
  })

  test('the first byte waits for the intent of the attempt that gives it, not for an earlier one', () => {
    const call = ask('pair', { body: { stream: true } })
    const { durable: earlier } = call.ledger
    call.upstream.answer(500, overloaded)
    call.ledger.committed()
    earlier()
    call.upstream.stream(chatFrames.word)
    assert.equal(call.caller.status, 0)
    call.ledger.durable()
    assert.deepEqual([call.caller.status, call.caller.text], [200, chatFrames.word])
  })

  test('back-pressure reaches the attempt that runs', () => {
    const call = ask('pair', { body: { stream: true } })
    call.upstream.answer(500, overloaded)
    call.ledger.admit()
    const before = call.upstream.resumed
    call.upstream.stream(chatFrames.word)
    call.caller.drain()
    assert.equal(call.upstream.resumed, before + 1)
  })
})
