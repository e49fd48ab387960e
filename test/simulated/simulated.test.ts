import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { createEgress } from '../../src/net/egress.ts'
import { argumentsFor } from '../../src/simulated/arguments.ts'
import { cutTo, tokensOf } from '../../src/simulated/asked.ts'
import { type Behaviour, models } from '../../src/simulated/models.ts'
import { startSimulated } from '../../src/simulated/server.ts'
import { handClock, listen, until } from '../net/hand-clock.ts'

type Contract = 'openai-chat' | 'anthropic-messages'
const contracts: readonly Contract[] = ['openai-chat', 'anthropic-messages']
const paths = { 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/v1/messages' } as const

async function provider(context: TestContext) {
  const clock = handClock()
  const simulated = await startSimulated({ listen: { port: 0 }, clock, timers: clock, keep: 20 })
  const own = handClock()
  const egress = createEgress({ clock: own, timers: own, simulated: () => simulated.address })
  context.after(async () => {
    await egress.close()
    await simulated.close()
  })
  const send = (path: string, body: Json, method = 'POST', headers: Record<string, string> = {}) =>
    listen(egress, {
      destination: { baseUrl: 'http://simulated.purser.invalid', network: 'loopback', cidrs: [], poolKey: 'a' },
      method,
      path,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === null ? null : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      timeouts: { connect: 10_000, firstByte: 60_000, idle: 60_000, total: 600_000 },
    })
  const ask = async (contract: Contract, model: string, text: string, more: JsonObject = {}) => {
    const call = send(paths[contract], {
      model,
      messages: [{ role: 'user', content: text }],
      ...(contract === 'anthropic-messages' ? { max_tokens: 10_000 } : {}),
      ...more,
    })
    await call.over()
    return call.heard
  }
  return { simulated, clock, send, ask }
}

/** Answers are read field by field. */
const { parse: parsed } = JSON

function events(body: string): { readonly event: string | undefined; readonly data: string }[] {
  const found: { event: string | undefined; data: string }[] = []
  const parser = createParser({ onEvent: ({ event, data }) => found.push({ event, data }) })
  parser.feed(body)
  return found
}

/** The text and the usage of an answer, however it came. */
function said(contract: Contract, stream: boolean, body: string) {
  if (!stream) {
    const answer = parsed(body)
    return contract === 'openai-chat'
      ? { text: answer.choices[0].message.content, usage: answer.usage }
      : { text: answer.content[0].text, usage: answer.usage }
  }
  const payloads = events(body)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => parsed(data))
  if (contract === 'openai-chat')
    return { text: payloads.map((each) => each.choices[0]?.delta.content ?? '').join(''), usage: payloads.at(-1).usage }
  return {
    text: payloads.map((each) => each.delta?.text ?? '').join(''),
    usage: payloads.find((each) => each.type === 'message_delta').usage,
  }
}

test('the last user text comes back within the cap, and usage counts a token for each started four bytes', async (context) => {
  const { ask } = await provider(context)
  const text = fc.string({ unit: 'grapheme', maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.option(fc.integer({ min: 1, max: 20 })),
      fc.constantFrom(...contracts),
      fc.boolean(),
      async (words, cap, contract, stream) => {
        const more = {
          stream,
          ...(cap === null ? {} : { max_tokens: cap }),
          ...(stream && contract === 'openai-chat' ? { stream_options: { include_usage: true } } : {}),
        }
        const heard = await ask(contract, 'simulated-1', words, more)
        assert.equal(heard.status, 200)
        const { text: echoed, usage } = said(contract, stream, heard.body)
        const clean = Buffer.from(words).toString()
        assert.equal(echoed, cap === null ? clean : cutTo(clean, cap))
        const [input, output] =
          contract === 'openai-chat' ? [usage.prompt_tokens, usage.completion_tokens] : [usage.input_tokens, usage.output_tokens]
        assert.deepEqual([input, output], [tokensOf(clean), tokensOf(echoed)])
        assert.ok(cap === null || output <= cap)
      },
    ),
    { numRuns: 60 },
  )
})

test('a started four bytes is a whole token', () => {
  assert.deepEqual(
    ['', 'a', 'abcd', 'abcde', 'éé', 'ééé'].map((text) => tokensOf(text)),
    [0, 1, 1, 2, 1, 2],
  )
  assert.equal(tokensOf('abc', 'a'), 1)
})

test('a text is cut to the longest whole beginning that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat(12), (raw, tokens) => {
      const text = Buffer.from(raw).toString()
      const cut = cutTo(text, tokens)
      assert.ok(text.startsWith(cut) && tokensOf(cut) <= tokens)
      const [next] = text.slice(cut.length)
      if (next !== undefined) assert.ok(Buffer.byteLength(cut + String.fromCodePoint(text.codePointAt(cut.length)!)) > tokens * 4)
    }),
  )
})

