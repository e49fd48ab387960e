import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PurserError } from '../../src/core/errors.ts'
import { type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import { createFramer } from '../../src/core/sse.ts'
import { joined } from '../support/reply-events.ts'
import { crossed, decoded, fieldsOf, streamed, streamedReply } from './crossing.ts'
import { codecFor, frame, paths, request, type Spoken, spoken } from './requests.ts'

const runs = { numRuns: 300 }

function malformed(field: string) {
  return (error: unknown): boolean => error instanceof PurserError && error.kind === 'provider_malformed' && error.field === field
}

function refused(field: string) {
  return (error: unknown): boolean =>
    error instanceof PurserError && error.kind === 'invalid_request' && error.field === field && error.message.includes(`"${field}"`)
}

// --- callers ---

for (const [id, body, field] of [
  ['openai-chat', {}, 'messages'],
  ['openai-chat', { messages: {} }, 'messages'],
  ['openai-chat', { messages: ['Hi'] }, 'messages.0'],
  ['openai-chat', { messages: [{ role: 'oracle', content: 'Hi' }] }, 'messages.0.role'],
  ['openai-chat', { messages: [{ role: 'function', name: 'f', content: '1' }] }, 'messages.0.role'],
  ['openai-chat', { messages: [{ role: '__proto__', content: 'Hi' }] }, 'messages.0.role'],
  ['openai-chat', { messages: [{ content: 'Hi' }] }, 'messages.0.role'],
  ['openai-chat', { messages: [{ role: 'user', content: 7 }] }, 'messages.0.content'],
  ['openai-chat', { messages: [{ role: 'user', content: [7] }] }, 'messages.0.content.0'],
  ['openai-chat', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages.0.content.0.image_url'],
  ['openai-chat', { messages: [{ role: 'tool', content: '1' }] }, 'messages.0.tool_call_id'],
  ['openai-chat', { messages: [], tools: [{ type: 'function', function: {} }] }, 'tools.0.function.name'],
  ['openai-chat', { messages: [], temperature: 'warm' }, 'temperature'],
  ['openai-chat', { messages: [], stop: [1] }, 'stop'],
  ['openai-chat', { messages: [], response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
  ['anthropic-messages', {}, 'messages'],
  ['anthropic-messages', { messages: [{ role: 'tool', content: 'Hi' }] }, 'messages.0.role'],
  ['anthropic-messages', { messages: [{ role: 'user', content: [{ type: 'tool_result' }] }] }, 'messages.0.content.0.tool_use_id'],
  ['anthropic-messages', { messages: [{ role: 'user', content: [{ type: 'image' }] }] }, 'messages.0.content.0.source'],
  [
    'anthropic-messages',
    { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: 'x' }] }] },
    'messages.0.content.0.input',
  ],
  ['anthropic-messages', { messages: [], system: 7 }, 'system'],
  ['anthropic-messages', { messages: [], thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
  ['anthropic-messages', { messages: [], max_tokens: '9' }, 'max_tokens'],
] as [Spoken, JsonObject, string][]) {
  test(`${id}: a request that is wrong at ${field} is refused by that name: ${JSON.stringify(body).slice(0, 80)}`, () => {
    assert.throws(() => decoded(id, { model: 'm', ...body }), refused(field))
  })
}

test('an orphan result and a call without one go through as they are', () => {
  const orphan = { role: 'tool', tool_call_id: 'nobody', content: '1' }
  const unanswered = {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }
  const { value, warnings } = crossed('openai-chat', 'anthropic-messages', { model: 'm', max_tokens: 9, messages: [unanswered, orphan] })
  const [call, result] = value.messages as JsonObject[]
  assert.equal((call!.content as JsonObject[])[0]!.id, 'a')
  assert.equal((result!.content as JsonObject[])[0]!.tool_use_id, 'nobody')
  assert.deepEqual(warnings, [])
})

test('empty turns are left out for messages, by name, and are empty texts for chat completions', () => {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: '' },
    { role: 'user', content: [] },
    { role: 'user', content: 'Still?' },
  ]
  const { value, warnings } = crossed('openai-chat', 'anthropic-messages', { model: 'm', max_tokens: 9, messages })
  assert.equal((value.messages as JsonObject[]).length, 1)
  assert.deepEqual(fieldsOf(warnings), ['messages.1'])
  const back = crossed('anthropic-messages', 'openai-chat', { model: 'm', messages })
  assert.deepEqual(
    (back.value.messages as JsonObject[]).map(({ content }) => content),
    ['Hi', '', '', 'Still?'],
  )
})

