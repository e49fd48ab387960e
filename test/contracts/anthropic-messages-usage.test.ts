import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { RawUsage, Usage } from '../../src/core/usage.ts'
import { codecFor } from './requests.ts'

const codec = codecFor('anthropic-messages')
const normalise = (raw: JsonObject): Usage | null => codec.normaliseUsage(raw)

/** Segments as plain values: the model, if any, and the meters as numbers. */
function plain(usage: Usage | null): { model?: string; meters: Record<string, number> }[] | undefined {
  return usage?.segments.map((segment) => ({
    ...segment,
    meters: Object.fromEntries(Object.entries(segment.meters).map(([meter, amount]) => [meter, Number(amount)])),
  }))
}

test('fresh input stands beside the cache, writes are split by lifetime and thinking lies inside the output', () => {
  const raw = {
    input_tokens: 2389,
    cache_read_input_tokens: 90_000,
    cache_creation_input_tokens: 1500,
    cache_creation: { ephemeral_5m_input_tokens: 1000, ephemeral_1h_input_tokens: 500 },
    output_tokens: 777,
    output_tokens_details: { thinking_tokens: 700 },
    server_tool_use: { web_search_requests: 3, web_fetch_requests: 1 },
  }
  assert.deepEqual(plain(normalise(raw)), [
    {
      meters: {
        cache_write_1h_tokens: 500,
        cache_write_5m_tokens: 1000,
        cache_read_tokens: 90_000,
        input_tokens: 2389,
        reasoning_tokens: 700,
        output_tokens: 77,
        web_searches: 3,
        web_fetches: 1,
      },
    },
  ])
})

test('a write without a split, and what a split leaves, is of five minutes', () => {
  const of = (raw: JsonObject): unknown => plain(normalise({ input_tokens: 1, ...raw }))?.[0]?.meters
  assert.deepEqual(of({ cache_creation_input_tokens: 4012 }), { cache_write_5m_tokens: 4012, input_tokens: 1 })
  assert.deepEqual(of({ cache_creation_input_tokens: 10, cache_creation: { ephemeral_1h_input_tokens: 4 } }), {
    cache_write_1h_tokens: 4,
    cache_write_5m_tokens: 6,
    input_tokens: 1,
  })
  assert.deepEqual(of({ cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 } }), {
    cache_write_1h_tokens: 4,
    cache_write_5m_tokens: 2,
    input_tokens: 1,
  })
})

test('a split larger than its total is cut to it, one hour first, and flagged', () => {
  const usage = normalise({
    input_tokens: 1,
    cache_creation_input_tokens: 5,
    cache_creation: { ephemeral_5m_input_tokens: 9, ephemeral_1h_input_tokens: 4 },
  })
  assert.deepEqual(plain(usage)?.[0]?.meters, { cache_write_1h_tokens: 4, cache_write_5m_tokens: 1, input_tokens: 1 })
  assert.deepEqual(usage?.flags, ['usage_inconsistent'])
  const hour = normalise({ input_tokens: 1, cache_creation_input_tokens: 5, cache_creation: { ephemeral_1h_input_tokens: 9 } })
  assert.deepEqual(plain(hour)?.[0]?.meters, { cache_write_1h_tokens: 5, input_tokens: 1 })
})

test('no usage is unknown, and zeros are known', () => {
  assert.equal(normalise({}), null)
  assert.equal(normalise({ service_tier: 'standard', input_tokens: null }), null)
  assert.deepEqual(normalise({ input_tokens: 0, output_tokens: 0 }), { segments: [{ meters: {} }], flags: [] })
})

const start = {
  input_tokens: 10,
  cache_read_input_tokens: 3,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 2 },
  cache_creation_input_tokens: 2,
  output_tokens: 1,
  service_tier: 'priority',
  inference_geo: 'us',
}
const delta = { input_tokens: 12, cache_read_input_tokens: null, cache_creation_input_tokens: 2, output_tokens: 40 }

