import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplyEvent, StopReason } from '../../src/core/call.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { answered, fieldsOf, streamed, streamedReply, written } from './crossing.ts'
import { codecFor, paths, request } from './requests.ts'

const completion = (message: JsonObject, finish = 'stop', more: JsonObject = {}): JsonObject => ({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  ...more,
})
const message = (content: Json, stop = 'end_turn', more: JsonObject = {}): JsonObject => ({
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content,
  stop_reason: stop,
  stop_sequence: null,
  ...more,
})
const toMessages = (body: JsonObject, dialect?: Json) => answered('openai-chat', 'anthropic-messages', body, dialect)
const toChat = (body: JsonObject) => answered('anthropic-messages', 'openai-chat', body)
const messageOf = (body: JsonObject): JsonObject => (body.choices as JsonObject[])[0]!.message as JsonObject
const finishOf = (body: JsonObject): Json => (body.choices as JsonObject[])[0]!.finish_reason!

test('every reason to stop has its word on the other side, and one that nobody knows is other, with a warning', () => {
  const chat: readonly [string, string][] = [
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool_calls', 'tool_use'],
    ['content_filter', 'refusal'],
  ]
  for (const [word, other] of chat) assert.equal(toMessages(completion({ content: 'a' }, word)).value.stop_reason, other)
  const messages: readonly [string, string][] = [
    ['end_turn', 'stop'],
    ['max_tokens', 'length'],
    ['tool_use', 'tool_calls'],
    ['stop_sequence', 'stop'],
    ['refusal', 'content_filter'],
    ['model_context_window_exceeded', 'length'],
  ]
  for (const [word, other] of messages) assert.equal(finishOf(toChat(message([], word)).value), other)
  assert.deepEqual(fieldsOf(toChat(message([], 'pause_turn')).warnings), ['stop_reason'])
  assert.deepEqual(fieldsOf(toMessages(completion({ content: 'a' }, 'newer')).warnings), ['choices.0.finish_reason', 'stop_reason'])
  const reasons: StopReason[] = [
    'end',
    'length',
    'stop-sequence',
    'tool-call',
    'refusal',
    'content-filter',
    'pause',
    'context-length',
    'error',
    'other',
  ]
  for (const id of ['openai-chat', 'anthropic-messages'] as const) {
    for (const stopReason of reasons) {
      const reply = { id: 'a', model: 'm', createdAt: null, parts: [], stopReason, usage: null }
      assert.doesNotThrow(() => codecFor(id).encodeResponse(reply, () => {}), stopReason)
    }
  }
})

test('an answer that calls tools ends for them, whatever word its provider has', () => {
  const calls = { content: null, tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] }
  for (const finish of ['stop', '', 'tool_calls']) assert.equal(toMessages(completion(calls, finish)).value.stop_reason, 'tool_use')
})

test('a refusal is text that ends in a refusal', () => {
  const { value, warnings } = toMessages(completion({ content: null, refusal: 'No.' }))
  assert.deepEqual([value.content, value.stop_reason], [[{ type: 'text', text: 'No.' }], 'refusal'])
  assert.deepEqual(fieldsOf(warnings), ['content'])
})

