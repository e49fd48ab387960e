import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { contractOf } from '../../src/contracts/index.ts'
import type { Call } from '../../src/core/call.ts'
import type { JsonObject } from '../../src/core/json.ts'

const providers = new Map(shippedManifest().providers.map((provider) => [provider.name, provider]))

/** What a provider in the box is sent for a call that asks for a little of everything. */
function sentTo(name: string, model: string, more: Partial<Call> = {}): { readonly body: JsonObject; readonly warned: readonly string[] } {
  const provider = providers.get(name)!
  const warned: string[] = []
  const codec = contractOf(provider.contract)!.codec(provider.dialect, model)
  const cache = { ttl: '5m' } as const
  const call: Call = {
    messages: [
      {
        role: 'system',
        parts: [
          { type: 'text', text: 'a', cache },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', parts: [{ type: 'text', text: 'Hi' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'tool-call', id: 'toolu_01', name: 'f', arguments: '{}' },
        ],
      },
      { role: 'user', parts: [{ type: 'tool-result', callId: 'toolu_01', parts: [{ type: 'text', text: '1' }], isError: false }] },
    ],
    maxTokens: 9000,
    temperature: 0.5,
    topK: 3,
    seed: 7,
    user: 'u',
    reasoning: { effort: 'xhigh' },
    stream: false,
    streamUsage: true,
    ...more,
  }
  const { body } = codec.encodeRequest(call, model, ({ field }) => warned.push(field))
  return { body: JSON.parse(Buffer.from(body).toString()) as JsonObject, warned }
}

const ofMessage = (body: JsonObject, index: number): JsonObject => (body.messages as JsonObject[])[index]!

/** Name, model, and what must stand in the body, or must not where it is undefined. */
const fixtures: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
  ['openai', 'gpt-4o', { max_completion_tokens: 9000, temperature: 0.5, reasoning_effort: undefined, top_k: undefined }],
  ['openai', 'o3', { max_completion_tokens: 9000, temperature: undefined, reasoning_effort: 'high' }],
  ['openai', 'gpt-5-mini', { temperature: undefined, reasoning_effort: 'high' }],
  ['openai', 'gpt-5.2', { temperature: undefined, reasoning_effort: 'xhigh' }],
  ['anthropic', 'claude-3-5-haiku-20241022', { max_tokens: 9000, temperature: 0.5, thinking: undefined, top_k: 3 }],
  ['anthropic', 'claude-sonnet-4-20250514', { thinking: { type: 'enabled', budget_tokens: 8999 }, temperature: undefined }],
  ['anthropic', 'claude-sonnet-4-5', { thinking: { type: 'enabled', budget_tokens: 8999 }, output_config: undefined }],
  ['anthropic', 'claude-opus-4-6', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, temperature: undefined }],
  ['anthropic', 'claude-opus-5-5', { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' }, top_k: undefined }],
  ['google', 'gemini-2.5-pro', { max_tokens: 9000, reasoning_effort: 'high', user: undefined }],
  ['groq', 'llama-3.3-70b-versatile', { max_completion_tokens: 9000, reasoning_effort: undefined }],
  ['groq', 'openai/gpt-oss-120b', { reasoning_effort: 'high' }],
  ['groq', 'qwen/qwen3-32b', { reasoning_effort: 'default' }],
  ['mistral', 'mistral-large-latest', { max_tokens: 9000, random_seed: 7, seed: undefined, user: undefined, reasoning_effort: undefined }],
  ['deepseek', 'deepseek-chat', { max_tokens: 9000, thinking: { type: 'enabled' }, seed: undefined }],
  ['xai', 'grok-4', { max_completion_tokens: 9000, reasoning_effort: undefined }],
  ['xai', 'grok-3-mini', { reasoning_effort: 'high' }],
  ['openrouter', 'anthropic/claude-opus-4.5', { max_tokens: 9000, reasoning: { effort: 'xhigh' }, top_k: 3 }],
  ['together', 'meta-llama/Llama-3.3-70B', { max_tokens: 9000, reasoning_effort: undefined, top_k: 3 }],
  ['fireworks', 'accounts/fireworks/models/kimi-k2', { max_tokens: 9000, reasoning_effort: 'high', top_k: 3 }],
  ['cerebras', 'gpt-oss-120b', { max_completion_tokens: 9000, reasoning_effort: 'high' }],
  ['ollama', 'llama3.2', { max_tokens: 9000, reasoning_effort: undefined }],
  ['vllm', 'qwen3', { max_tokens: 9000, reasoning_effort: 'high', top_k: 3 }],
  ['lm-studio', 'qwen3', { max_tokens: 9000, reasoning_effort: undefined, top_k: 3 }],
  ['simulated', 'simulated-1', { max_completion_tokens: 9000, reasoning_effort: 'xhigh' }],
  ['simulated-anthropic', 'simulated-1', { max_tokens: 9000, output_config: { effort: 'xhigh' }, thinking: undefined }],
]

for (const [name, model, expected] of fixtures) {
  test(`${name} is sent ${model} in its own dialect`, () => {
    const { body, warned } = sentTo(name, model)
    for (const [field, value] of Object.entries(expected)) assert.deepEqual(body[field], value, field)
    const lost = ['temperature', 'seed', 'user', 'top_k'].filter((field) => body[field] === undefined && !(field in body))
    for (const field of lost)
      if (!(field === 'seed' && 'random_seed' in body) && !(field === 'user' && 'metadata' in body))
        assert.ok(warned.includes(field), `${field} went without a warning`)
  })
}

test('every provider in the box has a fixture here', () => {
  assert.deepEqual(
    [...providers.keys()].filter((name) => !fixtures.some(([known]) => known === name)),
    [],
  )
})

test('the messages of each provider are written as it takes them', () => {
  assert.equal(ofMessage(sentTo('deepseek', 'deepseek-chat').body, 0).content, 'a\n\nb')
  assert.equal(ofMessage(sentTo('deepseek', 'deepseek-chat').body, 2).reasoning_content, 'Hm.')
  assert.match(String(ofMessage(sentTo('mistral', 'mistral-large-latest').body, 3).tool_call_id), /^[a-zA-Z0-9]{9}$/)
  assert.deepEqual((ofMessage(sentTo('openrouter', 'anthropic/x').body, 0).content as JsonObject[])[0]!.cache_control, {
    type: 'ephemeral',
  })
  assert.equal(sentTo('openai', 'gpt-4o').warned.includes('cache_control'), true)
})
