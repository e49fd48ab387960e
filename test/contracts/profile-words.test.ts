import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contractOf } from '../../src/contracts/index.ts'
import type { Json } from '../../src/core/json.ts'
import { scan } from '../../src/core/scan.ts'

const paths = { 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/v1/messages' } as const

/** What a provider is sent for a request that says so much, by a profile with these parameters. */
function sent(contract: keyof typeof paths, dialect: Json, params: Record<string, Json>, asked: object = {}): Record<string, Json> {
  const body = Buffer.from(JSON.stringify({ model: 'x', messages: [], ...asked }))
  const request = { method: 'POST', path: paths[contract], query: new URLSearchParams(), headers: {}, body, scan: scan(body) }
  const { body: out } = contractOf(contract)!
    .codec(dialect, 'm')
    .retarget(request as never, { model: 'm', defaults: { params } })
  const { model: _model, messages: _messages, ...rest } = JSON.parse(Buffer.from(out).toString('utf8'))
  return rest
}

test('the effort of a profile is said in the words of its provider, and none is said as none', () => {
  assert.deepEqual(sent('openai-chat', {}, { effort: 'low' }), { reasoning_effort: 'low' })
  assert.deepEqual(sent('openai-chat', {}, { effort: 'none' }), { reasoning_effort: 'none' })
  assert.deepEqual(sent('openai-chat', { reasoning: { where: 'nowhere' } }, { effort: 'max' }), {})
  assert.deepEqual(sent('anthropic-messages', {}, { effort: 'high' }, { max_tokens: 9 }), {
    max_tokens: 9,
    output_config: { effort: 'high' },
  })
  assert.deepEqual(sent('anthropic-messages', {}, { thinking: { enabled: false } }, { max_tokens: 9 }), {
    max_tokens: 9,
    thinking: { type: 'disabled' },
  })
})

test('a budget goes along where it fits into the output cap, and not beside what the caller says of reasoning', () => {
  const params = { thinking: { enabled: true, budget_tokens: 6000 } }
  assert.deepEqual(sent('anthropic-messages', {}, params, { max_tokens: 9000 }), {
    max_tokens: 9000,
    thinking: { type: 'enabled', budget_tokens: 6000 },
  })
  assert.deepEqual(sent('anthropic-messages', {}, params, { max_tokens: 100 }), { max_tokens: 100 })
  const own = { max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 2000 } }
  assert.deepEqual(sent('anthropic-messages', {}, { ...params, effort: 'max' }, own), own)
})

test('verbosity and speed go where they are known, and what is of a wire already stays', () => {
  assert.deepEqual(sent('openai-chat', {}, { verbosity: 'low', speed: 'fast', top_p: 0.5 }), { verbosity: 'low', top_p: 0.5 })
  assert.deepEqual(sent('anthropic-messages', {}, { verbosity: 'low', speed: 'fast' }, { max_tokens: 9 }), {
    max_tokens: 9,
    speed: 'fast',
  })
  const thinking = { type: 'enabled', budget_tokens: 1024 }
  assert.deepEqual(sent('anthropic-messages', {}, { thinking }, { max_tokens: 9000 }), { max_tokens: 9000, thinking })
})

test('thinking that is only switched on is an effort, none beats what stands beside it, and the usual speed is not said', () => {
  assert.deepEqual(sent('openai-chat', {}, { thinking: { enabled: true } }), { reasoning_effort: 'medium' })
  assert.deepEqual(sent('openai-chat', {}, { effort: 'none', thinking: { enabled: true } }), { reasoning_effort: 'none' })
  assert.deepEqual(sent('openai-chat', {}, { effort: 'none', thinking: { enabled: true, budget_tokens: 6000 } }), {
    reasoning_effort: 'none',
  })
  assert.deepEqual(sent('anthropic-messages', {}, { speed: 'standard' }, { max_tokens: 9 }), { max_tokens: 9 })
})