test('usage is told in the shape of the caller: the cache inside the prompt, or beside it', () => {
  const usage = {
    input_tokens: 5,
    cache_read_input_tokens: 20,
    cache_creation_input_tokens: 7,
    output_tokens: 4,
    output_tokens_details: { thinking_tokens: 3 },
  }
  const chat = toChat(message([], 'end_turn', { usage })).value
  assert.deepEqual(chat.usage, {
    prompt_tokens: 32,
    completion_tokens: 4,
    total_tokens: 36,
    prompt_tokens_details: { cached_tokens: 20, cache_write_tokens: 7 },
    completion_tokens_details: { reasoning_tokens: 3 },
  })
  const back = toMessages(completion({ content: 'a' }, 'stop', { usage: chat.usage! })).value.usage as JsonObject
  for (const name of ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens'] as const)
    assert.equal(back[name], usage[name])
})

test('a caller of messages always has a usage, one of chat completions only where it is known', () => {
  assert.deepEqual(toMessages(completion({ content: 'a' })).value.usage, { input_tokens: 0, output_tokens: 0 })
  assert.equal(toChat(message([])).value.usage, undefined)
})

test('reasoning stands apart from text, in its own field and under every name that the dialect reads', () => {
  const chat = toChat(
    message([
      { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
      { type: 'text', text: 'Yes.' },
    ]),
  ).value
  assert.deepEqual(messageOf(chat), {
    role: 'assistant',
    content: 'Yes.',
    refusal: null,
    reasoning_content: 'Hm.',
    reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-messages', index: 0 }],
  })
  for (const said of [
    { reasoning: 'Hm.' },
    { reasoning_content: 'Hm.', reasoning: 'Hm.' },
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
        { type: 'text', text: 'Yes.' },
      ],
    },
  ]) {
    assert.deepEqual(toMessages(completion({ content: 'Yes.', ...said })).value.content, [
      { type: 'thinking', thinking: 'Hm.', signature: '' },
      { type: 'text', text: 'Yes.' },
    ])
  }
})

test("a provider's own sealed items return to it through a caller of messages, as they came", () => {
  const items = [
    { type: 'reasoning.summary', summary: 'Hm.', id: 'rs_1', format: 'openai-responses-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'ZW5j', id: 'rs_1', format: 'openai-responses-v1', index: 1 },
  ]
  const { content } = toMessages(completion({ content: 'Yes.', reasoning: 'Hm.', reasoning_details: items })).value
  const body = JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'assistant', content: content! }] })
  const call = codecFor('anthropic-messages').decodeRequest(requestFor(body), () => {})
  const sent = codecFor('openai-chat', { reasoning: { replay: 'reasoning_details' } }).encodeRequest(call, 'm', ({ field }) =>
    assert.fail(field),
  )
  const [turn] = (JSON.parse(Buffer.from(sent.body).toString()) as { messages: JsonObject[] }).messages
  assert.deepEqual(turn, { role: 'assistant', content: 'Yes.', reasoning_details: items })
})

test("what a provider's own tools made is left out by name, and so is what else has no place", () => {
  const blocks = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'text', text: 'Yes.', citations: [{ type: 'x' }] },
  ]
  const said = toChat(message(blocks, 'end_turn', { container: { id: 'c' }, stop_details: null }))
  assert.deepEqual(fieldsOf(said.warnings), ['container', 'content.0.type', 'content.1.citations'])
  const other = toMessages(
    completion({ content: 'a', annotations: [], audio: { id: 'x' } }, 'stop', { citations: ['u'], system_fingerprint: 'f' }),
  )
  assert.deepEqual(fieldsOf(other.warnings), ['citations', 'choices.0.message.audio'])
})

test('an error inside a 200 is thrown as the provider means it', () => {
  const failed = { error: { message: 'Overloaded.', type: 'overloaded_error' } }
  for (const id of ['openai-chat', 'anthropic-messages'] as const) {
    assert.throws(
      () => codecFor(id).decodeResponse(failed, () => {}),
      (error) => error instanceof PurserError && error.kind === 'provider_overloaded',
    )
    assert.throws(
      () => streamed(id, [failed]),
      (error) => error instanceof PurserError && error.kind === 'provider_overloaded',
    )
  }
})

for (const [id, body, field] of [
  ['openai-chat', {}, 'choices.0.message'],
  ['openai-chat', { choices: [] }, 'choices.0.message'],
  ['openai-chat', { choices: [{ message: 1 }] }, 'choices.0.message'],
  ['openai-chat', completion({ content: 7 }), 'choices.0.message.content'],
  ['openai-chat', completion({ tool_calls: [{ id: 'a', function: {} }] }), 'choices.0.message.tool_calls.0.function.name'],
  ['anthropic-messages', {}, 'content'],
  ['anthropic-messages', message([{ type: 'tool_use', id: 'a', input: {} }]), 'content.0.name'],
  ['anthropic-messages', message([{ type: 'tool_use', id: 'a', name: 'f', input: [] }]), 'content.0.input'],
  ['anthropic-messages', [], 'body'],
] as ['openai-chat' | 'anthropic-messages', Json, string][]) {
  test(`${id}: an answer that is wrong at ${field} is malformed, by that name`, () => {
    assert.throws(
      () => codecFor(id).decodeResponse(body, () => {}),
      (error) => error instanceof PurserError && error.kind === 'provider_malformed' && error.field === field,
    )
  })
}

