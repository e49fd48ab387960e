import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/core/json.ts'
import { bodyOf, codecFor, frame, spoken } from './requests.ts'

const openai = codecFor('openai-chat')
const anthropic = codecFor('anthropic-messages')
const chunk = (delta: Json, finish_reason: Json = null): Json => ({
  id: 'c1',
  model: 'gpt',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
})

for (const id of spoken) {
  test(`${id}: no payload makes the report throw`, () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => codecFor(id).reportOf(payload as Json).contentBytes >= 0),
      { numRuns: 500 },
    )
  })
}

test('openai-chat: a whole answer says its id, model, end, tier and usage, and how much it holds', () => {
  const message = {
    role: 'assistant',
    content: 'hé',
    reasoning: 'mm',
    reasoning_content: 'mm',
    refusal: null,
    tool_calls: [{ id: 'x', function: { name: 'f', arguments: '{"a":1}' } }],
  }
  const report = openai.reportOf({
    id: 'c1',
    model: 'gpt-x',
    service_tier: 'flex',
    choices: [{ message, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 1 },
  })
  assert.deepEqual(report, {
    id: 'c1',
    model: 'gpt-x',
    stopReason: 'tool_calls',
    usage: { prompt_tokens: 1 },
    usageIsFinal: true,
    context: { service_tier: 'flex' },
    contentBytes: 3 + 2 + 7,
  })
})

test('openai-chat: content counts in bytes in every shape it comes in', () => {
  const bytes = (delta: Json): number => openai.reportOf(chunk(delta)).contentBytes
  assert.equal(bytes({ content: '😀' }), 4)
  assert.equal(bytes({ content: [{ type: 'text', text: 'abc' }, { type: 'image_url' }] }), 3)
  assert.equal(bytes({ tool_calls: [{ function: { arguments: '{"' } }, { custom: { input: 'x' } }] }), 3)
  assert.equal(bytes({ audio: { transcript: 'abcd', data: 'AAAA' } }), 4)
  assert.equal(bytes({ function_call: { arguments: '{}' } }), 2)
  assert.equal(bytes({ role: 'assistant', content: null }), 0)
})

test('openai-chat: usage beside an unfinished choice is a running count, beside the end or beside none it is final', () => {
  const running = (payload: Json): boolean | undefined =>
    openai.reportOf({ ...(payload as object), usage: { prompt_tokens: 1 } } as Json).usageIsFinal
  assert.equal(running(chunk({ content: 'a' })), false)
  assert.equal(running(chunk({}, 'stop')), true)
  assert.equal(running({ choices: [] }), true)
})

test('openai-chat: a relay knows the end, an error and a frame of usage alone', () => {
  const kind = (data: string, event = ''): string =>
    openai.frameKind(frame(data, event), data.startsWith('{') ? (JSON.parse(data) as Json) : undefined)
  assert.equal(kind('[DONE]'), 'terminal')
  assert.equal(kind('{"error":{"message":"x"}}'), 'error')
  assert.equal(kind('{"message":"x"}', 'error'), 'error')
  assert.equal(kind('{"choices":[],"usage":{"prompt_tokens":1}}'), 'usage')
  assert.equal(kind('{"choices":[],"usage":null}'), 'content')
  assert.equal(kind('{"choices":[],"prompt_filter_results":[]}'), 'content')
  assert.equal(kind('{"choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}'), 'content')
  assert.equal(kind('{"choices":[{"delta":{"content":"[DONE]"}}],"error":null}'), 'content')
})

test('anthropic-messages: a whole answer says its id, model, end, tier and usage, and how much it holds', () => {
  const content = [
    { type: 'thinking', thinking: 'hm', signature: 'zzzz' },
    { type: 'text', text: 'hé' },
    { type: 'tool_use', name: 'f', input: { a: 1 } },
    { type: 'web_search_tool_result', content: [{ title: 'long' }] },
  ]
  const usage = { input_tokens: 1, service_tier: 'batch', speed: 'fast', inference_geo: null }
  const report = anthropic.reportOf({ type: 'message', id: 'm1', model: 'claude', content, stop_reason: 'tool_use', usage })
  assert.deepEqual(report, {
    id: 'm1',
    model: 'claude',
    stopReason: 'tool_use',
    usage,
    usageIsFinal: true,
    context: { service_tier: 'batch', speed: 'fast' },
    contentBytes: 2 + 3 + 7,
  })
})

test('anthropic-messages: events count what they bring, and the opening of a tool call brings nothing', () => {
  const bytes = (payload: Json): number => anthropic.reportOf(payload).contentBytes
  assert.equal(bytes({ type: 'content_block_start', content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } }), 0)
  assert.equal(bytes({ type: 'content_block_delta', delta: { type: 'text_delta', text: '😀' } }), 4)
  assert.equal(bytes({ type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'ab' } }), 2)
  assert.equal(bytes({ type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{"' } }), 2)
  assert.equal(bytes({ type: 'content_block_delta', delta: { type: 'signature_delta', signature: 'zzzz' } }), 0)
  assert.equal(bytes({ type: 'ping' }), 0)
})

test('anthropic-messages: a relay knows the end and an error, by the type or by the event', () => {
  const kind = (event: string, payload?: Json): string => anthropic.frameKind(frame('{}', event), payload)
  assert.equal(kind('message_stop', { type: 'message_stop' }), 'terminal')
  assert.equal(kind('message_stop'), 'terminal')
  assert.equal(kind('', { type: 'error', error: {} }), 'error')
  assert.equal(kind('message_stop', { type: 'ping' }), 'content')
  assert.equal(kind('message_delta', { type: 'message_delta', usage: {} }), 'content')
  assert.equal(kind('toString'), 'content')
})

const models = [
  { name: 'fast', provider: 'groq', createdAt: 1_700_000_000_500 },
  { name: 'my-claude', provider: 'anthropic', createdAt: 1_700_000_000_500 },
]

test('openai-chat: models are listed in its shape', () => {
  const answer = openai.encodeModels(models)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['content-length'], String(answer.body.length))
  assert.deepEqual(bodyOf(answer), {
    object: 'list',
    data: [
      { id: 'fast', object: 'model', created: 1_700_000_000, owned_by: 'groq' },
      { id: 'my-claude', object: 'model', created: 1_700_000_000, owned_by: 'anthropic' },
    ],
  })
})

test("anthropic-messages: models are listed in its shape, and those that Claude's tools would hide under a second name", () => {
  const entry = (id: string, display_name: string): Json => ({ type: 'model', id, display_name, created_at: '2023-11-14T22:13:20.500Z' })
  assert.deepEqual(bodyOf(anthropic.encodeModels(models)), {
    data: [entry('fast', 'fast'), entry('anthropic/fast', 'fast'), entry('my-claude', 'my-claude')],
    has_more: false,
    first_id: 'fast',
    last_id: 'my-claude',
  })
  assert.deepEqual(bodyOf(anthropic.encodeModels([])), { data: [], has_more: false, first_id: null, last_id: null })
})
