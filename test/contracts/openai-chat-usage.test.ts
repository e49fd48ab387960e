import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { meters as registry } from '../../src/core/meters.ts'
import type { Segment, Usage } from '../../src/core/usage.ts'
import { dialects } from './dialects.ts'
import { codecFor } from './requests.ts'

const normalise = (raw: JsonObject, dialect: Json = {}, model?: string): Usage | null =>
  codecFor('openai-chat', dialect, model).normaliseUsage(raw)
const inconsistent = ['usage_inconsistent']

/** Meters of the one segment, as numbers. */
function meters(usage: Usage | null): Record<string, number> {
  assert.equal(usage?.segments.length, 1)
  return numbers(usage.segments[0]!)
}

function numbers(segment: Segment): Record<string, number> {
  return Object.fromEntries(Object.entries(segment.meters).map(([meter, amount]) => [meter, Number(amount)]))
}

function sumOf(segment: Segment, group: 'input' | 'output'): number {
  return Object.entries(segment.meters).reduce(
    (sum, [meter, amount]) => sum + (registry[meter as keyof typeof registry].group === group ? Number(amount) : 0),
    0,
  )
}

test('cache and reasoning are taken out of the totals that hold them', () => {
  const raw = {
    prompt_tokens: 4020,
    completion_tokens: 105,
    prompt_tokens_details: { cached_tokens: 8, cache_write_tokens: 4000 },
    completion_tokens_details: { reasoning_tokens: 100 },
  }
  assert.deepEqual(normalise(raw)?.flags, [])
  assert.deepEqual(meters(normalise(raw)), {
    cache_write_tokens: 4000,
    cache_read_tokens: 8,
    input_tokens: 12,
    reasoning_tokens: 100,
    output_tokens: 5,
  })
})

test('audio and images are meters of their own, their cached part is taken from text first', () => {
  const raw = {
    prompt_tokens: 100,
    completion_tokens: 50,
    prompt_tokens_details: { audio_tokens: 30, image_tokens: 20, cached_tokens: 60, text_tokens: 7 },
    completion_tokens_details: { audio_tokens: 40, reasoning_tokens: 3, accepted_prediction_tokens: 5 },
  }
  assert.deepEqual(meters(normalise(raw)), {
    input_audio_tokens: 30,
    input_image_tokens: 10,
    cache_read_tokens: 50,
    cache_read_image_tokens: 10,
    output_audio_tokens: 40,
    reasoning_tokens: 3,
    output_tokens: 7,
  })
})

const count = fc.integer({ min: 0, max: 2000 })
const report = fc.record({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: fc.record(
    { cached_tokens: count, cache_write_tokens: count, audio_tokens: count, image_tokens: count, text_tokens: count },
    { requiredKeys: [] },
  ),
  completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count, image_tokens: count }, { requiredKeys: [] }),
})

test('whatever the parts claim, the meters sum to the totals of a provider that counts everything inside them', () => {
  fc.assert(
    fc.property(report, (raw) => {
      const [segment] = normalise(raw)!.segments
      assert.equal(sumOf(segment!, 'input'), raw.prompt_tokens)
      assert.equal(sumOf(segment!, 'output'), raw.completion_tokens)
      const parts = raw.prompt_tokens_details
      const inside = (parts.cached_tokens ?? 0) + (parts.cache_write_tokens ?? 0)
      const media = (parts.audio_tokens ?? 0) + (parts.image_tokens ?? 0)
      const said = raw.completion_tokens_details
      const hidden = (said.reasoning_tokens ?? 0) + (said.audio_tokens ?? 0) + (said.image_tokens ?? 0)
      assert.equal(
        normalise(raw)!.flags.length > 0,
        inside > raw.prompt_tokens || media > raw.prompt_tokens || hidden > raw.completion_tokens,
      )
    }),
    { numRuns: 800 },
  )
})

const wild = fc.oneof(count, fc.constantFrom<Json>(null, -1, 1.5, 1e13, '12', true, [], {}, 12))
const wildReport = fc.record(
  {
    prompt_tokens: wild,
    completion_tokens: wild,
    total_tokens: wild,
    prompt_tokens_details: fc.oneof(fc.record({ cached_tokens: wild, audio_tokens: wild }), wild),
    completion_tokens_details: fc.record({ reasoning_tokens: wild }),
    num_sources_used: wild,
    surprise: wild,
  },
  { requiredKeys: [] },
)