const delta = (said: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: said, finish_reason: finish }],
})

test('sealed reasoning in pieces is one item for each of its indexes, and its text is not told twice', () => {
  const piece = (more: JsonObject): JsonObject => ({ type: 'reasoning.text', format: 'anthropic-claude-v1', index: 0, ...more })
  const reply = streamedReply('openai-chat', [
    delta({ reasoning: 'H', reasoning_details: [piece({ text: 'H' })] }),
    delta({ reasoning: 'm.', reasoning_details: [piece({ text: 'm.' })] }),
    delta({ reasoning: null, reasoning_details: [piece({ signature: 'c2ln' })] }),
    delta({ content: 'Yes.' }, 'stop'),
    '[DONE]',
  ])
  assert.deepEqual(reply.parts, [
    {
      type: 'reasoning',
      text: 'Hm.',
      seal: {
        origin: 'openai-chat',
        encrypted: '{"type":"reasoning.text","format":"anthropic-claude-v1","index":0,"text":"Hm.","signature":"c2ln"}',
      },
    },
    { type: 'text', text: 'Yes.' },
  ])
})

test('parts that are open side by side become blocks one after the other, each call whole', () => {
  const events: ReplyEvent[] = [
    { type: 'start', id: 'a', model: 'm', createdAt: null, usage: null },
    { type: 'part-start', index: 0, part: { type: 'text' } },
    { type: 'part-delta', index: 0, delta: { text: 'Look: ' } },
    { type: 'part-start', index: 1, part: { type: 'tool-call', id: 'x', name: 'f' } },
    { type: 'part-start', index: 2, part: { type: 'tool-call', id: 'y', name: 'g' } },
    { type: 'part-delta', index: 1, delta: { text: '{"a":' } },
    { type: 'part-delta', index: 2, delta: { text: '{"b":2}' } },
    { type: 'part-delta', index: 0, delta: { text: 'done.' } },
    { type: 'part-delta', index: 1, delta: { text: '1}' } },
    { type: 'part-end', index: 0 },
    { type: 'part-end', index: 1 },
    { type: 'part-end', index: 2 },
    { type: 'end', stopReason: 'tool-call', usage: null },
  ]
  const payloads = written('anthropic-messages', events).value
  const open: Json[] = []
  for (const { type, index } of payloads) {
    if (type === 'content_block_start') open.push(index!)
    if (type === 'content_block_delta') assert.deepEqual(open, [index])
    if (type === 'content_block_stop') assert.equal(open.pop(), index)
  }
  assert.deepEqual(streamedReply('anthropic-messages', payloads).parts, [
    { type: 'text', text: 'Look: ' },
    { type: 'tool-call', id: 'x', name: 'f', arguments: '{"a":1}' },
    { type: 'tool-call', id: 'y', name: 'g', arguments: '{"b":2}' },
    { type: 'text', text: 'done.' },
  ])
})

test('the usage of a stream is told where the caller asked, and in its last event where the contract always tells it', () => {
  const usage = { segments: [{ meters: { input_tokens: 3n, output_tokens: 2n } }], flags: [] }
  const events: ReplyEvent[] = [
    { type: 'start', id: 'a', model: 'm', createdAt: 5000, usage: null },
    { type: 'end', stopReason: 'end', usage },
  ]
  assert.equal(
    written('openai-chat', events, false).value.some((payload) => payload.usage !== undefined),
    false,
  )
  assert.equal((written('openai-chat', events).value.at(-1)!.usage as JsonObject).total_tokens, 5)
  const last = written('anthropic-messages', events, false).value.find(({ type }) => type === 'message_delta')
  assert.deepEqual([(last!.usage as JsonObject).input_tokens, (last!.usage as JsonObject).output_tokens], [3, 2])
})

function requestFor(body: string) {
  return request(paths['anthropic-messages'], body)
}
