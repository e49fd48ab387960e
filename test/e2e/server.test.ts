/** The server from its first start to its end, by signal and by kill, on both engines. */

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import pg from 'pg'
import { postgres } from '../support/engines.ts'
import { whyNoPostgres } from '../support/postgres.ts'
import { type ContractName, contracts, type ShownCall, until } from './client.ts'
import { emptyHome, linesOf, type Place, purser, serve } from './process.ts'

type Engine = { readonly name: string; place(t: Parameters<typeof emptyHome>[0]): Promise<Place> }

const ports = ['--port', '0', '--admin-port', '0']
/** The slow model says 16 letters every 200 ms. */
const aSecond = 'sixteen letters '.repeat(5)

const engines: readonly Engine[] = [
  { name: 'sqlite', place: async (t) => ({ home: emptyHome(t), flags: ports }) },
  {
    name: 'postgres',
    async place(t) {
      const { location } = await postgres.fresh(t)
      return { home: emptyHome(t), environment: { PURSER_DATABASE_URL: location! }, flags: [...ports, '--migrate'] }
    },
  },
]

const required = (process.env.PURSER_TEST_REQUIRE ?? '').split(',').includes('postgres')

for (const engine of engines) {
  const missing = engine.name === 'postgres' ? whyNoPostgres() : undefined
  if (missing !== undefined && required) throw new Error(missing)
  describe(engine.name, missing === undefined ? {} : { skip: missing }, () => {
    test('an empty home serves both contracts, plain and streamed, and the books say what each call cost', async (t) => {
      const server = await serve(t, await engine.place(t))
      const text = 'sixteen bytes!!!'
      for (const contract of Object.keys(contracts) as ContractName[]) {
        for (const stream of [false, true]) {
          const answer = await server.caller.ask({ contract, model: contracts[contract].profile, stream, text })
          assert.equal(answer.status, 200)
          assert.ok(answer.isWhole)
          assert.ok(answer.text.includes(stream ? contracts[contract].terminal : text), answer.text)
          const call = await server.operator.call(answer.id)
          assert.equal(call.stream, stream)
          assert.equal(call.requested_name, contracts[contract].profile)
          const [attempt, ...others] = call.attempts
          assert.equal(others.length, 0)
          const { outcome, usage_source, pricing_status, charged, currency } = attempt!.settlement!
          assert.deepEqual(
            { outcome, usage_source, pricing_status, charged, currency },
            { outcome: 'succeeded', usage_source: 'provider_final', pricing_status: 'priced', charged: '0.000012', currency: 'USD' },
          )
          // 4 tokens at 1.00 and 4 at 2.00 per million.
          assert.deepEqual(
            attempt!.charges.map(({ meter, qty, amount }) => [meter, qty, amount]),
            [
              ['input_tokens', '4', '0.000004'],
              ['output_tokens', '4', '0.000008'],
            ],
          )
        }
      }
      assert.equal(await server.operator.openAttempts(), 0)
      const listed = await server.operator.get<{ items: ShownCall[] }>('/calls')
      assert.equal(listed.items.length, 4)
      const ended = await server.stop('SIGTERM')
      assert.equal(ended.code, 0)
    })

    test('a second start keeps every row, moves no revision, mints no key and finds no orphan', async (t) => {
      const place = await engine.place(t)
      const first = await serve(t, place)
      const { id } = await first.caller.ask({ model: 'simulated' })
      const before = { call: await first.operator.call(id), status: await first.operator.get<Status>('/status') }
      assert.equal((await first.stop('SIGTERM')).code, 0)
      assert.ok(!existsSync(join(place.home, 'state/server.json')))

      const second = await serve(t, { ...place, flags: ports })
      assert.deepEqual([second.key, second.token], [first.key, first.token])
      const status = await second.operator.get<Status>('/status')
      assert.equal(status.revision, before.status.revision)
      assert.deepEqual(status.counts, before.status.counts)
      assert.deepEqual(await second.operator.call(id), before.call)
      const facts = JSON.parse(second.said().split('\n')[0]!) as { mintedKeys: boolean; orphans: number; migrated: string[] }
      assert.deepEqual([facts.mintedKeys, facts.orphans, facts.migrated], [false, 0, []])
      assert.equal((await second.caller.ask({ model: 'simulated' })).status, 200)
    })

    test('a second server is refused by the home and by the database, and the first one serves on', async (t) => {
      const place = await engine.place(t)
      const first = await serve(t, place)
      const database = place.environment?.PURSER_DATABASE_URL ?? join(place.home, 'data/purser.db')
      const others: readonly Place[] = [place, { home: emptyHome(t), environment: { PURSER_DATABASE_URL: database } }]
      for (const other of others) {
        const { code, err, out } = await purser(other, 'serve', ...ports).ended
        assert.equal(code, 75, err)
        assert.equal(out, '')
        const lines = linesOf(err)
        assert.ok(lines.length <= 3, err)
      }
      assert.equal((await first.caller.ask({ model: 'simulated' })).status, 200)
    })

    test('asked to stop, it lets a running stream end, settles it and exits 0', async (t) => {
      const place = await engine.place(t)
      const server = await serve(t, place)
      const begun = Promise.withResolvers<void>()
      const running = server.caller.begin({ model: 'simulated/simulated-slow', stream: true, text: aSecond }, () => begun.resolve())
      await begun.promise
      const stopping = server.stop('SIGTERM')
      await until('new calls are refused', async () => ((await refusesNew(server.inferenceUrl)) ? true : undefined))
      const answer = await running.answer
      assert.ok(answer.isWhole)
      assert.ok(answer.text.includes(contracts['openai-chat'].terminal), answer.text)
      const { code, err } = await stopping
      assert.equal(code, 0, err)
      const next = await serve(t, { ...place, flags: ports })
      assert.equal((await next.operator.settlement(answer.id)).outcome, 'succeeded')
      assert.equal(await next.operator.openAttempts(), 0)
    })

    test('killed in the middle of a stream, the next start settles it as unknown, and unknown is not free', async (t) => {
      const place = await engine.place(t)
      const server = await serve(t, place)
      const begun = Promise.withResolvers<void>()
      const running = server.caller.begin({ model: 'simulated/simulated-slow', stream: true, text: aSecond.repeat(60) }, () =>
        begun.resolve(),
      )
      await begun.promise
      assert.equal(await server.operator.openAttempts(), 1)
      assert.equal((await server.stop('SIGKILL')).signal, 'SIGKILL')
      const { id, isWhole } = await running.answer
      assert.equal(isWhole, false)

      const next = await serve(t, { ...place, flags: ports })
      const [attempt] = (await next.operator.call(id)).attempts
      const { outcome, usage_source, pricing_status, unpriced, charged } = attempt!.settlement!
      assert.deepEqual(
        { outcome, usage_source, pricing_status, unpriced, charged },
        { outcome: 'unknown', usage_source: 'unknown', pricing_status: 'unpriced', unpriced: { '*': 'usage_unknown' }, charged: null },
      )
      assert.deepEqual(attempt!.charges, [])
      assert.equal(await next.operator.openAttempts(), 0)
      assert.equal((JSON.parse(next.said().split('\n')[0]!) as { orphans: number }).orphans, 1)
    })

    test('no secret is printed, and a provider key leaves no trace in what is written', async (t) => {
      const canary = `canary${randomBytes(12).toString('hex')}`
      const place = await engine.place(t)
      const environment = { ...place.environment, OPENAI_API_KEY: canary, PURSER_LOG_LEVEL: 'trace' }
      const server = await serve(t, { ...place, environment })
      const facts = JSON.parse(server.said().split('\n')[0]!) as { credentialsFound: string[] }
      assert.deepEqual(facts.credentialsFound, ['OPENAI_API_KEY'])
      for (const model of [
        'simulated',
        'nobody',
        'simulated/simulated-hang-not',
        'simulated/simulated-cut',
        'simulated/simulated-error-401',
      ]) {
        await server.caller.ask({ model, stream: model.endsWith('cut') })
      }
      await server.caller.ask({ model: 'simulated', headers: { 'x-api-key': `${server.key}x` } })
      for (const path of ['/providers', '/connections', '/keys', '/status', '/calls']) {
        const shown = JSON.stringify(await server.operator.get(path))
        for (const secret of [canary, server.key, server.token]) assert.ok(!shown.includes(secret), path)
      }
      await server.stop('SIGTERM')
      for (const secret of [canary, server.key, server.token]) assert.ok(!server.said().includes(secret))

      const written = await writtenBy(place)
      assert.ok(written.includes('simulated-cut'), 'The search would find what is there.')
      for (const secret of [canary, server.key.slice(-30), server.token.slice(-30)]) assert.ok(!written.includes(secret))
      for (const name of ['admin-token', 'first-key', 'pepper']) {
        assert.equal(statSync(join(place.home, 'config', name)).mode & 0o777, 0o600)
      }
      for (const name of ['config', 'data', 'state']) assert.equal(statSync(join(place.home, name)).mode & 0o777, 0o700)
    })
  })
}

type Status = { readonly revision: number; readonly counts: Readonly<Record<string, number>> }

/** Whether a new caller is turned away, in whatever way. */
async function refusesNew(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/`, { headers: { connection: 'close' } })
    await response.text()
    return response.status === 503
  } catch {
    return true
  }
}

/** All bytes of the database, but for the files that are there to hold a secret: read once nobody has it open. */
async function writtenBy({ home, environment }: Place): Promise<string> {
  const url = environment?.PURSER_DATABASE_URL
  if (url === undefined) {
    const folders = ['data', 'state', 'cache'].map((name) => join(home, name))
    return folders.flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))).join('\n')
  }
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ tablename: string }>('SELECT tablename FROM pg_tables WHERE schemaname = current_schema()')
    const all: string[] = []
    for (const { tablename } of rows) {
      const found = await client.query<{ text: string }>(`SELECT to_json(t)::text AS text FROM "${tablename}" AS t`)
      all.push(...found.rows.map((row) => row.text))
    }
    return all.join('\n')
  } finally {
    await client.end()
  }
}
