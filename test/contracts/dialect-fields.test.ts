import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call, Reasoning } from '../../src/core/call.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { encoded, fieldsOf, streamedReply } from './crossing.ts'
import { codecFor, fault, type Spoken, sent } from './requests.ts'

const said = (more: Partial<Call> = {}): Call => ({
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
  stream: false,
  streamUsage: true,
  ...more,
})
const chat = (more: Partial<Call>, dialect: Json = {}) => encoded('openai-chat', said(more), dialect)
const messages = (more: Partial<Call>, dialect: Json = {}) => encoded('anthropic-messages', said({ maxTokens: 9000, ...more }), dialect)
/** What stands in the body beside what every call has. */
function besides(id: Spoken, reasoning: Reasoning, dialect: JsonObject, more: Partial<Call> = {}): JsonObject {
  const {
    model: _,
    messages: _messages,
    max_tokens: _cap,
    ...rest
  } = (id === 'openai-chat' ? chat : messages)({ reasoning, ...more }, { reasoning: dialect }).value
  return rest
}

test('outputCap is the name of the cap, and outputDefault its value where nobody gave one', () => {
  assert.equal(chat({ maxTokens: 5 }).value.max_completion_tokens, 5)
  assert.equal(chat({ maxTokens: 5 }, { outputCap: 'max_tokens' }).value.max_tokens, 5)
  assert.equal(chat({}).value.max_completion_tokens, undefined)
  const defaulted = chat({}, { outputDefault: 100 })
  assert.deepEqual([defaulted.value.max_completion_tokens, fieldsOf(defaulted.warnings)], [100, ['max_tokens']])
  assert.equal(encoded('anthropic-messages', said(), { outputDefault: null }).value.max_tokens, undefined)
})

test('systemRole and laterSystemRole are the roles of system messages', () => {
  const system = { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] } as const
  const turns = [system, ...said().messages, system]
  const roles = (dialect: Json): Json[] => (chat({ messages: turns }, dialect).value.messages as JsonObject[]).map(({ role }) => role!)
  assert.deepEqual(roles({}), ['system', 'user', 'system'])
  assert.deepEqual(roles({ systemRole: 'developer', laterSystemRole: 'user' }), ['developer', 'user', 'user'])
  const relayed = sent('openai-chat', '{"model":"m","messages":[]}', 'm', { systemPrompt: 'Be brief.' }, { systemRole: 'developer' })
  assert.equal(relayed, '{"model":"m","messages":[{"role":"developer","content":"Be brief."}]}')
})

test('texts: joined makes one text of a list that holds only texts', () => {
  const image = { type: 'image', source: { type: 'url', url: 'https://files.example/a' } } as const
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
  ] as const
  const contents = (dialect: Json): Json[] =>
    (
      chat(
        {
          messages: [
            { role: 'user', parts },
            { role: 'assistant', parts },
            { role: 'user', parts: [...parts, image] },
          ],
        },
        dialect,
      ).value.messages as JsonObject[]
    ).map(({ content }) => content!)
  assert.deepEqual(contents({ texts: 'joined' }).slice(0, 2), ['a\n\nb', 'ab'])
  for (const content of [...contents({}), contents({ texts: 'joined' })[2]!]) assert.ok(Array.isArray(content))
})

test('cacheControl says whether marks can be said, and where they cannot it is one warning', () => {
  const cache = { ttl: '1h' } as const
  const marked: Partial<Call> = {
    messages: [
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'Hi', cache },
          { type: 'text', text: 'Ho', cache: { ttl: '5m' } },
        ],
      },
    ],
    tools: [{ name: 'f', parameters: {}, cache }],
  }
  const kept = chat(marked, { cacheControl: 'parts' })
  assert.deepEqual((kept.value.messages as JsonObject[])[0]!.content, [
    { type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '1h' } },
    { type: 'text', text: 'Ho', cache_control: { type: 'ephemeral' } },
  ])
  assert.deepEqual([(kept.value.tools as JsonObject[])[0]!.cache_control, kept.warnings], [{ type: 'ephemeral', ttl: '1h' }, []])
  for (const one of [{ messages: marked.messages! }, { tools: marked.tools! }]) {
    for (const lost of [chat(one), messages(one, { cacheControl: 'none' })]) {
      assert.deepEqual(fieldsOf(lost.warnings), ['cache_control'])
      assert.equal(JSON.stringify(lost.value).includes('cache_control'), false)
    }
  }
})

