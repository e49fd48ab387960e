import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Message } from '../../src/core/call.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { crossed, decoded, encoded, fieldsOf } from './crossing.ts'
import { codecFor } from './requests.ts'

const chat = (...messages: Json[]): JsonObject => ({ model: 'm', max_tokens: 9, messages })
const toChat = (body: JsonObject, dialect?: Json) => crossed('anthropic-messages', 'openai-chat', body, dialect)
const toMessages = (body: JsonObject, dialect?: Json) => crossed('openai-chat', 'anthropic-messages', body, dialect)
const user = (content: Json): JsonObject => ({ role: 'user', content })
const call = (...messages: Message[]): Call => ({ messages, maxTokens: 9, stream: false, streamUsage: true })
const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

test('system messages that open a conversation become the system field, and a later one is said by the user and marked', () => {
  const { value, warnings } = toMessages(
    chat({ role: 'system', content: 'Be brief.' }, { role: 'developer', content: 'Be kind.' }, user('Hi'), {
      role: 'system',
      content: 'Now in French.',
    }),
  )
  assert.deepEqual(value.system, [
    { type: 'text', text: 'Be brief.' },
    { type: 'text', text: 'Be kind.' },
  ])
  assert.deepEqual(value.messages, [
    user([
      { type: 'text', text: 'Hi' },
      { type: 'text', text: '<system>\nNow in French.\n</system>' },
    ]),
  ])
  assert.deepEqual(fieldsOf(warnings), ['messages.3.role'])
})

test('a system message keeps its place where the dialect allows it', () => {
  const body = chat(user('Hi'), { role: 'system', content: 'Now in French.' })
  const { value, warnings } = toMessages(body, { laterSystemRole: 'system' })
  assert.deepEqual(
    (value.messages as JsonObject[]).map(({ role }) => role),
    ['user', 'system'],
  )
  assert.deepEqual(warnings, [])
})

test('results of tools are one turn for messages, and a message each for chat completions, right behind their calls', () => {
  const calls = [
    { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bonn"}' } },
    { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '' } },
  ]
  const body = chat(
    user('Compare'),
    { role: 'assistant', content: null, tool_calls: calls },
    { role: 'tool', tool_call_id: 'call_1', content: '12' },
    { role: 'tool', tool_call_id: 'call_2', content: '14' },
    user('And?'),
  )
  const { value, warnings } = toMessages(body)
  assert.deepEqual(value.messages, [
    user([{ type: 'text', text: 'Compare' }]),
    {
      role: 'assistant',
      content: [
        { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Bonn' } },
        { type: 'tool_use', id: 'call_2', name: 'weather', input: {} },
      ],
    },
    user([
      { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: '12' }] },
      { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: '14' }] },
      { type: 'text', text: 'And?' },
    ]),
  ])
  assert.deepEqual(warnings, [])
  assert.deepEqual(
    (toChat(value).value.messages as JsonObject[]).map(({ role }) => role),
    ['user', 'assistant', 'tool', 'tool', 'user'],
  )
})

test('a text before a result gives way to it, because a result must follow its call', () => {
  const said = toChat(
    chat(
      user([
        { type: 'text', text: 'Here:' },
        { type: 'tool_result', tool_use_id: 'a', content: '1' },
      ]),
    ),
  )
  assert.deepEqual(
    (said.value.messages as JsonObject[]).map(({ role }) => role),
    ['tool', 'user'],
  )
  assert.deepEqual(fieldsOf(said.warnings), ['messages.0.parts.1'])
  const merged = encoded(
    'anthropic-messages',
    call(
      { role: 'user', parts: [{ type: 'text', text: 'Here:' }] },
      { role: 'user', parts: [{ type: 'tool-result', callId: 'a', parts: [], isError: true }] },
    ),
  )
  assert.deepEqual(merged.value.messages, [
    user([
      { type: 'tool_result', tool_use_id: 'a', is_error: true },
      { type: 'text', text: 'Here:' },
    ]),
  ])
})

