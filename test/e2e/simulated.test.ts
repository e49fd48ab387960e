/** Every model of the simulated provider, plain and streamed, in both contracts: what its caller gets and what stands in the books. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/server.ts'
import { models } from '../../src/simulated/models.ts'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'
import { type Answer, type Caller, type ContractName, callerOf, contracts, type Operator, operatorOf, until } from './client.ts'

/** 16 bytes: 4 tokens as the provider counts. An estimate counts 3 bytes a token, with the role's name: 7 in, 6 out. */
const text = 'sixteen bytes!!!'

type Expected = {
  readonly status: number
  /** Whether the answer ends as HTTP wants it. */
  readonly whole: boolean
  readonly outcome: string
  readonly kind: string | null
  readonly source: string
  /** Null: not to be known. */
  readonly charged: string | null
}

const good: Expected = { status: 200, whole: true, outcome: 'succeeded', kind: null, source: 'provider_final', charged: '0.000012' }
const refused = (status: number, kind: string): Expected => ({
  status,
  whole: true,
  outcome: 'provider_error',
  kind,
  source: 'none',
  charged: '0',
})
const broken = (status: number, whole: boolean, charged: string, source = 'gateway_estimate'): Expected => ({
  status,
  whole,
  outcome: 'cut',
  kind: 'provider_malformed',
  source,
  charged,
})
const both = (expected: Expected) => ({ plain: expected, stream: expected })

type Row = { readonly plain: Expected; readonly stream: Expected; readonly anthropicStream?: Expected }

/** What Purser asks again for before a caller has seen a byte: twice. */
const askedThrice = new Set([
  'simulated-error-429',
  'simulated-error-502',
  'simulated-error-503',
  'simulated-error-529',
  'simulated-error-first',
])

const endless = broken(502, true, '0.000007')

const expected: Readonly<Record<Exclude<keyof typeof models, 'simulated-hang' | 'simulated-slow'>, Row>> = {
  'simulated-1': both(good),
  // 1 read at 1.00, 2 from the cache at 0.10, 1 into it at 1.25, 4 out at 2.00.
  'simulated-cached': both({ ...good, charged: '0.00001045' }),
  'simulated-tools': both(good),
  'simulated-no-usage': both({ ...good, source: 'gateway_estimate', charged: '0.000019' }),
  'simulated-long': both({ ...good, charged: '0.001004' }),
  'simulated-cut': {
    plain: broken(502, true, ''),
    stream: broken(200, false, '0.000019'),
    anthropicStream: broken(200, false, '0.000016', 'provider_partial'),
  },
  'simulated-error-400': both(refused(400, 'invalid_request')),
  'simulated-error-401': both(refused(502, 'provider_auth')),
  'simulated-error-403': both(refused(502, 'provider_auth')),
  'simulated-error-404': both(refused(404, 'not_found')),
  'simulated-error-408': both(refused(408, 'provider_timeout')),
  'simulated-error-413': both(refused(413, 'too_large')),
  'simulated-error-422': both(refused(422, 'invalid_request')),
  'simulated-error-429': both(refused(429, 'provider_rate_limited')),
  'simulated-error-500': both(refused(500, 'provider_overloaded')),
  'simulated-error-502': both(refused(502, 'provider_overloaded')),
  'simulated-error-503': both(refused(503, 'provider_overloaded')),
  'simulated-error-529': both(refused(529, 'provider_overloaded')),
  'simulated-error-first': both(refused(200, 'provider_overloaded')),
  'simulated-error-mid': {
    plain: refused(500, 'provider_overloaded'),
    stream: { ...refused(200, 'provider_overloaded'), source: 'gateway_estimate', charged: '0.000019' },
    anthropicStream: { ...refused(200, 'provider_overloaded'), source: 'provider_partial', charged: '0.000016' },
  },
  // A plain answer that is no JSON: its 38 bytes are 13 tokens.
  'simulated-garbage': { plain: broken(502, true, '0.000033'), stream: broken(200, false, '0.000007') },
  'simulated-redirect': both(refused(502, 'provider_malformed')),
  'simulated-endless-line': both(endless),
}