test('toolCallIds: nine gives each id nine letters and digits, the same for the call and its result', () => {
  const turns: Call['messages'] = [
    { role: 'assistant', parts: [{ type: 'tool-call', id: 'toolu_01', name: 'f', arguments: '{}' }] },
    { role: 'user', parts: [{ type: 'tool-result', callId: 'toolu_01', parts: [], isError: false }] },
  ]
  const [call, result] = chat({ messages: turns }, { toolCallIds: 'nine' }).value.messages as JsonObject[]
  const id = (call!.tool_calls as JsonObject[])[0]!.id
  assert.match(String(id), /^[a-zA-Z0-9]{9}$/)
  assert.equal(result!.tool_call_id, id)
})

test('topK and highestTemperature say what may be sampled', () => {
  assert.equal(chat({ topK: 3 }, { topK: true }).value.top_k, 3)
  assert.deepEqual(fieldsOf(messages({ topK: 3 }, { topK: false }).warnings), ['top_k'])
  assert.deepEqual(
    [messages({ temperature: 1.5 }).value.temperature, fieldsOf(messages({ temperature: 1.5 }).warnings)],
    [1, ['temperature']],
  )
  assert.equal(messages({ temperature: 1.5 }, { highestTemperature: null }).value.temperature, 1.5)
})

test('longestUser is how long the id of an end user may be', () => {
  const user = 'u'.repeat(40)
  assert.equal(chat({ user }).value.user, user)
  assert.equal(String(chat({ user }, { longestUser: 32 }).value.user).length, 32)
})

test('drop takes a parameter out with a warning, and rename calls it otherwise, in relay too', () => {
  const { value, warnings } = chat({ seed: 1, topP: 0.5 }, { drop: ['top_p'], rename: { seed: 'random_seed' } })
  assert.deepEqual([value.seed, value.random_seed, value.top_p], [undefined, 1, undefined])
  assert.deepEqual(fieldsOf(warnings), ['top_p'])
  const dialect = { drop: ['top_p'], rename: { seed: 'random_seed' } }
  assert.equal(sent('openai-chat', '{"model":"m", "seed" : 1,"top_p":1}', 'm', {}, dialect), '{"model":"m", "random_seed":1,"top_p":1}')
  assert.equal(sent('openai-chat', '{"model":"m","seed":1,"random_seed":2}', 'm', {}, dialect), '{"model":"m","seed":1,"random_seed":2}')
  const defaults = { params: { top_p: 1, seed: 7 } }
  assert.equal(sent('openai-chat', '{"model":"m"}', 'm', defaults, dialect), '{"model":"m","random_seed":7}')
  assert.equal(sent('openai-chat', '{"model":"m","seed":1}', 'm', defaults, dialect), '{"model":"m","random_seed":1}')
  assert.equal(sent('anthropic-messages', '{"model":"m","top_k":1}', 'm', {}, { rename: { top_k: 'k' } }), '{"model":"m","k":1}')
})