test('every answer is marked as simulated, errors included', async (context) => {
  const { ask } = await provider(context)
  for (const contract of contracts) {
    for (const model of ['simulated-1', 'simulated-error-400', 'simulated-error-529', 'simulated-garbage', 'no-such-model']) {
      const heard = await ask(contract, model, 'x')
      assert.equal(heard.headers['x-simulated'], 'true', model)
    }
    const answer = parsed((await ask(contract, 'simulated-1', 'x')).body)
    assert.match(answer.id, /^sim_\d+$/)
    if (contract === 'openai-chat') assert.equal(answer.system_fingerprint, 'simulated')
  }
})

test('an OpenAI stream reports usage only when asked, and always ends with [DONE]', async (context) => {
  const { ask } = await provider(context)
  const silent = events((await ask('openai-chat', 'simulated-1', 'good morning', { stream: true })).body)
  assert.equal(silent.at(-1)?.data, '[DONE]')
  assert.ok(!silent.some(({ data }) => data.includes('usage')))
  const asked = events(
    (await ask('openai-chat', 'simulated-1', 'good morning', { stream: true, stream_options: { include_usage: true } })).body,
  )
  const report = parsed(asked.at(-2)!.data)
  assert.deepEqual([report.choices, report.usage.prompt_tokens, report.usage.completion_tokens], [[], 3, 3])
  assert.ok(asked.slice(0, -2).every(({ data }) => parsed(data).usage === null))
  const none = events((await ask('openai-chat', 'simulated-no-usage', 'x', { stream: true, stream_options: { include_usage: true } })).body)
  assert.ok(!none.some(({ data }) => data.includes('prompt_tokens')))
  assert.equal(parsed((await ask('anthropic-messages', 'simulated-no-usage', 'x')).body).usage, undefined)
})

test("an Anthropic stream names each event by its type, and stands in the contract's order", async (context) => {
  const { ask } = await provider(context)
  const found = events((await ask('anthropic-messages', 'simulated-1', 'good morning, all of you out there', { stream: true })).body)
  for (const { event, data } of found) assert.equal(event, parsed(data).type)
  const order = found.map(({ event }) => event).filter((event, position, all) => event !== all[position - 1])
  assert.deepEqual(order, [
    'message_start',
    'content_block_start',
    'ping',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
})

test('cached input is told apart as each contract does it, and sums to the same', async (context) => {
  const { ask } = await provider(context)
  const text = 'x'.repeat(400)
  const chat = parsed((await ask('openai-chat', 'simulated-cached', text)).body).usage
  assert.deepEqual([chat.prompt_tokens, chat.prompt_tokens_details], [100, { cached_tokens: 50, cache_write_tokens: 25 }])
  const messages = parsed((await ask('anthropic-messages', 'simulated-cached', text)).body).usage
  assert.deepEqual([messages.input_tokens, messages.cache_read_input_tokens, messages.cache_creation_input_tokens], [25, 50, 25])
})

test('a tool loop runs to its end in both contracts, plain and streamed', async (context) => {
  const { ask } = await provider(context)
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 2 } },
    required: ['city', 'days'],
  }
  const chat = { tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }] }
  const called = parsed((await ask('openai-chat', 'simulated-tools', 'x', chat)).body).choices[0]
  assert.equal(called.finish_reason, 'tool_calls')
  assert.deepEqual(parsed(called.message.tool_calls[0].function.arguments), { city: 'simulated', days: 2 })
  const result = { role: 'tool', tool_call_id: called.message.tool_calls[0].id, content: 'sunny' }
  const done = parsed(
    (await ask('openai-chat', 'simulated-tools', 'x', { ...chat, messages: [{ role: 'user', content: 'x' }, called.message, result] }))
      .body,
  ).choices[0]
  assert.deepEqual([done.finish_reason, done.message.content], ['stop', 'sunny'])
  const pieces = events((await ask('openai-chat', 'simulated-tools', 'x', { ...chat, stream: true })).body)
    .filter(({ data }) => data !== '[DONE]')
    .flatMap(({ data }) => parsed(data).choices[0]?.delta.tool_calls ?? [])
  assert.deepEqual(
    [pieces[0].function.name, parsed(pieces.map((each) => each.function.arguments).join(''))],
    ['weather', { city: 'simulated', days: 2 }],
  )

  const messages = { tools: [{ name: 'weather', input_schema: schema }], tool_choice: { type: 'any' } }
  const use = parsed((await ask('anthropic-messages', 'simulated-1', 'x', messages)).body)
  assert.deepEqual([use.stop_reason, use.content[0].input], ['tool_use', { city: 'simulated', days: 2 }])
  const turn = {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: use.content[0].id, content: [{ type: 'text', text: 'rain' }] }],
  }
  const answer = parsed(
    (
      await ask('anthropic-messages', 'simulated-1', 'x', {
        ...messages,
        messages: [{ role: 'user', content: 'x' }, { role: 'assistant', content: use.content }, turn],
      })
    ).body,
  )
  assert.deepEqual([answer.stop_reason, answer.content[0].text], ['end_turn', 'rain'])
  const deltas = events((await ask('anthropic-messages', 'simulated-1', 'x', { ...messages, stream: true })).body).map(
    ({ data }) => parsed(data).delta?.partial_json ?? '',
  )
  assert.deepEqual(parsed(deltas.join('')), { city: 'simulated', days: 2 })
})