test('no report throws, gives a negative or zero meter, or depends on the order of its keys or on fields nobody knows', () => {
  fc.assert(
    fc.property(wildReport, fc.constantFrom(...Object.values(dialects)), (raw, dialect) => {
      const usage = normalise(raw as JsonObject, dialect)
      for (const segment of usage?.segments ?? []) for (const amount of Object.values(segment.meters)) assert.ok(amount > 0n)
      const turned = Object.fromEntries(Object.entries({ ...raw, unheard_of: 5 }).reverse())
      assert.deepEqual(normalise(turned as JsonObject, dialect), usage)
    }),
    { numRuns: 800 },
  )
})

test('no usage is unknown, and so is a report without a single known count; zeros are known', () => {
  assert.equal(normalise({}), null)
  assert.equal(normalise({ prompt_tokens: null, total_tokens: 5, cost: 0.1 }), null)
  assert.equal(normalise({ prompt_tokens: -1, completion_tokens: 'x' }), null)
  assert.deepEqual(normalise({ prompt_tokens: 0 }), { segments: [{ meters: {} }], flags: [] })
  assert.deepEqual(normalise({ num_search_queries: 2 }), { segments: [{ meters: { web_searches: 2n } }], flags: [] })
})

test('negative, fractional, textual and huge counts are clamped and flagged, and 12.0 is 12', () => {
  const of = (prompt_tokens: Json): Usage => normalise({ prompt_tokens, completion_tokens: 1 })!
  for (const nonsense of [-5, '7', Number.NaN, 1e12 + 1, true, [3]]) {
    assert.deepEqual(meters(of(nonsense)), { output_tokens: 1 })
    assert.deepEqual(of(nonsense).flags, inconsistent)
  }
  assert.deepEqual([meters(of(12.2)).input_tokens, of(12.2).flags], [13, inconsistent])
  assert.deepEqual([meters(of(JSON.parse('12.0') as number)).input_tokens, of(12).flags], [12, []])
})

test('more cached than the prompt is cut to the prompt and flagged, writes are kept before reads', () => {
  assert.deepEqual(meters(normalise({ prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 30 } })), { cache_read_tokens: 10 })
  const both = normalise({ prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 50, cache_write_tokens: 80 } })
  assert.deepEqual([meters(both), both?.flags], [{ cache_write_tokens: 80, cache_read_tokens: 20 }, inconsistent])
})

test('more reasoning than the completion is cut to it and flagged', () => {
  const usage = normalise({ prompt_tokens: 1, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 9 } })
  assert.deepEqual([meters(usage), usage?.flags], [{ input_tokens: 1, reasoning_tokens: 5 }, inconsistent])
})

test('a missing prompt total is the sum of its modalities, else of its cache, and a missing output total that of its parts', () => {
  assert.deepEqual(meters(normalise({ prompt_tokens_details: { text_tokens: 7, audio_tokens: 3, cached_tokens: 2 } })), {
    input_tokens: 5,
    input_audio_tokens: 3,
    cache_read_tokens: 2,
  })
  assert.deepEqual(meters(normalise({ prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 }, dialects.deepseek)), {
    cache_read_tokens: 6,
    input_tokens: 4,
  })
  assert.deepEqual(meters(normalise({ completion_tokens_details: { text_tokens: 2, audio_tokens: 3, reasoning_tokens: 4 } })), {
    output_tokens: 2,
    output_audio_tokens: 3,
    reasoning_tokens: 4,
  })
})

test('xAI adds reasoning to the completion, and its cache lies inside the prompt if it fits there', () => {
  const raw = {
    prompt_tokens: 12,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 11 },
    completion_tokens_details: { reasoning_tokens: 290 },
    num_sources_used: 3,
  }
  assert.deepEqual(meters(normalise(raw, dialects.xai)), {
    input_tokens: 1,
    cache_read_tokens: 11,
    output_tokens: 1,
    reasoning_tokens: 290,
    search_sources: 3,
  })
  const outside = normalise({ ...raw, prompt_tokens_details: { cached_tokens: 40 } }, dialects.xai)
  assert.deepEqual(
    [meters(outside), outside?.flags],
    [{ input_tokens: 12, cache_read_tokens: 40, output_tokens: 1, reasoning_tokens: 290, search_sources: 3 }, []],
  )
})

test('tools that the provider ran have meters of their own', () => {
  const ran = {
    web_search_calls: 1,
    x_search_calls: 2,
    code_interpreter_calls: 3,
    mcp_calls: 4,
    file_search_calls: 5,
    document_search_calls: 6,
    other_calls: 7,
  }
  assert.deepEqual(meters(normalise({ prompt_tokens: 0, server_side_tool_usage_details: ran }, dialects.xai)), {
    web_searches: 1,
    x_searches: 2,
    code_executions: 3,
    mcp_calls: 4,
    file_searches: 11,
  })
  assert.deepEqual(meters(normalise({ prompt_tokens: 0, server_tool_use_details: { web_search_requests: 2 } }, dialects.openrouter)), {
    web_searches: 2,
  })
})

