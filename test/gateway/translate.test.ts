/** A caller of one contract at a provider of the other, through the whole gateway: what is sent, what comes back, and what stands in the books. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ContractId } from '../../src/contracts/contract.ts'
import { parseJson } from '../../src/core/json.ts'
import type { Profile } from '../../src/core/nouns.ts'
import {
  type Asked,
  again,
  connectionRow,
  directoryOf,
  profileRow,
  providerRow,
  routeRow,
  type Stage,
  sent,
  theSecret,
} from '../support/gateway.ts'
import { chatFrames, chatReply, messageFrames } from './answers.ts'

const messagesReply = {
  id: 'msg-1',
  type: 'message',
  role: 'assistant',
  model: 'coin-1',
  content: [{ type: 'text', text: 'one coin' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
}

const providers = {
  'openai-chat': providerRow({ name: 'chat', contract: 'openai-chat' }),
  'anthropic-messages': providerRow({ name: 'messages', contract: 'anthropic-messages' }),
} as const
type Pair = keyof typeof providers
const other = { 'openai-chat': 'anthropic-messages', 'anthropic-messages': 'openai-chat' } as const
const replies = { 'openai-chat': chatReply, 'anthropic-messages': messagesReply } as const
const streams = {
  'openai-chat': {
    begin: [chatFrames.word],
    rest: [chatFrames.stop, chatFrames.usage],
    terminal: chatFrames.done,
    error: chatFrames.error,
  },
  'anthropic-messages': {
    begin: [
      messageFrames.start,
      'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
      messageFrames.word,
    ],
    rest: ['event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n', messageFrames.delta],
    terminal: messageFrames.stop,
    error: messageFrames.error,
  },
} as const
/** The last thing by which a caller knows the end, and the mark of an error in his contract. */
const ends = { 'openai-chat': /data: \[DONE\]\n\n$/, 'anthropic-messages': /"type":"message_stop"\}\n\n$/ } as const
const errors = { 'openai-chat': /"error":\{"message":/, 'anthropic-messages': /"type":"error"/ } as const

/** One profile `there` at the provider of the other contract, and a route over it and one at the caller's own. */
function across(caller: Pair, profile: Partial<Profile> = {}, asked: Asked & { readonly body?: object } = {}): Stage {
  const there = providers[other[caller]]
  const here = providers[caller]
  const profiles = [profileRow({ name: 'there', provider_id: there.id, ...profile }), profileRow({ name: 'here', provider_id: here.id })]
  return sent({
    contract: caller as ContractId,
    directory: directoryOf({
      providers: [here, there],
      connections: [here, there].map(({ id, name }) => connectionRow({ name, provider_id: id })),
      profiles,
      routes: [routeRow({ name: 'way', profiles })],
    }),
    ...asked,
    body: { model: 'there', ...asked.body },
  })
}

const sentBody = ({ upstream }: Stage): Record<string, unknown> =>
  parseJson(Buffer.from(upstream.request!.body!).toString()) as Record<string, unknown>

for (const caller of ['openai-chat', 'anthropic-messages'] as const) {
  const provider = other[caller]
  describe(`${caller} at ${provider}`, () => {
    test('the provider is asked at its own path, in its own words', () => {
      const call = across(caller)
      assert.equal(call.upstream.request?.path, provider === 'openai-chat' ? '/chat/completions' : '/v1/messages')
      assert.deepEqual(
        [sentBody(call).model, call.ledger.attempts[0]?.target.contract, call.ledger.call?.contract],
        ['coin-1', provider, caller],
      )
      const header = provider === 'openai-chat' ? 'authorization' : 'x-api-key'
      assert.ok(call.upstream.request?.headers[header]?.includes(theSecret))
    })

    test('a plain answer is priced by what the provider said and told in the words of the caller', () => {
      const call = across(caller, {}, { headers: { 'x-purser-include': 'cost' } })
      call.upstream.answer(200, replies[provider])
      assert.equal(call.caller.status, 0)
      call.ledger.settled()
      assert.match(
        call.caller.text,
        caller === 'openai-chat' ? /"message":\{[^}]*"content":"one coin"/ : /"content":\[\{"type":"text","text":"one coin"/,
      )
      assert.equal(call.caller.headers['content-type'], 'application/json')
      assert.equal(call.caller.headers['content-length'], String(Buffer.byteLength(call.caller.text)))
      assert.equal(call.caller.headers['x-purser-cost'], '0.00002')
      const { settlement } = call.ledger
      assert.deepEqual(
        [settlement.usageSource, settlement.charged.chargedPico, settlement.upstreamId],
        ['provider_final', 20_000_000n, replies[provider].id],
      )
    })

    test('a stream is told as it comes, and what the caller knows its end by waits for the settlement', () => {
      const call = across(caller, {}, { body: { stream: true } })
      const { begin, rest, terminal } = streams[provider]
      call.upstream.stream(...begin)
      assert.match(call.caller.text, /one coin/)
      assert.match(call.caller.headers['content-type'] ?? '', /^text\/event-stream/)
      call.upstream.say(...rest, terminal)
      assert.doesNotMatch(call.caller.text, ends[caller])
      assert.equal(call.caller.end_, 'open')
      call.ledger.settled()
      assert.match(call.caller.text, ends[caller])
      assert.equal(call.caller.end_, 'clean')
      assert.deepEqual([call.ledger.settlement.usageSource, call.ledger.settlement.charged.chargedPico], ['provider_final', 20_000_000n])
    })

    test('a stream cut into single bytes is the same stream', () => {
      const { begin, rest, terminal } = streams[provider]
      const whole = [...begin, ...rest, terminal].join('')
      const texts = [whole.length, 1].map((size) => {
        const call = across(caller, {}, { body: { stream: true } })
        for (let at = 0; at < whole.length; at += size) {
          if (at === 0) call.upstream.stream(whole.slice(0, size))
          else call.upstream.say(whole.slice(at, at + size))
        }
        call.ledger.settled()
        return call.caller.text
      })
      assert.equal(texts[0], texts[1])
    })

    test('a stream that ends without its last event is no clean end', () => {
      const call = across(caller, {}, { body: { stream: true } })
      call.upstream.stream(...streams[provider].begin)
      call.upstream.sink.onEnd()
      call.ledger.settled()
      assert.equal(call.caller.end_, 'broken')
      assert.match(call.caller.text, errors[caller])
      assert.doesNotMatch(call.caller.text, ends[caller])
      assert.equal(call.ledger.settlement.outcome, 'cut')
    })

    test('an error in the middle of a stream reaches the caller in his own shape, without our secret', () => {
      const call = across(caller, {}, { body: { stream: true } })
      const { begin, error } = streams[provider]
      call.upstream.stream(...begin)
      call.upstream.say(
        error.replace(/The engine is on fire|"Overloaded"/, (text) => (text.startsWith('"') ? `"no ${theSecret}"` : `no ${theSecret}`)),
      )
      call.ledger.settled()
      assert.match(call.caller.text, errors[caller])
      assert.match(call.caller.text, /no \[secret:/)
      assert.ok(!call.caller.text.includes(theSecret))
      assert.equal(call.ledger.settlement.outcome, 'provider_error')
    })

    test('an error as the first event is tried again, and at last is a proper error', () => {
      const call = across(caller, {}, { body: { stream: true } })
      for (let n = 0; n < 2; n += 1) {
        call.upstream.stream(streams[provider].error)
        again(call)
      }
      call.upstream.stream(streams[provider].error)
      call.ledger.settled()
      assert.equal(call.ledger.settlements.length, 3)
      assert.ok(call.caller.status >= 500)
      assert.match(call.caller.text, errors[caller])
      assert.equal(call.caller.headers['content-type'], 'application/json')
    })

    test("the provider's refusal is told in the caller's shape, cut and without our secret", () => {
      const call = across(caller)
      call.upstream.answer(400, {
        type: 'error',
        error: { type: 'invalid_request_error', message: `bad ${theSecret} ${'x'.repeat(5_000)}` },
      })
      call.ledger.settled()
      assert.equal(call.caller.status, 400)
      assert.match(call.caller.text, errors[caller])
      assert.ok(!call.caller.text.includes(theSecret))
      assert.ok(call.caller.text.length < 1_000)
    })

    test('an answer that is none is a 502 and is not asked for again', () => {
      const call = across(caller)
      call.upstream.answer(200, { what: 'is this' })
      call.ledger.settled()
      assert.deepEqual(
        [call.caller.status, call.ledger.settlement.errorKind, call.upstream.requests.length],
        [502, 'provider_malformed', 1],
      )
    })

    test("the profile's parameters fill what the caller left unset, and only that", () => {
      const profile = { system_prompt: 'Be brief.', temperature: 0.25, max_tokens: 77, params: { top_p: 0.5, user_field: { a: 1 } } }
      const silent = sentBody(across(caller, profile, { body: { max_tokens: undefined } }))
      assert.deepEqual([silent.temperature, silent.top_p, silent.user_field], [0.25, 0.5, { a: 1 }])
      assert.match(JSON.stringify(silent), /Be brief\./)
      const spoken = sentBody(across(caller, profile, { body: { temperature: 0.75, top_p: 0.125, max_tokens: 5 } }))
      assert.deepEqual([spoken.temperature, spoken.top_p], [0.75, 0.125])
      assert.ok([spoken.max_tokens, spoken.max_completion_tokens].includes(5))
      if (caller === 'openai-chat') assert.ok([silent.max_tokens, silent.max_completion_tokens].includes(77))
    })

    test('a caller who leaves half way is charged for what was said', () => {
      const call = across(caller, {}, { body: { stream: true } })
      call.upstream.stream(...streams[provider].begin)
      call.caller.leave()
      assert.deepEqual([call.ledger.settlement.outcome, call.upstream.aborted], ['abandoned', true])
      assert.ok((call.ledger.settlement.charged.chargedPico ?? 0n) > 0n)
    })

    test('a field that the provider cannot be told is a warning in a header and in the books', () => {
      const odd = caller === 'openai-chat' ? { seed: 7 } : { top_k: 7 }
      const field = Object.keys(odd)[0]!
      for (const stream of [false, true]) {
        const call = across(caller, {}, { body: { ...odd, stream } })
        if (stream) call.upstream.stream(...streams[provider].begin, ...streams[provider].rest, streams[provider].terminal)
        else call.upstream.answer(200, replies[provider])
        call.ledger.settled()
        const told = parseJson(call.caller.headers['x-purser-warnings'] ?? '') as { field: string; reason: string }[]
        assert.ok(told.some((warning) => warning.field === field && warning.reason !== ''))
        assert.ok(call.ledger.settlement.warnings.some((warning) => warning.field === field))
      }
    })

    test('under a strict profile it is an error that names the field, and nothing is sent', () => {
      const odd = caller === 'openai-chat' ? { seed: 7, max_tokens: 9 } : { top_k: 7 }
      const call = across(caller, { strict: true }, { body: odd })
      assert.equal(call.caller.status, 422)
      assert.match(call.caller.text, new RegExp(Object.keys(odd)[0]!))
      assert.equal(call.upstream.requests.length, 0)
      assert.equal(call.ledger.call, undefined)
    })

    test('a route goes on to a member that can be told all of it, and the call says why', () => {
      const odd = caller === 'openai-chat' ? { seed: 7, max_tokens: 9 } : { top_k: 7 }
      const call = across(caller, { strict: true }, { body: { ...odd, model: 'way' } })
      assert.equal(call.ledger.attempts[0]?.target.profileName, 'here')
      const decision = parseJson(call.ledger.call!.decision) as {
        winner: string
        fallbacks: unknown
        skipped: { name: string; reason: string }[]
      }
      assert.deepEqual([decision.winner, decision.fallbacks, decision.skipped[0]?.name], ['here', [], 'there'])
      assert.match(decision.skipped[0]!.reason, new RegExp(Object.keys(odd)[0]!))
      call.upstream.answer(200, replies[caller])
      call.ledger.settled()
      assert.equal(call.caller.text, JSON.stringify(replies[caller]))
    })

    test('a fallback from the one contract to the other is one answer in the words of the caller', () => {
      const call = across(caller, {}, { body: { model: 'way', max_tokens: 9 } })
      call.upstream.answer(500, { error: { message: 'broken' } })
      call.ledger.admit()
      call.upstream.answer(200, replies[caller])
      call.ledger.settled()
      assert.equal(call.caller.text, JSON.stringify(replies[caller]))
      assert.deepEqual(
        call.ledger.attempts.map(({ target }) => target.contract),
        [provider, caller],
      )
    })
  })
}

test('a request that does not read is refused once, not at every member of a route', () => {
  const call = across('openai-chat', {}, { body: { model: 'way', messages: 'hello' } })
  assert.deepEqual([call.caller.status, call.upstream.requests.length], [400, 0])
  assert.match(call.caller.text, /messages/)
})

test('an id of nineteen digits in a tool call comes through digit by digit', () => {
  const { ledger, upstream, caller } = across('openai-chat', {}, { body: { model: 'there' } })
  const call = '{"type":"tool_use","id":"toolu_1","name":"count","input":{"coin":9007199254740993123}}'
  upstream.answer(
    200,
    JSON.stringify({ ...messagesReply, content: [], stop_reason: 'tool_use' }).replace('"content":[]', `"content":[${call}]`),
  )
  ledger.settled()
  assert.match(caller.text, /\\"coin\\":9007199254740993123/)
})

test('an answer whose provider told no time is dated by this clock, plain and streamed', () => {
  const plain = across('openai-chat', {}, { body: { model: 'there' } })
  plain.upstream.answer(200, messagesReply)
  plain.ledger.settled()
  assert.match(plain.caller.text, /"created":1,/)
  const streamed = across('openai-chat', {}, { body: { model: 'there', stream: true } })
  streamed.upstream.stream(...streams['anthropic-messages'].begin)
  assert.match(streamed.caller.text, /"created":1,/)
})