test('arguments fit their schema, whatever it asks for', () => {
  const schema = {
    type: 'object',
    properties: {
      unit: { enum: ['celsius', 'kelvin'] },
      when: { type: 'string', format: 'date' },
      code: { type: 'string', minLength: 12, maxLength: 12 },
      share: { type: 'number', exclusiveMinimum: 0, maximum: 0.5 },
      tags: { type: 'array', items: { type: 'boolean' }, minItems: 2 },
      place: { $ref: '#/$defs/place' },
      either: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      listed: { type: ['null', 'string'] },
    },
    $defs: { place: { type: 'object', properties: { name: { type: 'string' } } } },
  }
  assert.deepEqual(argumentsFor(schema), {
    unit: 'celsius',
    when: '2026-01-01',
    code: 'simulatedxxx',
    share: 0.5,
    tags: [true, true],
    place: { name: 'simulated' },
    either: 1,
    listed: null,
  })
  const endless = { type: 'object', properties: { self: { $ref: '#' } } }
  assert.ok(JSON.stringify(argumentsFor(endless)).length < 200)
  for (const odd of [null, {}, [], 'x', { type: 'string' }, { type: 'nothing' }]) assert.deepEqual(argumentsFor(odd), {})
})

test('each fault model does what its name says, in both contracts', async (context) => {
  const { ask, send, simulated, clock } = await provider(context)
  for (const contract of contracts) {
    for (const [model, { behaviour }] of Object.entries(models) as [string, { behaviour: Behaviour }][]) {
      if (behaviour.type !== 'error') continue
      const heard = await ask(contract, model, 'x', { stream: true })
      assert.equal(heard.status, behaviour.status)
      assert.equal(heard.headers['retry-after'], behaviour.retryAfter === undefined ? undefined : String(behaviour.retryAfter))
      assert.ok(parsed(heard.body).error.message.startsWith('Simulated: '))
      assert.equal(parsed(heard.body).type, contract === 'openai-chat' ? undefined : 'error')
    }
    const last = contract === 'openai-chat' ? '[DONE]' : 'message_stop'
    const cutStream = await ask(contract, 'simulated-cut', 'good morning', { stream: true })
    assert.ok(cutStream.failure === undefined && cutStream.body.includes('good morning') && !cutStream.body.includes(last))
    const cutPlain = await ask(contract, 'simulated-cut', 'good morning')
    assert.equal(cutPlain.failure?.reason, 'reset')
    const first = events((await ask(contract, 'simulated-error-first', 'x', { stream: true })).body)
    assert.ok(first.length === 1 && 'error' in parsed(first[0]!.data))
    const mid = events((await ask(contract, 'simulated-error-mid', 'x'.repeat(100), { stream: true })).body)
    assert.ok(mid.length > 3 && 'error' in parsed(mid.at(-1)!.data))
    assert.equal((await ask(contract, 'simulated-error-mid', 'x')).status, 500)
    for (const stream of [true, false]) {
      const garbage = await ask(contract, 'simulated-garbage', 'x', { stream })
      assert.equal(garbage.status, 200)
      assert.throws(() => parsed(stream ? events(garbage.body)[0]!.data : garbage.body))
    }
    assert.equal((await ask(contract, 'simulated-redirect', 'x')).status, 307)
    const long = await ask(contract, 'simulated-long', 'x', { stream: true, max_tokens: 300 })
    assert.ok(events(long.body).length > 250)
    assert.equal(said(contract, true, long.body).text.length, 1_200)
    const slow = send(paths[contract], {
      model: 'simulated-slow',
      stream: true,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'x' }],
    })
    await until(() => clock.armed > 0)
    clock.advance(1_999)
    assert.equal(slow.heard.status, undefined)
    clock.advance(1)
    await until(() => clock.armed > 0)
    assert.equal(slow.heard.status, 200)
    clock.advance(200)
    await slow.over()
    assert.equal(said(contract, true, slow.heard.body).text, 'x')
  }
  const endless = send(paths['openai-chat'], { model: 'simulated-endless-line', stream: true, messages: [] })
  await until(() => endless.heard.bytes > 2_000_000)
  assert.ok(!endless.heard.body.includes('\n'))
  endless.handle.abort()
  await simulated.quiet()
})