test('Perplexity adds reasoning and citations to the completion', () => {
  assert.deepEqual(
    meters(normalise({ prompt_tokens: 5, completion_tokens: 10, reasoning_tokens: 100, citation_tokens: 20 }, dialects.perplexity)),
    { input_tokens: 5, output_tokens: 10, reasoning_tokens: 100, citation_tokens: 20 },
  )
})

test('Google hides the thinking in the total', () => {
  assert.deepEqual(meters(normalise({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 109 }, dialects.google)), {
    input_tokens: 35,
    output_tokens: 74,
  })
  assert.deepEqual(meters(normalise({ prompt_tokens: 35, completion_tokens: 12, total_tokens: 40 }, dialects.google)), {
    input_tokens: 35,
    output_tokens: 12,
  })
})

test('DeepSeek, Mistral, Moonshot and Alibaba name their cache counts each in their own way', () => {
  const base = { prompt_tokens: 10, completion_tokens: 1 }
  assert.equal(
    meters(normalise({ ...base, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 }, dialects.deepseek)).cache_read_tokens,
    4,
  )
  assert.equal(
    meters(normalise({ ...base, num_cached_tokens: null, prompt_token_details: { cached_tokens: 3 } }, dialects.mistral)).cache_read_tokens,
    3,
  )
  assert.equal(meters(normalise({ ...base, cached_tokens: 2 }, dialects.moonshot)).cache_read_tokens, 2)
  assert.equal(
    meters(normalise({ ...base, prompt_tokens_details: { cache_creation_input_tokens: 5 } }, dialects.alibaba)).cache_write_tokens,
    5,
  )
})

test('where writes overlap reads both are billed in full, and only what lies beyond is taken from the fresh input', () => {
  const raw = { prompt_tokens: 100, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 60 } }
  const google = (report: JsonObject): Usage | null => normalise(report, dialects.openrouter, 'google/gemini')
  assert.deepEqual(meters(google(raw)), { input_tokens: 40, cache_read_tokens: 40, cache_write_tokens: 60, output_tokens: 1 })
  assert.deepEqual(google(raw)?.flags, [])
  assert.equal(meters(normalise(raw, dialects.openrouter, 'openai/gpt')).input_tokens, undefined)
  const beyond = google({ ...raw, prompt_tokens_details: { cached_tokens: 140, cache_write_tokens: 60 } })
  assert.deepEqual([meters(beyond), beyond?.flags], [{ cache_read_tokens: 100, cache_write_tokens: 60, output_tokens: 1 }, inconsistent])
})

test('Groq reports in one of two places, and never in both at once', () => {
  const codec = codecFor('openai-chat', dialects.groq)
  const inside = codec.reportOf({ choices: [], x_groq: { usage: { prompt_tokens: 1 } }, usage: { prompt_tokens: 1 } })
  assert.deepEqual(inside.usage, { prompt_tokens: 1 })
  assert.deepEqual(codec.reportOf({ choices: [], usage: { prompt_tokens: 2 } }).usage, { prompt_tokens: 2 })
})

const entry = (model: string, prompt_tokens: number, completion_tokens: number): Json => ({
  model,
  usage: { prompt_tokens, completion_tokens },
})

test('a compound answer is a segment for each model where the entries sum to the report', () => {
  const payload = {
    choices: [],
    usage: { prompt_tokens: 30, completion_tokens: 12 },
    usage_breakdown: { models: [entry('a', 10, 5), entry('b', 20, 7)] },
  }
  const codec = codecFor('openai-chat', dialects.groq)
  assert.deepEqual(codec.normaliseUsage(codec.reportOf(payload).usage!)?.segments, [
    { model: 'a', meters: { input_tokens: 10n, output_tokens: 5n } },
    { model: 'b', meters: { input_tokens: 20n, output_tokens: 7n } },
  ])
})

test('a compound answer whose entries repeat the whole is one segment', () => {
  const payload = {
    choices: [],
    x_groq: { usage: { prompt_tokens: 30, completion_tokens: 12 }, usage_breakdown: { models: [entry('a', 30, 12), entry('b', 30, 12)] } },
  }
  const codec = codecFor('openai-chat', dialects.groq)
  assert.deepEqual(codec.normaliseUsage(codec.reportOf(payload).usage!)?.segments, [{ meters: { input_tokens: 30n, output_tokens: 12n } }])
})

test('of two reports the later wins whole, and a null is no report', () => {
  const codec = codecFor('openai-chat')
  assert.deepEqual(codec.mergeUsage({ prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } }, { prompt_tokens: 6 }), {
    prompt_tokens: 6,
  })
  assert.equal(codec.reportOf({ choices: [], usage: null }).usage, undefined)
})