test('ten thousand tools and ten thousand turns are translated one by one', () => {
  const tools = Array.from({ length: 10_000 }, (_, index) => ({
    type: 'function',
    function: { name: `tool_${index}`, parameters: { type: 'object' } },
  }))
  const messages = Array.from({ length: 10_000 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: 'Hi' }))
  const { value } = crossed('openai-chat', 'anthropic-messages', { model: 'm', max_tokens: 9, messages, tools })
  assert.deepEqual([(value.tools as Json[]).length, (value.messages as Json[]).length], [10_000, 10_000])
  const back = crossed('anthropic-messages', 'openai-chat', { ...value, model: 'm' })
  assert.deepEqual([(back.value.tools as Json[]).length, (back.value.messages as Json[]).length], [10_000, 10_000])
})

for (const id of spoken) {
  test(`${id}: no request makes a decoder throw anything but a refusal that names a field`, () => {
    const loose = fc.oneof(
      fc.jsonValue({ maxDepth: 4 }),
      fc.record(
        {
          model: fc.constant('m'),
          messages: fc.array(
            fc.record(
              {
                role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
                content: fc.jsonValue({ maxDepth: 3 }),
                tool_calls: fc.jsonValue(),
              },
              { requiredKeys: [] },
            ),
          ),
          tools: fc.jsonValue(),
          tool_choice: fc.jsonValue(),
          thinking: fc.jsonValue(),
          system: fc.jsonValue(),
        },
        { requiredKeys: ['messages'] },
      ),
    )
    fc.assert(
      fc.property(loose, (body) => {
        try {
          const call = codecFor(id).decodeRequest(request(paths[id], JSON.stringify(body)), () => {})
          for (const other of spoken) codecFor(other).encodeRequest(call, 'm', () => {})
        } catch (error) {
          assert.ok(error instanceof PurserError && ['invalid_request', 'unsupported'].includes(error.kind), String(error))
          assert.ok(error.field !== undefined)
        }
      }),
      runs,
    )
  })

  test(`${id}: no answer and no event makes a decoder throw anything but what a provider did`, () => {
    const event = fc.record(
      {
        type: fc.constantFrom(
          'message_start',
          'content_block_start',
          'content_block_delta',
          'content_block_stop',
          'message_delta',
          'message_stop',
          'ping',
        ),
        index: fc.integer({ min: 0, max: 2 }),
        content_block: fc.oneof(
          fc.constantFrom({ type: 'text' }, { type: 'tool_use', id: 'a', name: 'f' }, { type: 'thinking' }),
          fc.jsonValue(),
        ),
        delta: fc.jsonValue({ maxDepth: 3 }),
        message: fc.jsonValue(),
        usage: fc.jsonValue(),
        choices: fc.oneof(
          fc.jsonValue(),
          fc.array(
            fc.record({
              delta: fc.record(
                { content: fc.jsonValue(), tool_calls: fc.jsonValue({ maxDepth: 4 }), reasoning_details: fc.jsonValue() },
                { requiredKeys: [] },
              ),
              finish_reason: fc.jsonValue(),
            }),
          ),
        ),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.jsonValue({ maxDepth: 4 }), (events, body) => {
        for (const run of [
          () => streamed(id, [...(events as JsonObject[]), '[DONE]']),
          () => codecFor(id).decodeResponse(body as Json, () => {}),
        ]) {
          try {
            run()
          } catch (error) {
            assert.ok(error instanceof PurserError && error.kind.startsWith('provider_'), String(error))
          }
        }
      }),
      runs,
    )
  })
}