test('later reports are laid over the first, deeply, and a null overrides nothing', () => {
  const merged = codec.mergeUsage(start, delta)
  assert.deepEqual(merged, { ...start, input_tokens: 12, output_tokens: 40 })
  assert.deepEqual(plain(normalise(merged))?.[0]?.meters, {
    cache_write_1h_tokens: 2,
    cache_read_tokens: 3,
    input_tokens: 12,
    output_tokens: 40,
  })
})

test('a split that comes again in part keeps its other part', () => {
  const merged = codec.mergeUsage(start, { cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: null } })
  assert.deepEqual(merged.cache_creation, { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 2 })
})

test('merging is the same however the reports are grouped', () => {
  const value: fc.Arbitrary<Json> = fc.oneof(
    fc.constant(null),
    fc.nat(9),
    fc.dictionary(fc.constantFrom('x', 'y'), fc.oneof(fc.constant(null), fc.nat(9))),
  )
  const raw = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value) as fc.Arbitrary<RawUsage>
  // A number in the place of an object is no shape that any report has.
  const shaped = fc.tuple(raw, raw, raw).filter((all) =>
    ['a', 'b', 'c'].every(
      (name) =>
        new Set(
          all
            .map((one) => one[name])
            .filter((part) => part !== null && part !== undefined)
            .map((part) => typeof part),
        ).size < 2,
    ),
  )
  fc.assert(
    fc.property(shaped, ([a, b, c]) => {
      const left = codec.mergeUsage(codec.mergeUsage(a, b), c)
      const right = codec.mergeUsage(a, codec.mergeUsage(b, c))
      const said = (report: RawUsage): string => JSON.stringify(report, (_name, part: unknown) => (part === null ? undefined : part))
      assert.deepEqual(JSON.parse(said(left)), JSON.parse(said(right)))
    }),
    { numRuns: 500 },
  )
})

test('the report at the start of a stream is a running count, the ones after it are final', () => {
  const first = codec.reportOf({ type: 'message_start', message: { id: 'msg_1', model: 'claude', usage: start } })
  assert.deepEqual(
    [first.usageIsFinal, first.id, first.model, first.context],
    [false, 'msg_1', 'claude', { service_tier: 'priority', inference_geo: 'us' }],
  )
  const last = codec.reportOf({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta })
  assert.deepEqual([last.usageIsFinal, last.stopReason, last.model], [true, 'end_turn', undefined])
  assert.equal(codec.reportOf({ type: 'message', id: 'm', model: 'c', content: [], usage: delta }).usageIsFinal, true)
})

/** A message's model is that of the answer, and is said there. */
const message = { type: 'message', model: 'claude', input_tokens: 180, output_tokens: 8 }
const compaction = {
  type: 'compaction',
  input_tokens: 100,
  output_tokens: 82,
  cache_creation_input_tokens: 55_096,
  cache_creation: { ephemeral_5m_input_tokens: 55_096 },
}
const advisor = { type: 'advisor_message', model: 'other', input_tokens: 50, output_tokens: 20 }
const fallback = { type: 'fallback_message', model: 'spare', input_tokens: 412, output_tokens: 264 }
const top = { input_tokens: 180, output_tokens: 8 }

test('a compaction that the top level hides is billed on the model of the answer', () => {
  assert.deepEqual(plain(normalise({ ...top, iterations: [compaction, message] })), [
    { meters: { cache_write_5m_tokens: 55_096, input_tokens: 100, output_tokens: 82 } },
    { meters: { input_tokens: 180, output_tokens: 8 } },
  ])
})

test('an advisor is billed on its own model', () => {
  assert.deepEqual(plain(normalise({ ...top, iterations: [message, advisor] })), [
    { meters: { input_tokens: 180, output_tokens: 8 } },
    { model: 'other', meters: { input_tokens: 50, output_tokens: 20 } },
  ])
})