test('the log says what was received and who left, and is empty unless it was asked for', async (context) => {
  const { simulated, send, ask } = await provider(context)
  await ask('openai-chat', 'simulated-1', 'good morning')
  const hanging = send(paths['openai-chat'], { model: 'simulated-hang', messages: [] }, 'POST', { authorization: 'Bearer x' })
  await until(() => simulated.counts().received === 2)
  hanging.handle.abort()
  await simulated.quiet()
  assert.deepEqual(
    simulated.requests().map(({ outcome }) => outcome),
    ['answered', 'gone'],
  )
  assert.deepEqual(
    [parsed(simulated.requests()[1]!.body).model, simulated.requests()[1]!.headers.authorization],
    ['simulated-hang', 'Bearer x'],
  )
  const clock = handClock()
  const silent = await startSimulated({ listen: { port: 0 }, clock, timers: clock })
  context.after(() => silent.close())
  assert.deepEqual(silent.requests(), [])
})

test("a request that cannot be understood is refused in the contract's own shape", async (context) => {
  const { send } = await provider(context)
  const bad: readonly (readonly [path: string, body: Json, status: number])[] = [
    [paths['openai-chat'], 'no json', 400],
    [paths['openai-chat'], [], 400],
    [paths['openai-chat'], { messages: [] }, 400],
    [paths['openai-chat'], { model: 'simulated-1' }, 400],
    [paths['openai-chat'], { model: '__proto__', messages: [] }, 404],
    [paths['anthropic-messages'], { model: 'simulated-1', messages: [] }, 400],
    [paths['anthropic-messages'], { model: 'gpt-4', messages: [], max_tokens: 1 }, 404],
    ['/v1/embeddings', { model: 'simulated-1' }, 404],
  ]
  for (const [path, body, status] of bad) {
    const call = send(path, body)
    await call.over()
    assert.equal(call.heard.status, status, JSON.stringify(body))
    assert.match(parsed(call.heard.body).error.message, /^Simulated: /)
  }
  for (const messages of [[], [null, 1, 'x'], [{ role: 'user' }], [{ role: 'user', content: [null, { type: 'image_url' }] }]]) {
    const call = send(paths['openai-chat'], { model: 'simulated-1', messages })
    await call.over()
    assert.deepEqual([call.heard.status, parsed(call.heard.body).choices[0].message.content], [200, ''])
  }
})

test('the models are listed in the shape the caller speaks', async (context) => {
  const { send } = await provider(context)
  const chat = send('/v1/models', null, 'GET')
  await chat.over()
  assert.deepEqual(
    parsed(chat.heard.body).data.map((each: { id: string }) => each.id),
    Object.keys(models),
  )
  const messages = send('/v1/models', null, 'GET', { 'anthropic-version': '2023-06-01' })
  await messages.over()
  assert.equal(parsed(messages.heard.body).data[0].type, 'model')
})

test('on a unix socket only its owner may call', {
  skip: process.platform === 'win32' ? 'no unix sockets here' : false,
}, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'purser-'))
  const clock = handClock()
  const path = join(folder, 's')
  const simulated = await startSimulated({ listen: { path }, clock, timers: clock })
  const egress = createEgress({ clock, timers: clock, simulated: () => simulated.address })
  context.after(async () => {
    await egress.close()
    await simulated.close()
    await rm(folder, { recursive: true })
  })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const call = listen(egress, {
    destination: { baseUrl: 'http://simulated.purser.invalid/v1', network: 'loopback', cidrs: [], poolKey: 'a' },
    method: 'GET',
    path: '/models',
    headers: {},
    body: null,
    timeouts: { connect: 1_000, firstByte: 1_000, idle: 1_000, total: 1_000 },
  })
  await call.over()
  assert.equal(call.heard.status, 200)
})

test('the documentation lists the models as they are', () => {
  const page = readFileSync(new URL('../../docs/simulated-provider.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, name, does]) => [name, does])
  assert.deepEqual(
    listed,
    Object.entries(models).map(([name, { does }]) => [name, does]),
  )
})