// --- providers' streams of chat completions ---

const delta = (said: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'c1',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: said, finish_reason: finish }],
})
const piece = (call: JsonObject): JsonObject => delta({ tool_calls: [call] })
const called = (name: string, text: string): JsonObject => ({ name, arguments: text })
const callsOf = (payloads: readonly (JsonObject | string)[]) =>
  streamedReply('openai-chat', [...payloads, delta({}, 'tool_calls'), '[DONE]']).parts.map((part) =>
    part.type === 'tool-call' ? [part.id, part.name, part.arguments] : part,
  )

test('deltas of two calls in any order go each to its own', () => {
  const found = callsOf([
    piece({ index: 0, id: 'a', function: called('f', '') }),
    piece({ index: 1, id: 'b', function: called('g', '{"b"') }),
    piece({ index: 0, function: { arguments: '{"a":1}' } }),
    piece({ index: 1, function: { arguments: ':2}' } }),
  ])
  assert.deepEqual(found, [
    ['a', 'f', '{"a":1}'],
    ['b', 'g', '{"b":2}'],
  ])
})

test('ids and names that are repeated or empty begin no other call', () => {
  const found = callsOf([
    piece({ index: 0, id: 'a', type: 'function', function: called('f', '{') }),
    piece({ index: 0, id: '', function: called('', '"a"') }),
    piece({ index: 0, id: 'a', function: called('f', ':1}') }),
  ])
  assert.deepEqual(found, [['a', 'f', '{"a":1}']])
})

test('calls without an index are told apart by id, and go on where no id is', () => {
  const found = callsOf([
    piece({ id: 'a', function: called('f', '{"a"') }),
    piece({ function: { arguments: ':1}' } }),
    piece({ id: 'b', function: called('g', '{}') }),
    piece({ id: 'a', function: { arguments: ' ' } }),
  ])
  assert.deepEqual(found, [
    ['a', 'f', '{"a":1} '],
    ['b', 'g', '{}'],
  ])
})

test('whole calls that all have the index 0 are calls of their own', () => {
  const found = callsOf([
    piece({ index: 0, id: 'a', function: called('f', '{}') }),
    piece({ index: 0, id: 'b', function: called('f', '{"b":1}') }),
  ])
  assert.deepEqual(found, [
    ['a', 'f', '{}'],
    ['b', 'f', '{"b":1}'],
  ])
})

test('a call whose name comes late begins then, with what came before, and one without an id gets one', () => {
  assert.deepEqual(callsOf([piece({ index: 0, function: { arguments: '{"a"' } }), piece({ index: 0, function: called('f', ':1}') })]), [
    ['c1-0', 'f', '{"a":1}'],
  ])
  assert.throws(
    () => callsOf([piece({ index: 0, id: 'a', function: { arguments: '{}' } })]),
    malformed('choices.0.delta.tool_calls.0.function.name'),
  )
})

test('of two reports of usage the last counts, and what comes behind the end is not read', () => {
  const usage = (count: number): JsonObject => ({ ...delta({}), choices: [], usage: { prompt_tokens: count, completion_tokens: 1 } })
  const { value, warnings } = streamed('openai-chat', [
    delta({ content: 'a' }, 'stop'),
    usage(5),
    usage(7),
    '[DONE]',
    delta({ content: 'b' }),
    '[DONE]',
  ])
  const reply = joined(value)
  assert.deepEqual([reply.parts, reply.usage?.segments[0]?.meters.input_tokens], [[{ type: 'text', text: 'a' }], 7n])
  assert.deepEqual(fieldsOf(warnings), ['stream'])
})