test('where there is a fallback, the fallbacks alone are billed', () => {
  assert.deepEqual(
    plain(normalise({ input_tokens: 412, output_tokens: 264, iterations: [message, fallback, { type: 'novel', input_tokens: 5 }] })),
    [{ model: 'spare', meters: { input_tokens: 412, output_tokens: 264 } }],
  )
})

test('server tools are counted to the last message, to the last fallback, else to the last segment', () => {
  const searched = (iterations: readonly Json[]): (number | undefined)[] | undefined =>
    plain(normalise({ ...top, iterations, server_tool_use: { web_search_requests: 2 } }))?.map((segment) => segment.meters.web_searches)
  assert.deepEqual(searched([message, message, advisor]), [undefined, 2, undefined])
  assert.deepEqual(searched([message, fallback, fallback]), [undefined, 2])
  assert.deepEqual(searched([advisor, compaction]), [undefined, 2])
})

test('thinking is taken out of the messages in order, and a rest that fits nowhere is dropped and flagged', () => {
  const of = (thinking_tokens: number): Usage | null =>
    normalise({ ...top, iterations: [message, advisor, message], output_tokens_details: { thinking_tokens } })
  assert.deepEqual(
    plain(of(10))?.map((segment) => segment.meters),
    [
      { input_tokens: 180, reasoning_tokens: 8 },
      { input_tokens: 50, output_tokens: 20 },
      { input_tokens: 180, reasoning_tokens: 2, output_tokens: 6 },
    ],
  )
  assert.deepEqual([of(10)?.flags, of(17)?.flags], [[], ['usage_inconsistent']])
})

test('thinking larger than the whole output is cut to it and flagged', () => {
  const usage = normalise({ ...top, output_tokens_details: { thinking_tokens: 9 } })
  assert.deepEqual([plain(usage)?.[0]?.meters, usage?.flags], [{ input_tokens: 180, reasoning_tokens: 8 }, ['usage_inconsistent']])
})

test('an iteration of a type nobody knows is billed on its own model and flagged', () => {
  const usage = normalise({ ...top, iterations: [message, { type: 'novel', model: 'new', input_tokens: 5 }] })
  assert.deepEqual(plain(usage)?.[1], { model: 'new', meters: { input_tokens: 5 } })
  assert.deepEqual(usage?.flags, ['iteration_unknown'])
})

test('an empty list of iterations, and one that counts nothing, leave the top level as it is', () => {
  for (const iterations of [[], null, 'x', [{ type: 'message' }]])
    assert.deepEqual(plain(normalise({ ...top, iterations })), [{ meters: { input_tokens: 180, output_tokens: 8 } }])
})

test('no report throws or gives a meter below one', () => {
  const wild = fc.oneof(fc.nat(50), fc.constantFrom<Json>(null, -1, 1.5, 'x', [], {}))
  const counts = {
    input_tokens: wild,
    output_tokens: wild,
    cache_read_input_tokens: wild,
    cache_creation_input_tokens: wild,
    cache_creation: fc.record({ ephemeral_5m_input_tokens: wild, ephemeral_1h_input_tokens: wild }, { requiredKeys: [] }),
  }
  const iteration = fc.record(
    {
      ...counts,
      type: fc.constantFrom<Json>('message', 'compaction', 'advisor_message', 'fallback_message', 'novel', 7),
      model: fc.constantFrom<Json>('m', null),
    },
    { requiredKeys: [] },
  )
  const raw = fc.record(
    {
      ...counts,
      output_tokens_details: fc.record({ thinking_tokens: wild }),
      server_tool_use: fc.record({ web_search_requests: wild }),
      iterations: fc.oneof(fc.array(fc.oneof(iteration, wild), { maxLength: 3 }), wild),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(raw, (report) => {
      for (const segment of normalise(report as JsonObject)?.segments ?? [])
        for (const amount of Object.values(segment.meters)) assert.ok(amount > 0n)
    }),
    { numRuns: 800 },
  )
})
