/** The end of one attempt and the intent of the next are one transaction, on every store. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptFacts, CallFacts, SettlementFacts } from '../../src/ledger/facts.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { nothingToBill } from '../../src/pricing/unbilled.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { eachStore } from '../support/stores.ts'

const call: CallFacts = {
  id: 'a',
  tenantId: 'default',
  keyId: null,
  contract: 'openai-chat',
  endpoint: 'generate',
  stream: false,
  requestedName: 'way',
  decision: '{}',
  configRevision: 1n,
  labels: {},
  client: null,
  sessionId: null,
  requestBytes: 2,
  callerRetry: null,
  createdAt: 1,
}

function attempt(attemptNo: number, providerName = `provider-${attemptNo}`): AttemptFacts {
  return {
    attemptNo,
    target: {
      profileId: 'p',
      profileName: 'way',
      connectionId: 'c',
      connectionName: 'mine',
      providerId: 'x',
      providerName,
      contract: 'openai-chat',
      billing: 'own',
      locality: 'cloud',
    },
    model: 'coin-1',
    pricedAt: attemptNo,
    knownAt: 1,
  }
}

function failed(attemptNo: number): SettlementFacts {
  return {
    attemptId: `a.${attemptNo}`,
    outcome: 'provider_error',
    errorKind: 'provider_overloaded',
    upstreamStatus: 503,
    upstreamId: null,
    stopReason: null,
    warnings: [{ field: 'top_k', reason: 'it has no place here' }],
    firstByteMs: 1,
    durationMs: 1,
    responseBytes: 1,
    settledAt: 2,
    usage: null,
    rawUsage: null,
    usageSource: 'none',
    usageFlags: [],
    priceContext: {},
    requestedModel: 'coin-1',
    reportedModel: null,
    charged: nothingToBill('own'),
  }
}

eachStore((fresh) => {
  const books = (store: OpenStore) => {
    const ledger = createLedger(store.writer, store.instance)
    const promised = (run: (committed: (error?: Error) => void, durable: (error?: Error) => void) => void): Promise<void> =>
      new Promise((resolve, reject) =>
        run(
          (error) => error && reject(error),
          (error) => (error ? reject(error) : resolve()),
        ),
      )
    const standing = async () => ({
      attempts: (await store.read.selectFrom('attempts').select('id').orderBy('id').execute()).map(({ id }) => id),
      settled: (await store.read.selectFrom('settlements').select('attempt_id').orderBy('attempt_id').execute()).map(
        (row) => row.attempt_id,
      ),
      open: (await store.read.selectFrom('open_attempts').select('attempt_id').orderBy('attempt_id').execute()).map(
        (row) => row.attempt_id,
      ),
    })
    return {
      standing,
      intend: (next: AttemptFacts) => promised((committed, durable) => ledger.intend(call, next, committed, durable)),
      follow: (ended: SettlementFacts, next: AttemptFacts) =>
        promised((committed, durable) => ledger.follow(ended, call, next, committed, durable)),
      settle: (ended: SettlementFacts) =>
        new Promise<void>((resolve, reject) => ledger.settle(ended, (error) => (error ? reject(error) : resolve()))),
    }
  }

  test('after it the one is settled and the other is open', async (t) => {
    const store = await fresh(t)
    const { intend, follow, settle, standing } = books(store)
    await intend(attempt(1))
    await follow(failed(1), attempt(2))
    assert.deepEqual(await standing(), { attempts: ['a.1', 'a.2'], settled: ['a.1'], open: ['a.2'] })
    await settle(failed(2))
    assert.deepEqual(await standing(), { attempts: ['a.1', 'a.2'], settled: ['a.1', 'a.2'], open: [] })
    const rows = await store.read.selectFrom('settlements').select('warnings').execute()
    assert.deepEqual(
      rows.map(({ warnings }) => warnings),
      [failed(1).warnings, failed(2).warnings],
    )
  })

  test('where the next intent cannot stand, the settlement does not either, and lands by itself afterwards', async (t) => {
    const { intend, follow, settle, standing } = books(await fresh(t))
    await intend(attempt(1))
    await assert.rejects(follow(failed(1), attempt(2, null as never)), { kind: 'conflict' })
    assert.deepEqual(await standing(), { attempts: ['a.1'], settled: [], open: ['a.1'] })
    await settle(failed(1))
    assert.deepEqual(await standing(), { attempts: ['a.1'], settled: ['a.1'], open: [] })
  })

  test('many calls may step on at once', async (t) => {
    const store = await fresh(t)
    const ledger = createLedger(store.writer, store.instance)
    const ids = Array.from({ length: 20 }, (_, n) => `call-${n}`)
    const durable = (run: (done: (error?: Error) => void) => void) =>
      new Promise<void>((resolve, reject) => run((error) => (error ? reject(error) : resolve())))
    await Promise.all(ids.map((id) => durable((done) => ledger.intend({ ...call, id }, attempt(1), () => {}, done))))
    await Promise.all(
      ids.map((id) =>
        durable((done) => ledger.follow({ ...failed(1), attemptId: `${id}.1` }, { ...call, id }, attempt(2), () => {}, done)),
      ),
    )
    const open = await store.read.selectFrom('open_attempts').select('attempt_id').execute()
    assert.deepEqual(open.map((row) => row.attempt_id).sort(), ids.map((id) => `${id}.2`).sort())
  })
})