test('a stream without its last event is never an answer', () => {
  for (const payloads of [[], [delta({ content: 'a' })], [delta({ content: 'a' }, 'stop')]])
    assert.throws(() => streamed('openai-chat', payloads), malformed('stream'))
  assert.throws(() => streamed('openai-chat', ['[DONE]']), malformed('choices'))
  assert.throws(() => streamed('openai-chat', ['garbage']), malformed('stream'))
  const { warnings } = streamed('openai-chat', [delta({ content: 'a' }), '[DONE]'])
  assert.deepEqual(fieldsOf(warnings), ['choices.0.finish_reason'])
})

// --- providers' streams of messages ---

const begin = { type: 'message_start', message: { id: 'm1', model: 'm', usage: { input_tokens: 3, output_tokens: 1 } } }
const open = (index: number, block: JsonObject): JsonObject => ({ type: 'content_block_start', index, content_block: block })
const say = (index: number, text: string): JsonObject => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text } })
const close = (index: number): JsonObject => ({ type: 'content_block_stop', index })
const finish = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } }
const stop = { type: 'message_stop' }

test('a delta for a block that is not open is malformed, before it and behind it', () => {
  assert.throws(() => streamed('anthropic-messages', [begin, say(0, 'a')]), malformed('content.0'))
  assert.throws(() => streamed('anthropic-messages', [begin, open(0, { type: 'text' }), close(0), say(0, 'a')]), malformed('content.0'))
  assert.throws(() => streamed('anthropic-messages', [begin, open(0, { type: 'text' }), open(0, { type: 'text' })]), malformed('content.0'))
  assert.throws(() => streamed('anthropic-messages', [open(0, { type: 'text' })]), malformed('message_start'))
  assert.throws(() => streamed('anthropic-messages', [begin, begin]), malformed('message_start'))
})

test("a block of a provider's own tools is passed over with all its deltas", () => {
  const { value, warnings } = streamed('anthropic-messages', [
    begin,
    open(0, { type: 'server_tool_use', id: 's', name: 'web_search' }),
    { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: '{}' } },
    close(0),
    open(1, { type: 'text', text: '' }),
    say(1, 'Yes.'),
    close(1),
    finish,
    stop,
  ])
  assert.deepEqual(joined(value).parts, [{ type: 'text', text: 'Yes.' }])
  assert.deepEqual(fieldsOf(warnings), ['content.0.type'])
})

test('input that comes whole with its block is read where no text of it follows', () => {
  const reply = streamedReply('anthropic-messages', [
    begin,
    open(0, { type: 'tool_use', id: 'a', name: 'f', input: { a: 1 } }),
    close(0),
    open(1, { type: 'tool_use', id: 'b', name: 'g', input: {} }),
    finish,
    stop,
  ])
  assert.deepEqual(
    reply.parts.map((part) => part.type === 'tool-call' && part.arguments),
    ['{"a":1}', '{}'],
  )
})

test('usage of a stream of messages is its reports laid over each other', () => {
  const { usage } = streamedReply('anthropic-messages', [begin, finish, stop])
  assert.deepEqual(usage?.segments, [{ meters: { input_tokens: 3n, output_tokens: 4n } }])
})

test('a stream of messages that stops early, or says no reason, is no clean end', () => {
  assert.throws(() => streamed('anthropic-messages', [begin, finish]), malformed('stream'))
  assert.deepEqual(fieldsOf(streamed('anthropic-messages', [begin, stop]).warnings), ['stop_reason'])
})

test('bytes cut anywhere, inside a character too, mean the same', () => {
  const bytes = Buffer.from(
    [begin, open(0, { type: 'text' }), say(0, 'Grüße 日本 🙂'), close(0), finish, stop]
      .map((payload) => Buffer.from(frame(JSON.stringify(payload)).bytes).toString())
      .join(''),
  )
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const framer = createFramer()
    const decoder = codecFor('anthropic-messages').streamDecoder(() => {})
    const frames = [...framer.push(bytes.subarray(0, cut)), ...framer.push(bytes.subarray(cut))]
    const reply = joined([...frames.flatMap((one) => [...decoder.take(one, parseJson(one.data))]), ...decoder.end()])
    assert.deepEqual(reply.parts, [{ type: 'text', text: 'Grüße 日本 🙂' }])
  }
})