eachDatabase(({ fresh }) => {
  const root = mkdtempSync(join(tmpdir(), 'purser-simulated-'))
  let server: RunningServer
  let caller: Caller
  let operator: Operator

  before(async () => {
    const database = await fresh()
    const { callKey, adminToken } = await prepareHome(root, { providers: [], database })
    server = await startOn(root, { database })
    caller = callerOf(server.inferenceUrl, callKey)
    operator = operatorOf(server.adminUrl, adminToken)
  })
  after(async () => {
    await server.close(0)
    rmSync(root, { recursive: true, force: true })
  })

  for (const contract of Object.keys(contracts) as ContractName[]) {
    describe(contract, () => {
      for (const [model, row] of Object.entries(expected)) {
        for (const stream of [false, true]) {
          const want = !stream ? row.plain : contract === 'anthropic-messages' ? (row.anthropicStream ?? row.stream) : row.stream
          test(`${model}, ${stream ? 'streamed' : 'plain'}, is ${want.outcome} with status ${want.status}`, async () => {
            const answer = await caller.ask({ contract, model: `${contracts[contract].provider}/${model}`, stream, text })
            const settled = await operator.settlement(answer.id)
            const charged = want.charged === '' ? settled.charged : want.charged
            assert.deepEqual(
              {
                status: answer.status,
                whole: answer.isWhole,
                outcome: settled.outcome,
                kind: settled.error_kind,
                source: settled.usage_source,
                charged: settled.charged,
              },
              { ...want, charged },
            )
            assert.equal(settled.pricing_status, 'priced')
            const { attempts } = await operator.call(answer.id)
            const { charges } = attempts.at(-1)!
            assert.equal(attempts.length, askedThrice.has(model) ? 3 : 1)
            assert.equal(sumOf(charges.map(({ amount }) => amount)), picoOf(settled.charged!))
            if (want.charged === '')
              assert.ok(
                charges.some(({ meter }) => meter === 'output_tokens'),
                'Half an answer is output.',
              )
            assert.equal(answer.headers['request-id'], answer.id)
            if (want.outcome !== 'succeeded') saysItsError(contract, answer)
          })
        }
      }

      test('simulated-hang, whose caller leaves, is abandoned and nobody knows what it cost', async () => {
        const asked = caller.begin({ contract, model: `${contracts[contract].provider}/simulated-hang`, text })
        const gone = assert.rejects(asked.answer)
        const id = await until('the call is open', () => openCall(contract))
        asked.leave()
        await gone
        const { outcome, usage_source, pricing_status, charged, unpriced } = await operator.settlement(id)
        assert.deepEqual(
          { outcome, usage_source, pricing_status, charged, unpriced },
          { outcome: 'abandoned', usage_source: 'unknown', pricing_status: 'unpriced', charged: null, unpriced: { '*': 'usage_unknown' } },
        )
        assert.equal(await operator.openAttempts(), 0)
      })
    })
  }

  test('simulated-slow, whose caller leaves half way, is abandoned and billed for what was said', async () => {
    const begun = Promise.withResolvers<void>()
    const long = 'word '.repeat(40)
    const asked = caller.begin({ model: 'simulated/simulated-slow', stream: true, text: long }, (sofar) => {
      if (sofar.includes('word word')) begun.resolve()
    })
    await begun.promise
    asked.leave()
    const { id } = await asked.answer
    const settled = await operator.settlement(id)
    assert.deepEqual([settled.outcome, settled.usage_source, settled.pricing_status], ['abandoned', 'gateway_estimate', 'priced'])
    const { charges } = (await operator.call(id)).attempts[0]!
    const output = Number(charges.find(({ meter }) => meter === 'output_tokens')?.qty)
    assert.ok(output > 0 && output < long.length / 3, `${output} tokens out`)
  })

  async function openCall(contract: ContractName): Promise<string | undefined> {
    const { items } = await operator.get<{ items: { id: string; contract: string; outcome: string }[] }>('/calls?limit=1')
    return items.find((item) => item.outcome === 'open' && item.contract === contract)?.id
  }
})

test('every model of the simulated provider is in one of these tests', () => {
  assert.deepEqual([...Object.keys(expected), 'simulated-hang', 'simulated-slow'].sort(), Object.keys(models).sort())
})

/** In the shape that the contract gives to errors, as a body or as the last event of a stream. */
function saysItsError(contract: ContractName, answer: Answer): void {
  const last = answer.headers['content-type']?.startsWith('text/event-stream') ? lastData(answer.text) : answer.text
  const body = JSON.parse(last) as { type?: string; error: { message: string; type: string } }
  assert.equal(typeof body.error.message, 'string')
  assert.equal(typeof body.error.type, 'string')
  if (contract === 'anthropic-messages') assert.equal(body.type, 'error')
  else assert.ok('code' in body.error)
  assert.ok(!answer.text.includes(contracts[contract].terminal), 'Nobody may take it for a good end.')
}

function lastData(stream: string): string {
  const found = stream.split('\n').findLast((line) => line.startsWith('data: '))
  return found!.slice('data: '.length)
}

function picoOf(decimal: string): bigint {
  const [whole, fraction = ''] = decimal.split('.')
  return BigInt(whole! + fraction.padEnd(12, '0'))
}

function sumOf(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => sum + picoOf(amount), 0n)
}
