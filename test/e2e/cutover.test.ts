/**
 * Every way in, to every provider contract, plain and streamed, over a socket and in the process: each call leaves a row that names the
 * codec on both of its sides. The ways are read off the tables of mounts and of contracts, so that a new one is tried the day it is there.
 */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { contracts } from '../../src/contracts/index.ts'
import type { Call } from '../../src/core/call.ts'
import { mounts, route } from '../../src/http/mounts.ts'
import { createPurser, type Purser, type RunningServer } from '../../src/index.ts'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'
import { type Operator, operatorOf } from './client.ts'

type Row = Awaited<ReturnType<Purser['calls']['get']>>
type Rim = { readonly ask: (path: string, init: RequestInit) => Promise<Response>; readonly rowOf: (call: string) => Promise<Row> }
type Way = { readonly path: string; readonly caller: string }

/** Each prefix with and without `/v1`, as far as it reaches a contract. */
const ways: readonly Way[] = contracts.flatMap((contract) => {
  const { path: generate } = contract.codec().encodeRequest(callOf(false), 'any', () => undefined)
  const bare = generate.replace(/^\/v1/, '')
  const paths = ['', ...mounts.map(([prefix]) => prefix)].flatMap((prefix) => [`${prefix}/v1${bare}`, `${prefix}${bare}`])
  return paths.filter((path) => route('POST', path, {})?.contract === contract.id).map((path) => ({ path, caller: contract.id }))
})

function callOf(stream: boolean): Call {
  return { messages: [{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }], maxTokens: 20, stream, streamUsage: false }
}

function requestFor(caller: string, name: string, stream: boolean): RequestInit {
  const codec = contracts.find(({ id }) => id === caller)!.codec()
  const { headers, body } = codec.encodeRequest(callOf(stream), name, () => undefined)
  return { method: 'POST', headers, body: Buffer.from(body) }
}

eachDatabase(({ fresh }) => {
  const root = mkdtempSync(join(tmpdir(), 'purser-cutover-'))
  let purser: Purser
  let server: RunningServer
  let operator: Operator
  let callKey = ''

  before(async () => {
    purser = await createPurser({
      home: join(root, 'library'),
      database: await fresh(),
      migrate: true,
      simulated: true,
      authenticate: false,
    })
    const database = await fresh()
    const keys = await prepareHome(root, { providers: [], database })
    callKey = keys.callKey
    server = await startOn(root, { database })
    operator = operatorOf(server.adminUrl, keys.adminToken)
  })
  after(async () => {
    await purser.close(0)
    await server.close(0)
    rmSync(root, { recursive: true, force: true })
  })

  const rims: Readonly<Record<string, Rim>> = {
    'in the process': {
      ask: (path, init) => purser.fetch(`http://purser${path}`, init),
      rowOf: (call) => purser.calls.get({ call }),
    },
    'over a socket': {
      ask: (path, init) => fetch(server.inferenceUrl + path, { ...init, headers: { ...init.headers, authorization: `Bearer ${callKey}` } }),
      rowOf: (call) => operator.get<Row>(`/calls/${call}`),
    },
  }

  /** The simulated provider of a contract, to be called as `name/simulated-1`. */
  async function simulatedOf(contract: string): Promise<string> {
    const { items } = await purser.providers.list({ limit: 100 })
    const found = items.find((provider) => provider.contract === contract && provider.name.startsWith('simulated'))
    return found?.name ?? assert.fail(`no simulated provider speaks ${contract}`)
  }

  for (const [rim, { ask, rowOf }] of Object.entries(rims)) {
    describe(rim, () => {
      for (const { path, caller } of ways) {
        test(`POST ${path} leaves a row that names ${caller} and its provider's contract, to each contract, plain and streamed`, async () => {
          for (const provider of contracts) {
            for (const stream of [false, true]) {
              const name = `${await simulatedOf(provider.id)}/simulated-1`
              const answer = await ask(path, requestFor(caller, name, stream))
              const told = await answer.text()
              const way = `${path} to ${provider.id}${stream ? ', streamed' : ''}`
              assert.equal(answer.status, 200, `${way}: ${told}`)
              const row = await rowOf(answer.headers.get('x-request-id')!)
              assert.deepEqual([row.contract, row.endpoint, row.stream], [caller, 'generate', stream], way)
              assert.deepEqual(
                row.attempts.map(({ contract, provider_name, settlement }) => [contract, provider_name, settlement?.outcome]),
                [[provider.id, name.split('/')[0], 'succeeded']],
                way,
              )
              assert.equal(row.attempts[0]?.settlement?.usage_source, 'provider_final', way)
              assert.equal(row.attempts[0]?.settlement?.pricing_status, 'priced', way)
              const raw = JSON.parse(row.attempts[0]!.settlement!.raw_usage!)
              const readers = contracts.filter((each) => each.codec().normaliseUsage(raw) !== null).map(({ id }) => id)
              assert.deepEqual(readers, [provider.id], `${way}: the report is in the words of the codec that is named, and of no other`)
            }
          }
        })
      }
    })
  }
})

test('the ways are all there are: every contract is reached bare, by alias and by each of its prefixes', () => {
  for (const { id } of contracts) {
    const prefixes = mounts.filter(([, only]) => only === null || only.includes(id))
    assert.equal(ways.filter(({ caller }) => caller === id).length, 2 * (1 + prefixes.length), id)
  }
})
