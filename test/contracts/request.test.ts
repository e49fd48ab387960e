import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Defaults } from '../../src/contracts/contract.ts'
import { contractOf } from '../../src/contracts/index.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { codecFor, paths, request, type Spoken, sent, spoken } from './requests.ts'

/** What the edits are to come to, said anew over plain values. */
function expected(id: Spoken, body: JsonObject, model: string, defaults: Defaults): Json {
  const openai = id === 'openai-chat'
  const result: Record<string, Json> = { ...body, model }
  const messages = Array.isArray(body.messages) ? (body.messages as readonly Json[]) : []
  const roles = messages.map((message) => (isObject(message) ? message.role : undefined))
  if (defaults.systemPrompt !== undefined && !roles.includes('system') && !(openai && roles.includes('developer'))) {
    if (openai && Array.isArray(body.messages)) result.messages = [{ role: 'system', content: defaults.systemPrompt }, ...messages]
    if (!openai && !('system' in body)) result.system = defaults.systemPrompt
  }
  const capped = 'max_tokens' in body || (openai && 'max_completion_tokens' in body)
  const wanted: Record<string, Json> = { ...defaults.params }
  if (defaults.temperature !== undefined) wanted.temperature = defaults.temperature
  if (!capped && defaults.maxTokens !== undefined) wanted[openai ? 'max_completion_tokens' : 'max_tokens'] = defaults.maxTokens
  for (const [name, value] of Object.entries(wanted)) if (!(name in body)) result[name] = value
  if (openai && body.stream === true) {
    const options = body.stream_options
    if (options === undefined || options === null) result.stream_options = { include_usage: true }
    else if (isObject(options) && (options.include_usage ?? false) === false) result.stream_options = { ...options, include_usage: true }
  }
  return result
}

