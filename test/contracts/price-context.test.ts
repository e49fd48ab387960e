import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/core/json.ts'
import type { PriceContext } from '../../src/core/usage.ts'
import { codecFor } from './requests.ts'

const context = (response: Json | undefined, request: Json | undefined, dialect: Json = {}, model?: string): PriceContext =>
  codecFor('openai-chat', dialect, model).priceContext(response, request)

test("a tier is what the response says, else what was asked, in the house's own words", () => {
  const words: [string, string][] = [
    ['default', 'standard'],
    ['auto', 'standard'],
    ['on_demand', 'standard'],
    ['ON_DEMAND', 'standard'],
    ['standard', 'standard'],
    ['fast', 'priority'],
    ['ON_DEMAND_PRIORITY', 'priority'],
    ['ON_DEMAND_FLEX', 'flex'],
    ['PROVISIONED_THROUGHPUT', 'provisioned'],
    ['Scale', 'scale'],
    ['constructor', 'constructor'],
  ]
  for (const [said, tier] of words) {
    assert.deepEqual(context({ service_tier: said }, { service_tier: 'batch' }), { service_tier: tier })
    assert.deepEqual(context(undefined, { service_tier: said }), { service_tier: tier })
  }
  assert.deepEqual(context(undefined, { service_tier: 'standard_only' }), { service_tier: 'standard' })
})

test('null and empty texts are absent, and what nobody said is left out', () => {
  assert.deepEqual(context({ service_tier: null, speed: '' }, { service_tier: '', inference_geo: null }), {})
  assert.deepEqual(context(undefined, undefined), {})
})

test("a region is the response's, else the request's, else that of the model's prefix, else the dialect's", () => {
  const dialect = { usage: { region: 'in_region', modelPrefixes: { 'us.': 'us', 'us.gov.': 'us-gov' } } }
  assert.deepEqual(context({ inference_geo: 'eu' }, { inference_geo: 'us' }, dialect, 'us.m'), { region: 'eu' })
  assert.deepEqual(context({ inference_geo: 'not_available' }, { inference_geo: 'us' }, dialect), { region: 'global' })
  assert.deepEqual(context({}, { inference_geo: 'us' }, dialect), { region: 'us' })
  assert.deepEqual(context({}, {}, dialect, 'us.gov.m'), { region: 'us-gov' })
  assert.deepEqual(context({}, {}, dialect, 'm'), { region: 'in_region' })
})

test('thinking is a mode of the request', () => {
  for (const asked of [{ enable_thinking: true }, { thinking: { type: 'enabled' } }, { thinking: { type: 'adaptive' } }])
    assert.deepEqual(context(undefined, asked), { thinking: true })
  for (const not of [{ enable_thinking: false }, { thinking: { type: 'disabled' } }, { thinking: 'enabled' }])
    assert.deepEqual(context(undefined, not), {})
})

test('speed, resolution, quality and the search context are read where they stand', () => {
  assert.deepEqual(context({ speed: 'fast' }, { resolution: '1K', quality: 'high', web_search_options: { search_context_size: 'low' } }), {
    speed: 'fast',
    resolution: '1K',
    quality: 'high',
    search_context_size: 'low',
  })
  assert.deepEqual(context(undefined, { tools: [1, { type: 'function' }, { search_context_size: 'medium' }] }), {
    search_context_size: 'medium',
  })
})
