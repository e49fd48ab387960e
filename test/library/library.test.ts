/** Purser inside another program: what it answers, what it leaves behind, and that two of them share nothing. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createPurser, PurserError } from '../../src/index.ts'
import { until } from '../e2e/client.ts'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome } from '../support/home.ts'
import { chat, eachPlace, emptyFolder, lastCall, openPurser } from './purser.ts'

eachPlace((place) => {
  describe('a call', () => {
    test('is answered, priced and in the ledger as one of the program itself', async (t) => {
      const purser = await openPurser(t, await place(t))
      const answer = await purser.fetch(chat({ text: 'good morning' }))
      assert.equal(answer.status, 200)
      const body = (await answer.json()) as { choices: [{ message: { content: string } }] }
      assert.equal(body.choices[0].message.content, 'good morning')
      const call = await purser.calls.get({ call: answer.headers.get('x-request-id')! })
      assert.equal(call.key_id, null)
      assert.equal(call.attempts[0]?.settlement?.charged, '0.000009')
    })

    test('streams event by event, through both contracts, and as the global fetch is called', async (t) => {
      const purser = await openPurser(t, await place(t))
      for (const model of ['simulated', 'simulated-claude']) {
        const answer = await purser.fetch('http://purser/v1/messages', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model, max_tokens: 50, stream: true, messages: [{ role: 'user', content: 'word by word' }] }),
        })
        assert.equal(answer.headers.get('content-type')?.split(';')[0], 'text/event-stream')
        const text = await answer.text()
        assert.match(text, /event: message_stop/)
        const attempt = (await lastCall(purser)).attempts[0]
        assert.equal(attempt?.settlement?.outcome, 'succeeded', model)
      }
    })
  })

  describe('a caller who leaves', () => {
    test('by his signal ends the call as abandoned, and hears his own reason', async (t) => {
      const purser = await openPurser(t, await place(t))
      const leaving = new AbortController()
      const answer = await purser.fetch(
        chat({ model: 'simulated/simulated-slow', text: 'word '.repeat(40), stream: true, signal: leaving.signal }),
      )
      const reader = answer.body!.getReader()
      await reader.read()
      const reason = new Error('enough')
      leaving.abort(reason)
      await assert.rejects(reader.read(), reason)
      await settledAs('abandoned')

      async function settledAs(outcome: string) {
        await until('the call is settled', async () => ((await lastCall(purser)).attempts[0]?.settlement ? true : undefined))
        assert.equal((await lastCall(purser)).attempts[0]?.settlement?.outcome, outcome)
      }
    })

    test('by cancelling the body does too', async (t) => {
      const purser = await openPurser(t, await place(t))
      const answer = await purser.fetch(chat({ model: 'simulated/simulated-slow', text: 'word '.repeat(40), stream: true }))
      const reader = answer.body!.getReader()
      await reader.read()
      await reader.cancel()
      await until('the call is settled', async () => ((await lastCall(purser)).attempts[0]?.settlement ? true : undefined))
      assert.equal((await lastCall(purser)).attempts[0]?.settlement?.outcome, 'abandoned')
    })

    test('before the head of the answer gets no answer at all', async (t) => {
      const purser = await openPurser(t, await place(t))
      await assert.rejects(purser.fetch(chat({ signal: AbortSignal.abort(new Error('never')) })), /never/)
      assert.deepEqual((await purser.calls.list()).items, [])
      const leaving = new AbortController()
      const waiting = purser.fetch(chat({ model: 'simulated/simulated-hang', signal: leaving.signal }))
      waiting.catch(() => undefined)
      await until('the call is open', async () => ((await purser.calls.list()).items.length === 1 ? true : undefined))
      leaving.abort(new Error('no longer'))
      await assert.rejects(waiting, /no longer/)
    })
  })

  test('a program that does not read is not read for: the provider waits, and nothing is lost', async (t) => {
    const purser = await openPurser(t, await place(t))
    const answer = await purser.fetch(
      new Request('http://purser/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'simulated/simulated-long',
          max_tokens: 100_000,
          stream: true,
          messages: [{ role: 'user', content: 'word' }],
        }),
      }),
    )
    const reader = answer.body!.getReader()
    await reader.read()
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal((await lastCall(purser)).attempts[0]?.settlement, null, 'the call is open while nobody reads')
    let last = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) last = Buffer.from(piece.value).toString()
    assert.match(last, /\[DONE\]/)
    assert.equal((await lastCall(purser)).attempts[0]?.settlement?.outcome, 'succeeded')
  })
})

eachDatabase(({ fresh }) => {
  test('a key that is shown counts, and one that is wrong is refused, even where none is needed', async (t) => {
    const root = emptyFolder(t)
    const database = await fresh()
    const { callKey, adminToken } = await prepareHome(root, { providers: [], database })
    const purser = await openPurser(t, { home: root, database, authenticate: false })
    assert.equal((await purser.fetch(chat({ headers: { authorization: `Bearer ${callKey}` } }))).status, 200)
    const { items } = await purser.keys.list()
    assert.equal((await lastCall(purser)).key_id, items.find((key) => key.kind === 'call')!.id)
    assert.equal((await purser.fetch(chat({ headers: { 'x-api-key': `${callKey.slice(0, -1)}_` } }))).status, 401)
    assert.equal((await purser.fetch(chat({ headers: { 'x-api-key': adminToken } }))).status, 403)
  })

  test('an instance keeps its books when it is closed, and gives the database free', async (t) => {
    const database = await fresh()
    const first = await openPurser(t, { database })
    await assert.rejects(createPurser({ database, migrate: true }), { kind: 'unavailable', code: 'lock_busy' })
    const answer = await first.fetch(chat())
    const id = answer.headers.get('x-request-id')!
    await answer.text()
    await first.close()
    await first.close()
    const second = await openPurser(t, { database })
    assert.equal((await second.calls.get({ call: id })).attempts[0]?.settlement?.outcome, 'succeeded')
  })

  test('an instance that is closed ends what still runs, settles it, and says why', async (t) => {
    const database = await fresh()
    const purser = await openPurser(t, { database })
    const running = purser.fetch(chat({ model: 'simulated/simulated-hang' }))
    await until('the call is open', async () => ((await purser.calls.list()).items.length === 1 ? true : undefined))
    await purser.close(0)
    assert.equal((await running).status, 503)
    const after = await openPurser(t, { database })
    assert.equal((await lastCall(after)).attempts[0]?.settlement?.outcome, 'cut')
  })
})

describe('a call', () => {
  test('that fails is told in the shape of its contract, with the id of its answer', async (t) => {
    const purser = await openPurser(t)
    const answer = await purser.fetch(chat({ model: 'nobody' }))
    assert.equal(answer.status, 404)
    assert.equal(((await answer.json()) as { error: { code: string } }).error.code, 'model_not_found')
    assert.ok(answer.headers.get('x-request-id'))
    assert.equal((await purser.fetch(new Request('http://purser/v1/nothing'))).status, 404)
    assert.equal((await purser.fetch('http://purser/')).status, 200)
    const head = await purser.fetch('http://purser/', { method: 'HEAD' })
    assert.deepEqual([head.status, head.body], [200, null])
  })

  test('whose body is too large, spent or no bytes is refused', async (t) => {
    const purser = await openPurser(t)
    const post = (body: unknown) =>
      new Request('http://purser/v1/chat/completions', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body as string,
        duplex: 'half',
      } as RequestInit)
    assert.equal((await purser.fetch(post(Buffer.alloc(33 * 1024 * 1024, 0x20)))).status, 413)
    const spent = post('{}')
    await spent.text()
    assert.equal((await purser.fetch(spent)).status, 400)
    const words = new ReadableStream({
      pull(controller) {
        controller.enqueue(7)
        controller.close()
      },
    })
    assert.equal((await purser.fetch(post(words))).status, 400)
  })

  test('of the simulated provider fails where that is off', async (t) => {
    const purser = await openPurser(t, { simulated: false })
    const answer = await purser.fetch(chat())
    assert.equal(answer.status, 503)
    await answer.text()
  })
})

describe('a key', () => {
  test('is needed by every request, whatever its headers are, unless it was said that none is', async (t) => {
    const guarded = await createPurser({ database: ':memory:', simulated: true })
    t.after(() => guarded.close(0))
    const word = { authorization: 'Bearer something' }
    // A server of HTTP/2 hands on a Request without Host, and so does one of HTTP/1.0.
    for (const headers of [{}, word, { host: 'app.example', ...word }]) {
      const refused = await guarded.fetch(chat({ headers }))
      assert.equal(refused.status, 401)
      assert.match(await refused.text(), /createPurser\({ authenticate: false }\)/)
    }
    const { key } = await guarded.keys.create({ name: 'ci' })
    assert.equal((await guarded.fetch(chat({ headers: { authorization: `Bearer ${key}` } }))).status, 200)
    const open = await openPurser(t, { authenticate: false })
    for (const headers of [{}, { host: 'app.example', ...word }]) assert.equal((await open.fetch(chat({ headers }))).status, 200)
  })

  test('cannot be checked for a database on disk without a home, and the error says so', async (t) => {
    const root = emptyFolder(t)
    const { callKey } = await prepareHome(root, { providers: [] })
    const purser = await openPurser(t, { database: join(root, 'data/purser.db') })
    const answer = await purser.fetch(chat({ headers: { authorization: `Bearer ${callKey}` } }))
    assert.equal(answer.status, 503)
    assert.match(await answer.text(), /home/)
  })
})

describe('an instance', () => {
  test('has what it was given and no more: two in one process do not mix', async (t) => {
    const [one, other] = [await openPurser(t), await openPurser(t)]
    await one.providers.create({ name: 'workshop', contract: 'openai-chat', base_url: 'https://models.example.com/v1' })
    await Promise.all([one.fetch(chat()), one.fetch(chat()), other.fetch(chat())].map(async (answer) => (await answer).text()))
    assert.equal((await one.calls.list()).items.length, 2)
    assert.equal((await other.calls.list()).items.length, 1)
    await assert.rejects(other.providers.get({ provider: 'workshop' }), { kind: 'not_found' })
    await one.close()
    assert.equal((await other.fetch(chat())).status, 200)
  })

  test('without a home keeps no secret on disk, and says what to give', async (t) => {
    const purser = await openPurser(t, { database: join(emptyFolder(t), 'books.db') })
    const auth = { type: 'api_key', credential: 'env:NOT_SET_ANYWHERE' } as const
    await assert.rejects(purser.connections.create({ name: 'keyed', provider: 'simulated', auth }), {
      code: 'no_kek',
      message: /createPurser\(\{ home, database \}\)/,
    })
  })

  test('without a home leaves its database and no file beside it', async (t) => {
    const database = join(emptyFolder(t), 'books.db')
    const purser = await openPurser(t, { database })
    await (await purser.fetch(chat())).text()
    await purser.close()
    assert.deepEqual(
      readdirSync(join(database, '..')).filter((name) => !/^books\.db/.test(name)),
      [],
    )
  })

  test('that was closed admits no call and no operation', async (t) => {
    const purser = await openPurser(t)
    await purser.close()
    const answer = await purser.fetch(chat())
    assert.equal(answer.status, 503)
    assert.match(await answer.text(), /stopping/)
    await assert.rejects(purser.status(), { kind: 'unavailable', code: 'stopping' })
  })

  test('leaves the process as it was: its environment, its signals, its working folder', async (t) => {
    process.env.OPENAI_API_KEY = 'sk-of-this-test'
    t.after(() => delete process.env.OPENAI_API_KEY)
    const signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'exit', 'uncaughtException', 'unhandledRejection'].map((name) =>
      process.listenerCount(name),
    )
    const root = emptyFolder(t)
    const purser = await openPurser(t, { home: root })
    assert.equal(process.env.OPENAI_API_KEY, 'sk-of-this-test')
    assert.deepEqual(
      ['SIGTERM', 'SIGINT', 'SIGHUP', 'exit', 'uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name)),
      signals,
    )
    assert.ok(existsSync(join(root, 'data/purser.db')) && !existsSync(join(root, 'config/first-key')))
    await purser.close()
  })

  test('refuses to open without a database, and with one that it does not know', async () => {
    await assert.rejects(createPurser({}), (error) => error instanceof PurserError && error.field === 'database')
    await assert.rejects(createPurser({ database: 'mysql://host/books' }), (error) => error instanceof PurserError)
  })
})

test('a request that a node:http server received is one that needs a key', async (t) => {
  const purser = await createPurser({ database: ':memory:', simulated: true })
  t.after(() => purser.close(0))
  const server = createServer(async (incoming, outgoing) => {
    const headers = new Headers(incoming.headers as Record<string, string>)
    const answer = await purser.fetch(new Request(`http://app.example${incoming.url}`, { headers }))
    outgoing.writeHead(answer.status).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/models`)
  assert.equal(answer.status, 401)
  await answer.text()
})