test('an image in a result follows the run of results, and says which call it belongs to', () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }
  const result = (id: string, content: Json): JsonObject => ({ type: 'tool_result', tool_use_id: id, content })
  const { value } = toChat(chat(user([result('a', [image]), result('b', 'two'), { type: 'text', text: 'Well?' }])))
  assert.deepEqual(value.messages, [
    { role: 'tool', tool_call_id: 'a', content: 'The result follows in the next message.' },
    { role: 'tool', tool_call_id: 'b', content: 'two' },
    user([
      { type: 'text', text: 'From the result of the tool call a:' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
      { type: 'text', text: 'Well?' },
    ]),
  ])
  const apart = toChat(chat(user([result('a', [image])]), user([result('b', 'two')])))
  assert.deepEqual(
    (apart.value.messages as JsonObject[]).map(({ role }) => role),
    ['tool', 'tool', 'user'],
  )
})

test('ids of tool calls are escaped alike in the call and in its result, and are read back as they were', () => {
  const id = 'functions.weather:0'
  const body = chat(
    { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: { name: 'weather', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: id, content: '12' },
  )
  const { value } = toMessages(body)
  const [use, result] = (value.messages as JsonObject[]).map(({ content }) => (content as JsonObject[])[0]!)
  assert.match(String(use!.id), /^[a-zA-Z0-9_-]+$/)
  assert.equal(use!.id, result!.tool_use_id)
  const back = decoded('anthropic-messages', value).value.messages
  assert.deepEqual(
    back.flatMap(({ parts }) => parts.map((part) => ('callId' in part ? part.callId : 'id' in part ? part.id : ''))),
    [id, id],
  )
})

test('arguments keep every digit, and those that are no object are put into one and taken out again', () => {
  const asked = (text: string): JsonObject =>
    chat(user('Hi'), {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: text } }],
    })
  const sentText = (text: string): string => {
    const sent = decoded('openai-chat', asked(text)).value
    return Buffer.from(encodedBytes(sent)).toString()
  }
  assert.ok(sentText('{"id":1234567890123456789}').includes('"input":{"id":1234567890123456789}'))
  const { value, warnings } = toMessages(asked('{"city": Bonn'))
  assert.deepEqual(fieldsOf(warnings), ['messages.1.parts.0.arguments'])
  const [, turn] = decoded('anthropic-messages', value).value.messages
  assert.deepEqual(turn!.parts, [{ type: 'tool-call', id: 'a', name: 'f', arguments: '{"city": Bonn' }])
})

test('what a contract must be told and was not is written, with a warning', () => {
  const { value, warnings } = toMessages({ model: 'm', messages: [user('Hi')] })
  assert.equal(value.max_tokens, 4096)
  assert.deepEqual(warnings, [{ field: 'max_tokens', reason: 'required by the provider; 4096 was written' }])
})

test('every parameter without a word on the other side is named', () => {
  const openai = {
    seed: 1,
    frequency_penalty: 1,
    presence_penalty: 1,
    metadata: { a: 'b' },
    logit_bias: { 1: 2 },
    logprobs: true,
    temperature: 1.5,
    service_tier: 'flex',
    newer: 1,
  }
  assert.deepEqual(fieldsOf(toMessages({ ...chat(user('Hi')), ...openai }).warnings).toSorted(), Object.keys(openai).toSorted())
  const anthropic = { top_k: 4, context_management: {}, container: 'c', thinking: { type: 'enabled', budget_tokens: 2000, newer: 1 } }
  assert.deepEqual(fieldsOf(toChat({ ...chat(user('Hi')), ...anthropic }).warnings).toSorted(), [
    'container',
    'context_management',
    'reasoning.budget_tokens',
    'thinking.newer',
    'top_k',
  ])
})

test('values that say what is so anyway are no warning', () => {
  const idle = {
    n: 1,
    logprobs: false,
    store: false,
    modalities: ['text'],
    logit_bias: {},
    seed: null,
    stream: false,
    response_format: { type: 'text' },
  }
  assert.deepEqual(toMessages({ ...chat(user('Hi')), ...idle }).warnings, [])
})

for (const [body, field] of [
  [{ n: 2 }, 'n'],
  [{ functions: [] }, 'functions'],
  [{ function_call: 'auto' }, 'function_call'],
] as [JsonObject, string][]) {
  test(`${field} is refused in translation, by name`, () => {
    assert.throws(
      () => toMessages({ ...chat(user('Hi')), ...body }),
      (error) =>
        error instanceof PurserError && error.kind === 'unsupported' && error.field === field && error.message.includes(`"${field}"`),
    )
  })
}