const message = fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant'), content: fc.string({ unit: 'grapheme' }) })
const options = fc.oneof(
  fc.constant(null),
  fc.record({ include_usage: fc.constantFrom<Json>(true, false, null), other: fc.integer() }, { requiredKeys: [] }),
)
const body = fc.record(
  {
    model: fc.string({ minLength: 1, maxLength: 20 }),
    messages: fc.array(message, { maxLength: 4 }),
    stream: fc.boolean(),
    stream_options: options,
    temperature: fc.constantFrom(null, 0, 1),
    max_tokens: fc.nat(),
    max_completion_tokens: fc.nat(),
    system: fc.string(),
    top_p: fc.constantFrom(0.5, 1),
    extra: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: ['model'] },
)
const defaults = fc.record(
  {
    systemPrompt: fc.string({ unit: 'grapheme' }),
    temperature: fc.constantFrom(0, 0.5, 2),
    maxTokens: fc.integer({ min: 1, max: 1e6 }),
    params: fc.record({ top_p: fc.constant(0.9), seed: fc.integer() }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
)

for (const id of spoken) {
  test(`${id}: what is sent is what came, with exactly the edits`, () => {
    fc.assert(
      fc.property(body, defaults, fc.string({ minLength: 1 }), fc.constantFrom(undefined, 2), (came, set, model, indent) => {
        const text = JSON.stringify(came, null, indent)
        assert.deepEqual(JSON.parse(sent(id, text, model, set)), expected(id, JSON.parse(text) as JsonObject, model, set))
      }),
      { numRuns: 600 },
    )
  })

  test(`${id}: a profile without parameters changes the model's value and no other byte`, () => {
    fc.assert(
      fc.property(body, fc.string({ minLength: 1 }), fc.constantFrom(undefined, 1, '\t'), (came, model, indent) => {
        const text = JSON.stringify({ ...came, stream: false }, null, indent)
        const value = JSON.stringify(came.model)
        const at = text.indexOf(`"model":${indent === undefined ? '' : ' '}${value}`) + (indent === undefined ? 8 : 9)
        assert.equal(sent(id, text, model), text.slice(0, at) + JSON.stringify(model) + text.slice(at + value.length))
      }),
      { numRuns: 300 },
    )
  })

  test(`${id}: odd spellings, spaces, order and unknown fields survive byte for byte`, () => {
    const before = '{ "z" : 1e2 , "\\u0066oo":"\\u00e9\\/" ,\r\n "model"\t: "mine" , "n":1.0, "messages" :[ ] }'
    assert.equal(sent(id, before, 'theirs'), before.replace('"mine"', '"theirs"'))
  })

  test(`${id}: a value the caller has set always wins, null too`, () => {
    const came = { model: 'a', messages: [], temperature: null, max_tokens: 5, top_p: 0.1 }
    const set = { temperature: 1, maxTokens: 9, params: { top_p: 0.9, model: 'stolen', stream: true, messages: [1] } }
    assert.deepEqual(JSON.parse(sent(id, JSON.stringify(came), 'b', set)), { ...came, model: 'b' })
  })

  test(`${id}: a parameter named like something every object has is spelled as it is`, () => {
    const filled = JSON.parse(sent(id, '{"model":"a","messages":[]}', 'b', { params: { constructor: 1, toString: 2 } }))
    assert.deepEqual(Object.entries(filled).slice(-2), [
      ['constructor', 1],
      ['toString', 2],
    ])
  })

  test(`${id}: the model and the stream are read from the body, and the field is named where they are wrong`, () => {
    const peek = (text: string): unknown => codecFor(id).peek(request(paths[id], text))
    assert.deepEqual(peek('{"model":"m","stream":true}'), { model: 'm', stream: true })
    assert.deepEqual(peek('{"stream":null,"mod\\u0065l":"m"}'), { model: 'm', stream: false })
    for (const text of ['{}', '{"model":""}', '{"model":7}', '{"model":null}'])
      assert.throws(() => peek(text), { kind: 'invalid_request', field: 'model' })
    assert.throws(() => peek('{"model":"m","stream":"yes"}'), { kind: 'invalid_request', field: 'stream' })
    assert.throws(() => peek('[]'), { kind: 'invalid_request' })
    assert.throws(() => peek('{"model":"m","api_base":"http://x"}'), { kind: 'invalid_request', field: 'api_base' })
  })

  test(`${id}: no header of the caller's leaves but those on the list`, () => {
    const secret = {
      authorization: 'Bearer k',
      'x-api-key': 'k',
      cookie: 'k',
      host: 'k',
      'x-purser-include': 'k',
      'proxy-authorization': 'k',
      'x-forwarded-for': 'k',
      'user-agent': 'k',
      'x-stainless-os': 'k',
      'accept-encoding': 'gzip',
      connection: 'k',
      'content-length': '1',
    }
    const { headers } = codecFor(id).retarget(request(paths[id], '{"model":"m"}', { ...secret, accept: 'text/event-stream' }), {
      model: 'm',
      defaults: {},
    })
    assert.equal(Object.values(headers).includes('k'), false)
    assert.equal(headers['accept-encoding'], 'identity')
    assert.equal(headers['content-type'], 'application/json')
    assert.equal(headers.accept, 'text/event-stream')
    assert.equal('content-length' in headers, false)
  })

  test(`${id}: a dialect adds its headers and takes its own path`, () => {
    const codec = codecFor(id, { headers: { 'x-title': 'Purser' }, paths: { generate: '/chat' } })
    const retargeted = codec.retarget(request(paths[id], '{"model":"m"}'), { model: 'm', defaults: {} })
    assert.equal(retargeted.headers['x-title'], 'Purser')
    assert.equal(retargeted.path, '/chat')
  })

  test(`${id}: the canonical path and the one without its version reach it, with the right method only`, () => {
    const contract = contractOf(id)!
    assert.equal(contract.match('POST', paths[id])?.id, 'generate')
    assert.equal(contract.match('POST', paths[id].slice(3))?.id, 'generate')
    assert.equal(contract.match('GET', '/v1/models')?.id, 'listModels')
    assert.equal(contract.match('GET', paths[id]), undefined)
    assert.equal(contract.match('POST', `${paths[id]}/`), undefined)
    assert.deepEqual(
      contract.endpoints.filter((endpoint) => endpoint.billable).map((endpoint) => endpoint.id),
      ['generate'],
    )
  })
}

test('openai-chat: usage is asked for on the side only where a stream is and the caller did not ask', () => {
  const asked = (text: string): boolean =>
    codecFor('openai-chat').retarget(request(paths['openai-chat'], text), { model: 'm', defaults: {} }).askedForUsage
  assert.equal(asked('{"model":"m"}'), false)
  assert.equal(asked('{"model":"m","stream":true}'), true)
  assert.equal(asked('{"model":"m","stream":true,"stream_options":{"include_usage":true}}'), false)
  assert.equal(asked('{"model":"m","stream":true,"stream_options":{"include_usage":false}}'), true)
  assert.equal(asked('{"model":"m","stream":true,"stream_options":7}'), false)
})

test('openai-chat: stream options keep their bytes when the request for usage joins them', () => {
  assert.equal(
    sent('openai-chat', '{"model":"m","stream":true,"stream_options":{ "x" : 1.0 }}', 'm'),
    '{"model":"m","stream":true,"stream_options":{ "x" : 1.0 ,"include_usage":true}}',
  )
})

test("openai-chat: either spelling of the cap is the caller's cap, and the dialect says how ours is spelled", () => {
  assert.equal(sent('openai-chat', '{"model":"m","max_tokens":1}', 'm', { maxTokens: 9 }), '{"model":"m","max_tokens":1}')
  assert.equal(
    sent('openai-chat', '{"model":"m","max_completion_tokens":1}', 'm', { maxTokens: 9, params: { max_tokens: 3 } }),
    '{"model":"m","max_completion_tokens":1}',
  )
  assert.equal(sent('openai-chat', '{"model":"m"}', 'm', { maxTokens: 9 }, { outputCap: 'max_tokens' }), '{"model":"m","max_tokens":9}')
})

test('openai-chat: a system prompt is no second one beside a developer message, and stands alone in an empty list', () => {
  const set = { systemPrompt: 'Be brief.' }
  const instructed = '{"model":"m","messages":[{"role":"developer","content":"x"}]}'
  assert.equal(sent('openai-chat', instructed, 'm', set), instructed)
  assert.equal(
    sent('openai-chat', '{"model":"m","messages":[ ]}', 'm', set),
    '{"model":"m","messages":[{"role":"system","content":"Be brief."} ]}',
  )
})

test("openai-chat: the base URL holds the version, and the caller's query stays here", () => {
  const retargeted = codecFor('openai-chat').retarget(request(paths['openai-chat'], '{"model":"m"}', {}, 'key=secret&beta=true'), {
    model: 'm',
    defaults: {},
  })
  assert.equal(retargeted.path, '/chat/completions')
})

test('anthropic-messages: of the query only beta=true goes on', () => {
  const to = (query: string): string =>
    codecFor('anthropic-messages').retarget(request('/v1/messages', '{"model":"m"}', {}, query), { model: 'm', defaults: {} }).path
  assert.equal(to('beta=true&key=secret'), '/v1/messages?beta=true')
  assert.equal(to('beta=x'), '/v1/messages')
})

test('anthropic-messages: version and betas go on as they came, and a caller without a version gets one', () => {
  const to = (headers: Record<string, string>): Record<string, string> =>
    codecFor('anthropic-messages').retarget(request('/v1/messages', '{"model":"m"}', headers), { model: 'm', defaults: {} }).headers
  assert.equal(to({ 'anthropic-version': '2026-10-21', 'anthropic-beta': 'a,b' })['anthropic-version'], '2026-10-21')
  assert.equal(to({ 'anthropic-beta': 'a,b' })['anthropic-beta'], 'a,b')
  assert.equal(to({})['anthropic-version'], '2023-06-01')
})

test('anthropic-messages: counting tokens is aimed at its own path, with the system prompt and none of the parameters', () => {
  const retargeted = codecFor('anthropic-messages').retarget(
    request('/v1/messages/count_tokens', '{"model":"a","messages":[]}', {}, 'beta=true'),
    { model: 'b', defaults: { systemPrompt: 's', temperature: 1, maxTokens: 5, params: { top_k: 3 } } },
  )
  assert.equal(retargeted.path, '/v1/messages/count_tokens?beta=true')
  assert.equal(Buffer.from(retargeted.body).toString(), '{"model":"b","messages":[],"system":"s"}')
})

test("anthropic-messages: a system message in the conversation is the caller's system prompt", () => {
  const came = '{"model":"m","messages":[{"role":"system","content":"x"}]}'
  assert.equal(sent('anthropic-messages', came, 'm', { systemPrompt: 's' }), came)
})