const high = { effort: 'high' } as const
for (const [id, reasoning, dialect, expected] of [
  ['openai-chat', high, {}, { reasoning_effort: 'high' }],
  ['openai-chat', high, { efforts: { high: 'deep' } }, { reasoning_effort: 'deep' }],
  ['openai-chat', high, { where: 'reasoning.effort' }, { reasoning: { effort: 'high' } }],
  ['openai-chat', { budgetTokens: 2000 }, { where: 'reasoning.effort' }, { reasoning: { max_tokens: 2000 } }],
  ['openai-chat', { adaptive: true }, { where: 'reasoning.effort' }, { reasoning: { enabled: true } }],
  ['openai-chat', high, { where: 'thinking' }, { thinking: { type: 'enabled' } }],
  ['openai-chat', high, { where: 'nowhere' }, {}],
  ['openai-chat', { budgetTokens: 5000 }, {}, { reasoning_effort: 'medium' }],
  ['openai-chat', { effort: 'none' }, {}, { reasoning_effort: 'none' }],
  ['openai-chat', { effort: 'none' }, { efforts: { none: 'minimal' } }, { reasoning_effort: 'minimal' }],
  ['openai-chat', { effort: 'none' }, { off: 'omit' }, {}],
  ['openai-chat', { effort: 'none' }, { where: 'thinking', off: 'disabled' }, { thinking: { type: 'disabled' } }],
  ['openai-chat', { effort: 'none' }, { where: 'reasoning.effort', off: 'disabled' }, { reasoning: { enabled: false } }],
  ['anthropic-messages', high, {}, { output_config: { effort: 'high' } }],
  ['anthropic-messages', high, { adaptive: true }, { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
  ['anthropic-messages', { effort: 'low' }, { where: 'thinking_budget' }, { thinking: { type: 'enabled', budget_tokens: 2048 } }],
  [
    'anthropic-messages',
    high,
    { where: 'thinking_budget', efforts: { high: 5000 } },
    { thinking: { type: 'enabled', budget_tokens: 5000 } },
  ],
  ['anthropic-messages', high, { where: 'thinking_budget' }, { thinking: { type: 'enabled', budget_tokens: 8999 } }],
  ['anthropic-messages', { effort: 'none' }, {}, { thinking: { type: 'disabled' } }],
] as [Spoken, Reasoning, JsonObject, JsonObject][]) {
  test(`${id}: ${JSON.stringify(reasoning)} in ${JSON.stringify(dialect)} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(besides(id, reasoning, dialect), expected)
  })
}

test('a budget for an effort stays below the cap, is dropped where the cap leaves no room, and raises a cap that nobody set', () => {
  const dialect = { reasoning: { where: 'thinking_budget' } }
  const none = messages({ reasoning: high, maxTokens: 500 }, dialect)
  assert.deepEqual([none.value.thinking, fieldsOf(none.warnings)], [undefined, ['reasoning.effort', 'reasoning']])
  assert.equal(encoded('anthropic-messages', said({ reasoning: { effort: 'low' } }), dialect).value.max_tokens, 4096 + 2048)
})

test('what reasoning excludes goes only where reasoning is asked for', () => {
  const dialect = { reasoning: { excludes: ['temperature'] } }
  assert.equal(chat({ temperature: 0.5 }, dialect).value.temperature, 0.5)
  const both = chat({ temperature: 0.5, reasoning: high }, dialect)
  assert.deepEqual([both.value.temperature, fieldsOf(both.warnings)], [undefined, ['temperature']])
})

test('replay is the field under which earlier reasoning is sent again, and read is where an answer has it', () => {
  const turn: Call['messages'] = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'Yes.' },
      ],
    },
  ]
  const replayed = (replay: string): Json => (chat({ messages: turn }, { reasoning: { replay } }).value.messages as JsonObject[])[0]!
  assert.deepEqual(replayed('none'), { role: 'assistant', content: 'Yes.' })
  assert.deepEqual(replayed('reasoning_content'), { role: 'assistant', content: 'Yes.', reasoning_content: 'Hm.' })
  assert.deepEqual(replayed('reasoning'), { role: 'assistant', content: 'Yes.', reasoning: 'Hm.' })
  const choice = { index: 0, message: { content: 'Yes.', thoughts: 'Hm.' }, finish_reason: 'stop' }
  const dialect = { reasoning: { read: ['thoughts'] } }
  const reply = codecFor('openai-chat', dialect).decodeResponse({ choices: [choice] }, () => {})
  assert.deepEqual(reply.parts[0], { type: 'reasoning', text: 'Hm.' })
  const streamed = streamedReply(
    'openai-chat',
    [{ choices: [{ index: 0, delta: { thoughts: 'Hm.' }, finish_reason: 'stop' }] }, '[DONE]'],
    dialect,
  )
  assert.deepEqual(streamed.parts, [{ type: 'reasoning', text: 'Hm.' }])
})

test('errors are read where the dialect says', () => {
  const dialect = { errors: { message: ['error.metadata.raw'], type: ['kind'], code: ['reason'] } }
  const body = { error: { message: 'Provider returned error', metadata: { raw: 'Slow down.' } }, kind: 'rate_limit_error', reason: 'tpm' }
  const read = codecFor('openai-chat', dialect).decodeError(fault(200, body))
  assert.deepEqual([read.kind, read.code, read.message], ['provider_rate_limited', 'tpm', 'The provider reported an error: Slow down.'])
})

test('headers and auth of a dialect stand in a translated request too, and no header of a caller', () => {
  const { headers, path, method } = codecFor('anthropic-messages', {
    headers: { 'x-title': 'Purser' },
    paths: { generate: '/messages' },
  }).encodeRequest(said({ maxTokens: 1 }), 'm', () => {})
  assert.deepEqual([method, path, headers['x-title'], headers['anthropic-version']], ['POST', '/messages', 'Purser', '2023-06-01'])
  assert.equal(codecFor('openai-chat').encodeRequest(said(), 'm', () => {}).path, '/chat/completions')
})

test('usage is read where the dialect says, translated as everywhere', () => {
  const body = {
    choices: [{ message: { content: 'a' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 9, completion_tokens: 2, prompt_cache_hit_tokens: 4 },
  }
  const { usage } = codecFor('openai-chat', { usage: { cacheRead: ['prompt_cache_hit_tokens'] } }).decodeResponse(body, () => {})
  assert.deepEqual(usage?.segments, [{ meters: { input_tokens: 5n, cache_read_tokens: 4n, output_tokens: 2n } }])
})

test('a refinement for a model holds in translation', () => {
  const dialect = { models: { 'old-*': { reasoning: { where: 'nowhere' } } } }
  assert.equal(encoded('openai-chat', said({ reasoning: high }), dialect, 'old-1').value.reasoning_effort, undefined)
  assert.equal(encoded('openai-chat', said({ reasoning: high }), dialect, 'new-1').value.reasoning_effort, 'high')
})

for (const [written, field] of [
  [{ drop: ['model'] }, 'dialect.drop.0'],
  [{ rename: { messages: 'turns' } }, 'dialect.rename.messages'],
  [{ rename: { seed: 'stream' } }, 'dialect.rename.seed'],
  [{ reasoning: { where: 'anywhere' } }, 'dialect.reasoning.where'],
  [{ reasoning: { efforts: { huge: 'x' } } }, 'dialect.reasoning.efforts.huge'],
  [{ texts: 'none' }, 'dialect.texts'],
] as [Json, string][]) {
  test(`${JSON.stringify(written)} is refused at ${field}`, () => {
    assert.throws(
      () => codecFor('openai-chat', written),
      (error) => error instanceof PurserError && error.field === field,
    )
  })
}

test('a provider with three quirks is a row of data and nothing else', () => {
  const dialect = { outputCap: 'max_tokens', rename: { seed: 'random_seed' }, reasoning: { where: 'thinking', off: 'disabled' } }
  const { value, warnings } = chat({ maxTokens: 7, seed: 3, reasoning: { effort: 'none' } }, dialect)
  assert.deepEqual(value, {
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 7,
    random_seed: 3,
    thinking: { type: 'disabled' },
  })
  assert.deepEqual(warnings, [])
})
