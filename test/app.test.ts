/** The server as a value: what a start does to a home, what it refuses, and how it ends. */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { homeOf } from '../src/control/home/home.ts'
import { PurserError } from '../src/core/errors.ts'
import { openHome } from '../src/opening.ts'
import { type RunningServer, type ServerOptions, startServer } from '../src/server.ts'
import { callerOf, type Operator, operatorOf, until } from './e2e/client.ts'
import { eachDatabase } from './support/databases.ts'
import { prepareHome, startOn } from './support/home.ts'

function emptyRoot(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'purser-app-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return root
}

function optionsFor(root: string, options: Partial<ServerOptions> = {}): ServerOptions {
  const home = homeOf(root, {}, root)
  return {
    home,
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    portsAsked: { port: true, adminPort: true },
    database: home.database,
    log: { warn() {}, error() {} },
    ...options,
  }
}

/** One that starts although it should not is closed again. */
async function starts(options: ServerOptions): Promise<void> {
  const server = await startServer(options)
  await server.close(0)
}

type Started = {
  readonly server: RunningServer
  readonly key: string
  readonly ask: ReturnType<typeof callerOf>
  readonly operator: Operator
}

async function started(t: TestContext, database?: string): Promise<Started> {
  const root = emptyRoot(t)
  const { callKey, adminToken } = await prepareHome(root, { providers: [], ...(database && { database }) })
  const server = await startOn(root, database ? { database } : {})
  t.after(() => server.close(0))
  return { server, key: callKey, ask: callerOf(server.inferenceUrl, callKey), operator: operatorOf(server.adminUrl, adminToken) }
}

eachDatabase(({ fresh }) => {
  test('a home is seeded and given keys once, however often it is opened', async (t) => {
    const { home } = optionsFor(emptyRoot(t))
    const database = await fresh()
    const first = await openHome({ home, database, migrate: true })
    const revision = await first.store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow()
    await first.store.close()
    assert.ok(first.mintedKeys && first.migrated.length > 0)
    const second = await openHome({ home, database })
    assert.deepEqual([second.mintedKeys, second.migrated], [false, []])
    assert.deepEqual(await second.store.read.selectFrom('revision').select('n').executeTakeFirstOrThrow(), revision)
    await second.store.close()
  })

  test('a second server on the same database is refused while the first runs, and not a moment longer', async (t) => {
    const options = optionsFor(emptyRoot(t), { database: await fresh(), migrate: true })
    const first = await startServer(options)
    await assert.rejects(starts(options), { kind: 'unavailable', code: 'lock_busy' })
    await first.close(0)
    await (await startServer(options)).close(0)
  })

  test('what still runs when the grace is over is cut, told why and settled', async (t) => {
    const { server, ask, operator } = await started(t, await fresh())
    const running = ask.begin({ model: 'simulated/simulated-hang' })
    await until('the call is open', async () => ((await operator.openAttempts()) === 1 ? true : undefined))
    await server.close(0)
    const { status, text, isWhole } = await running.answer
    assert.equal(status, 503)
    assert.ok(isWhole)
    assert.match(text, /Purser is stopping/)
  })
})

test('an address beyond this machine is refused before anything is made, unless plain HTTP is asked for', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
    const root = emptyRoot(t)
    await assert.rejects(starts(optionsFor(root, { host })), { kind: 'invalid_request', code: 'open_bind' })
    assert.ok(!existsSync(join(root, 'data')))
  }
})

test('a start that fails leaves nothing running: the same home starts right after it', async (t) => {
  const root = emptyRoot(t)
  const holding = createServer()
  await new Promise<void>((resolve) => holding.listen(0, '127.0.0.1', resolve))
  t.after(() => holding.close())
  const { port } = holding.address() as AddressInfo
  for (const busy of [{ port }, { adminPort: port }]) {
    await assert.rejects(starts(optionsFor(root, busy)), { code: 'port_busy' })
    assert.ok(!existsSync(join(root, 'state/server.json')))
  }
  const server = await startServer(optionsFor(root))
  assert.ok(existsSync(join(root, 'state/server.json')))
  await server.close(0)
  assert.ok(!existsSync(join(root, 'state/server.json')))
})

test('a provider key is taken from the environment, and then stands there no more', async (t) => {
  process.env.OPENAI_API_KEY = 'sk-of-this-test'
  t.after(() => delete process.env.OPENAI_API_KEY)
  const server = await startServer(optionsFor(emptyRoot(t)))
  t.after(() => server.close(0))
  assert.deepEqual(server.started.credentialsFound, ['OPENAI_API_KEY'])
  assert.equal(process.env.OPENAI_API_KEY, undefined)
})

test('a stop does not cut off a caller who has yet to read what was already sent', async (t) => {
  const { server, key, operator } = await started(t)
  const { port, host } = new URL(server.inferenceUrl)
  const body = JSON.stringify({ model: 'simulated/simulated-long', max_tokens: 4_000_000, messages: [{ role: 'user', content: 'word' }] })
  // More than any buffer on the way holds, to a socket that is not read.
  const socket = connect({ port: Number(port), host: '127.0.0.1' })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: ${host}\r\nx-api-key: ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await until('the call is settled', async () => {
    const { items } = await operator.get<{ items: { outcome: string }[] }>('/calls')
    return items[0]?.outcome === 'succeeded' ? true : undefined
  })
  const closing = server.close()
  let bytes = 0
  socket.on('data', (chunk) => {
    bytes += chunk.length
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await Promise.all([closing, closed])
  assert.ok(bytes > 16_000_000, `${bytes} bytes`)
})

test('whatever a start throws says what to do', async (t) => {
  const root = emptyRoot(t)
  const nowhere = optionsFor(root, { database: join(root, 'nowhere/at/all/purser.db') })
  const error = await starts(nowhere).catch((thrown: unknown) => thrown)
  assert.ok(error instanceof PurserError)
  assert.ok(error.hint)
})