test('a choice of tool, and whether tools run side by side, stand where each contract has them', () => {
  const some = { ...chat(user('Hi')), tools: [weather] }
  assert.deepEqual(toMessages({ ...some, parallel_tool_calls: false }).value.tool_choice, { type: 'auto', disable_parallel_tool_use: true })
  assert.deepEqual(toMessages({ ...some, tool_choice: 'required' }).value.tool_choice, { type: 'any' })
  const named = toMessages({ ...some, tool_choice: { type: 'function', function: { name: 'weather' } } }).value
  assert.deepEqual(named.tool_choice, { type: 'tool', name: 'weather' })
  assert.deepEqual(toChat(named).value.tool_choice, { type: 'function', function: { name: 'weather' } })
})

test('where no tool is left, the choice among them goes too', () => {
  const body = { ...chat(user('Hi')), tools: [{ type: 'web_search_20250305', name: 'web_search' }], tool_choice: { type: 'any' } }
  const { value, warnings } = toChat(body)
  assert.deepEqual([value.tools, value.tool_choice], [undefined, undefined])
  assert.deepEqual(fieldsOf(warnings), ['tools.0.type', 'tool_choice'])
})

test('sealed reasoning returns to its origin through a caller of another contract, and goes nowhere else', () => {
  const sealed = { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'anthropic-messages' }
  const hidden = { type: 'reasoning.encrypted', data: 'ZW5j', format: 'anthropic-messages' }
  const turn = { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.', reasoning_details: [sealed, hidden] }
  const { value, warnings } = toMessages(chat(user('Hi'), turn))
  assert.deepEqual((value.messages as JsonObject[])[1]!.content, [
    { type: 'thinking', thinking: 'Hm.', signature: 'c2ln' },
    { type: 'redacted_thinking', data: 'ZW5j' },
    { type: 'text', text: 'Yes.' },
  ])
  assert.deepEqual(warnings, [])
  const away = toChat(value)
  assert.deepEqual((away.value.messages as JsonObject[])[1], { role: 'assistant', content: 'Yes.' })
  assert.deepEqual(away.warnings, [{ field: 'messages.1.reasoning', reason: 'sealed for another provider' }])
})

test('a seal of another provider is not shown to the provider of messages', () => {
  const sealed = { type: 'reasoning.text', text: 'Hm.', signature: 'c2ln', format: 'gemini-generate' }
  const theirs = { type: 'reasoning.encrypted', data: 'ZW5j', format: 'openai-responses-v1' }
  for (const detail of [sealed, theirs]) {
    const { value, warnings } = toMessages(chat(user('Hi'), { role: 'assistant', content: 'Yes.', reasoning_details: [detail] }))
    assert.deepEqual((value.messages as JsonObject[])[1]!.content, [{ type: 'text', text: 'Yes.' }])
    assert.deepEqual(warnings, [{ field: 'messages.1.parts.0', reason: 'sealed for another provider' }])
  }
})

test('reasoning without a seal is not taken back by messages', () => {
  const { value, warnings } = toMessages(chat(user('Hi'), { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' }))
  assert.deepEqual((value.messages as JsonObject[])[1]!.content, [{ type: 'text', text: 'Yes.' }])
  assert.deepEqual(fieldsOf(warnings), ['messages.1.parts.0'])
})

test('a long conversation that loses the same thing in every turn is one warning, at the first', () => {
  const turns = Array.from({ length: 50 }, () => [
    user([{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } }]),
    { role: 'assistant', content: 'Yes.' },
  ])
  assert.deepEqual(fieldsOf(toChat(chat(...turns.flat())).warnings), ['cache_control'])
})

test('an id of an end user that is too long goes as a digest, always the same', () => {
  const body = { ...chat(user('Hi')), metadata: { user_id: 'u'.repeat(100) } }
  const { value, warnings } = toChat(body)
  assert.match(String(value.user), /^[0-9a-f]{64}$/)
  assert.equal(toChat(body).value.user, value.user)
  assert.deepEqual(fieldsOf(warnings), ['user'])
})

test("the line that one client sends to its own provider is not shown to another's", () => {
  const system = [
    { type: 'text', text: 'x-anthropic-billing-header: cc_version=1' },
    { type: 'text', text: 'Be brief.' },
  ]
  const { value, warnings } = toChat({ ...chat(user('Hi')), system })
  assert.deepEqual((value.messages as JsonObject[])[0], { role: 'system', content: 'Be brief.' })
  assert.deepEqual(fieldsOf(warnings), ['system'])
})

function encodedBytes(said: Call): Uint8Array {
  return codecFor('anthropic-messages').encodeRequest(said, 'm', () => {}).body
}
