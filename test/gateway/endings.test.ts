/** Every way an attempt can end: what stands in the books, and what the caller sees. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { again, plainDirectory, sent, stage, theSecret } from '../support/gateway.ts'
import { chatFrames, chatReply, messageFrames } from './answers.ts'

const millionths = (count: number): bigint => BigInt(count) * 1_000_000n

describe('success', () => {
  test('a plain answer is priced by what the provider reported', () => {
    const { ledger, upstream, caller } = sent({ headers: { 'x-purser-include': 'cost' } })
    upstream.answer(200, chatReply)
    ledger.settled()
    const { settlement } = ledger
    assert.equal(settlement.outcome, 'succeeded')
    assert.equal(settlement.charged.chargedPico, millionths(20))
    assert.deepEqual([settlement.upstreamId, settlement.stopReason, settlement.reportedModel], ['chat-1', 'stop', 'coin-1'])
    assert.equal(caller.headers['x-purser-cost'], '0.00002')
    assert.equal(caller.headers['x-purser-pricing-status'], 'priced')
    assert.equal(caller.headers['x-request-id'], 'call-1')
    assert.equal(caller.headers['request-id'], 'call-1')
  })

  test('a stream whose caller asked for no usage is priced, and the frame that Purser asked for is taken out', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    assert.match(Buffer.from(upstream.request!.body!).toString(), /"include_usage":true/)
    upstream.stream(chatFrames.word, chatFrames.stop, chatFrames.usage, chatFrames.done)
    ledger.settled()
    assert.equal(caller.text, chatFrames.word + chatFrames.stop + chatFrames.done)
    assert.equal(ledger.settlement.charged.chargedPico, millionths(20))
  })

  test('a success without any report of usage is an estimate, and says so', () => {
    const { ledger, upstream } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word, chatFrames.stop, chatFrames.done)
    const { settlement } = ledger
    assert.equal(settlement.usageSource, 'gateway_estimate')
    // "user" and "twelve bytes" are 16 bytes, "one coin" is 8: 6 and 3 tokens at 3 bytes each, rounded up.
    assert.deepEqual(settlement.usage?.segments[0]?.meters, { input_tokens: 6n, output_tokens: 3n })
    assert.equal(settlement.charged.pricingStatus, 'priced')
  })

  test('comments and unknown fields of a stream pass as they came', () => {
    const { upstream, caller } = sent({ body: { stream: true } })
    const odd = ': keep-alive\n\nid: 7\nretry: 10\ndata: {"choices":[{"index":0,"delta":{"content":"x"},"new_field":1}]}\n\n'
    upstream.stream(odd)
    assert.equal(caller.text, odd)
  })
})

describe('a caller who leaves', () => {
  test('half way is charged for what was said', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word)
    caller.leave()
    assert.equal(upstream.aborted, true)
    assert.equal(ledger.settlement.outcome, 'abandoned')
    assert.equal(ledger.settlement.usageSource, 'gateway_estimate')
    assert.equal(ledger.settlement.charged.chargedPico, millionths(6 + 2 * 3))
    ledger.settled()
    assert.equal(caller.text, chatFrames.word)
  })

  test('half way is charged by the provider where it had said what it read', () => {
    const { ledger, upstream, caller } = sent({ contract: 'anthropic-messages', body: { stream: true } })
    upstream.stream(messageFrames.start, messageFrames.word)
    caller.leave()
    assert.equal(ledger.settlement.usageSource, 'provider_partial')
    assert.deepEqual(ledger.settlement.usage?.segments[0]?.meters, { input_tokens: 10n, output_tokens: 3n })
  })

  test('before any byte of an answer is unknown and unpriced, never free', () => {
    const { ledger, caller } = sent()
    caller.leave()
    const { settlement } = ledger
    assert.deepEqual([settlement.outcome, settlement.usageSource, settlement.usage], ['abandoned', 'unknown', null])
    assert.deepEqual([settlement.charged.pricingStatus, settlement.charged.chargedPico], ['unpriced', null])
  })

  test('before the request was sent owes nothing, and the provider hears nothing', () => {
    const { ledger, upstream, caller } = stage()
    caller.leave()
    ledger.committed()
    assert.equal(upstream.request, undefined)
    assert.deepEqual(
      [ledger.settlement.outcome, ledger.settlement.usageSource, ledger.settlement.charged.chargedPico],
      ['not_sent', 'none', 0n],
    )
  })

  test('after the terminal event changes nothing', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word, chatFrames.usage, chatFrames.done)
    caller.leave()
    assert.equal(ledger.settlement.outcome, 'succeeded')
    ledger.settled()
    assert.equal(caller.end_, 'open')
  })
})

describe('a provider that fails', () => {
  test('its own 4xx passes as bytes, and our secret is taken out', () => {
    const { ledger, upstream, caller } = sent()
    upstream.answer(400, `{"error":{"message":"bad key ${theSecret}","type":"x"},"odd":1}`)
    ledger.settled()
    assert.equal(caller.status, 400)
    assert.match(caller.text, /^\{"error":\{"message":"bad key \[secret:[0-9a-f]{8}\]","type":"x"\},"odd":1\}$/)
    assert.deepEqual(
      [ledger.settlement.outcome, ledger.settlement.usageSource, ledger.settlement.charged.chargedPico],
      ['provider_error', 'none', 0n],
    )
  })

  for (const status of [401, 403]) {
    test(`its ${status} is no fault of the caller's key: 502`, () => {
      const { ledger, upstream, caller } = sent()
      upstream.answer(status, { error: { message: `no such key: ${theSecret}` } })
      ledger.settled()
      assert.equal(caller.status, 502)
      assert.equal(ledger.settlement.errorKind, 'provider_auth')
      assert.ok(!caller.text.includes(theSecret))
    })
  }

  test('a redirect is an error, and its place is not told', () => {
    const { ledger, upstream, caller } = sent()
    upstream.answer(302, '', { location: 'https://elsewhere.example/' })
    ledger.settled()
    assert.equal(caller.status, 502)
    assert.equal(caller.headers.location, undefined)
    assert.equal(ledger.settlement.errorKind, 'provider_malformed')
  })

  test('an answer of 200 that is no JSON is a 502, and what was said is estimated', () => {
    const { ledger, upstream, caller } = sent()
    upstream.answer(200, '<html>welcome</html>', { 'content-type': 'text/html' })
    ledger.settled()
    assert.equal(caller.status, 502)
    assert.deepEqual(
      [ledger.settlement.outcome, ledger.settlement.errorKind, ledger.settlement.usageSource],
      ['cut', 'provider_malformed', 'gateway_estimate'],
    )
    assert.equal(ledger.settlement.usage?.segments[0]?.meters.output_tokens, 7n, 'twenty bytes, at three a token')
  })

  test('cookies, encodings and hop-by-hop headers of a provider never reach the caller', () => {
    const { ledger, upstream, caller } = sent()
    upstream.answer(200, chatReply, { 'set-cookie': 'a=b', connection: 'close', 'x-internal': '1', 'x-ratelimit-remaining-requests': '7' })
    ledger.settled()
    assert.deepEqual(Object.keys(caller.headers).sort(), [
      'content-length',
      'content-type',
      'request-id',
      'x-ratelimit-remaining-requests',
      'x-request-id',
    ])
  })

  test('a stream that ends without its terminal event is never a clean end', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word)
    upstream.sink.onEnd()
    ledger.settled()
    assert.equal(caller.end_, 'broken')
    assert.match(caller.text, /"error":/)
    assert.deepEqual([ledger.settlement.outcome, ledger.settlement.usageSource], ['cut', 'gateway_estimate'])
  })

  test('a terminal event without its last line break still ends the stream', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word, 'data: [DONE]\n')
    upstream.sink.onEnd()
    ledger.settled()
    assert.equal(caller.end_, 'clean')
  })

  for (const [contract, frame] of [
    ['openai-chat', chatFrames.error],
    ['anthropic-messages', messageFrames.error],
  ] as const) {
    test(`an error as the first event of ${contract} passes as it came, once nothing is left to try, and is not billed`, () => {
      const all = sent({ contract, body: { stream: true } })
      const { ledger, upstream, caller } = all
      upstream.stream(frame)
      again(all)
      upstream.stream(frame)
      again(all)
      upstream.stream(frame)
      assert.equal(caller.text, '')
      ledger.settled()
      assert.equal(caller.text, frame)
      for (const settlement of ledger.settlements)
        assert.deepEqual([settlement.outcome, settlement.usageSource, settlement.charged.chargedPico], ['provider_error', 'none', 0n])
    })
  }

  test('an error in the middle of a stream is billed for what was said before it', () => {
    const { ledger, upstream } = sent({ contract: 'anthropic-messages', body: { stream: true } })
    upstream.stream(messageFrames.start, messageFrames.word, messageFrames.error)
    assert.deepEqual([ledger.settlement.outcome, ledger.settlement.usageSource], ['provider_error', 'provider_partial'])
  })

  test('an endless line is cut off at the limit', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word)
    for (let index = 0; index < 20 && ledger.settlements.length === 0; index += 1) upstream.say('x'.repeat(100_000))
    ledger.settled()
    assert.equal(ledger.settlement.errorKind, 'provider_malformed')
    assert.equal(upstream.aborted, true)
    assert.equal(caller.end_, 'broken')
  })

  test('an upstream that cannot be reached owes nothing, and reads the same whatever the cause', () => {
    const texts = (['policy', 'dns', 'connect', 'tls'] as const).map((reason) => {
      const all = sent()
      const { ledger, upstream, caller } = all
      upstream.fail({ reason, sent: false })
      again(all)
      upstream.fail({ reason, sent: false })
      again(all)
      upstream.fail({ reason, sent: false })
      ledger.settled()
      assert.equal(caller.status, 503)
      for (const settlement of ledger.settlements) assert.deepEqual([settlement.outcome, settlement.usageSource], ['not_sent', 'none'])
      return caller.text
    })
    assert.equal(new Set(texts).size, 1)
  })

  test('silence in the middle of a stream is a time-out that is billed for what was said', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word)
    upstream.fail({ reason: 'idle_timeout' })
    ledger.settled()
    assert.deepEqual(
      [ledger.settlement.outcome, ledger.settlement.errorKind, ledger.settlement.usageSource],
      ['timed_out', 'provider_timeout', 'gateway_estimate'],
    )
    assert.equal(caller.end_, 'broken')
  })

  test('no first byte in time is a 504 of which nothing is known', () => {
    const { ledger, upstream, caller } = sent()
    upstream.fail({ reason: 'first_byte_timeout' })
    ledger.settled()
    assert.equal(caller.status, 504)
    assert.deepEqual([ledger.settlement.usageSource, ledger.settlement.charged.chargedPico], ['unknown', null])
  })
})

describe('back-pressure and stopping', () => {
  test('a slow caller slows the provider, and the drain lets it go on', () => {
    const { upstream, caller } = sent({ body: { stream: true } })
    caller.flowing = false
    assert.equal(upstream.stream(chatFrames.word), false)
    caller.flowing = true
    const before = upstream.resumed
    caller.drain()
    assert.equal(upstream.resumed, before + 1)
  })

  test('a caller who stops reading for thirty seconds has left', () => {
    const { ledger, upstream, caller, timers } = sent({ body: { stream: true } })
    caller.flowing = false
    upstream.stream(chatFrames.word)
    timers.pass(29_999)
    assert.equal(ledger.settlements.length, 0)
    timers.pass(1)
    assert.equal(ledger.settlement.outcome, 'abandoned')
    assert.equal(caller.end_, 'broken')
    assert.equal(upstream.aborted, true)
  })

  test('stopping settles what runs and tells the caller', () => {
    const { ledger, upstream, caller, gateway } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word)
    gateway.stopAll()
    ledger.settled()
    assert.equal(ledger.settlement.outcome, 'cut')
    assert.equal(upstream.aborted, true)
    assert.equal(caller.end_, 'broken')
    assert.equal(gateway.active(), 0)
  })

  test('whatever the upstream says after the end is not heard', () => {
    const { ledger, upstream, caller } = sent({ body: { stream: true } })
    upstream.stream(chatFrames.word, chatFrames.usage, chatFrames.done)
    ledger.settled()
    const text = caller.text
    upstream.say(chatFrames.usage, chatFrames.done)
    upstream.sink.onEnd()
    assert.equal(caller.text, text)
    assert.equal(ledger.settlements.length, 1)
  })
})

test('a wait that a provider asks for is told as thirty seconds at most', () => {
  const { ledger, upstream, caller } = sent()
  upstream.answer(400, { error: { message: 'later' } }, { 'retry-after': '120', 'retry-after-ms': '120000' })
  ledger.settled()
  assert.deepEqual([caller.headers['retry-after'], caller.headers['retry-after-ms']], ['30', '30000'])
})

test('whatever goes wrong in the sums, the attempt settles as unknown and its caller is answered', () => {
  const book = {
    get providers(): never {
      throw new Error('no sums today')
    },
  }
  const { ledger, upstream, caller, gateway } = sent({ directory: { ...plainDirectory, book } })
  upstream.answer(200, chatReply)
  ledger.settled()
  const { usageSource, charged } = ledger.settlement
  assert.deepEqual([usageSource, charged.chargedPico, charged.pricingStatus], ['unknown', null, 'unpriced'])
  assert.equal(caller.text, JSON.stringify(chatReply))
  assert.equal(gateway.active(), 0)
})
