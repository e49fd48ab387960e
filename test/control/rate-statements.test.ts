import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { shippedCatalogue } from '../../src/catalog/rate-cards.ts'
import { seed } from '../../src/control/manifest/seed.ts'
import { type CardInput, newCardBatch } from '../../src/control/rates/rate-statements.ts'
import { type ErrorKind, PurserError } from '../../src/core/errors.ts'
import { uuidMaker } from '../../src/core/ids.ts'
import type { Store } from '../../src/store/store.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'

const clock = { now: () => 1_800_000_000_000, monotonic: () => 0 }
const ids = uuidMaker(clock, { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) })
const manifest = shippedManifest()
const idOf = (list: readonly { readonly id: string; readonly name: string }[], name: string): string =>
  list.find((item) => item.name === name)!.id

const input: CardInput = {
  provider_id: idOf(manifest.providers, 'openai'),
  connection_id: null,
  model: 'gpt-x',
  match_mode: 'exact',
  input_token_cost_per_1m: '2.50',
  output_token_cost_per_1m: '10',
  cache_write_cost_per_1m: null,
  cache_read_cost_per_1m: '0.25',
  currency: 'USD',
  effective_from: 0,
  revision: 0,
  source_ref: { note: 'contract' },
}

const seeded = (store: Store): ReturnType<typeof seed> =>
  seed(store, clock, ids, { manifest, catalogue: { ...shippedCatalogue(), cards: [], aliases: [] } })

function refused(kind: ErrorKind, field: string): (error: unknown) => boolean {
  return (error) => error instanceof PurserError && error.kind === kind && error.field === field
}

eachStore((fresh) => {
  test('a card is written as it was given, under one batch of its own', async (t) => {
    const store = await fresh(t)
    await seeded(store)
    const { batch, card } = await newCardBatch(
      store.read,
      ids,
      { ...input, connection_id: idOf(manifest.connections, 'openai') },
      'operator',
    )
    assert.deepEqual(await store.read.selectFrom('rate_cards').selectAll().execute(), [])
    const { recordedAt } = await store.writer.control({ audit: audited(), ...batch })
    const rows = await store.read.selectFrom('rate_cards').selectAll().execute()
    const { components: _components, ...row } = card
    assert.deepEqual(rows, [{ ...row, recorded_at: recordedAt }])
    assert.deepEqual(
      [row.source, row.output_token_nanos_per_1m, row.cache_write_token_nanos_per_1m],
      ['user_override', 10_000_000_000n, null],
    )
    assert.deepEqual(
      (await store.read.selectFrom('rate_batches').selectAll().execute()).map((each) => [each.recorded_at, each.source, each.actor]),
      [[recordedAt, 'user_override', 'operator']],
    )
  })

  test('a second card at the same key is a conflict, the next revision is not, and a gap is refused', async (t) => {
    const store = await fresh(t)
    await seeded(store)
    const write = async (change: Partial<CardInput>): Promise<void> =>
      void (await store.writer.control({
        audit: audited(),
        ...(
          await newCardBatch(store.read, ids, { ...input, ...change }, 'operator')
        ).batch,
      }))
    await write({})
    await assert.rejects(write({}), refused('conflict', 'revision'))
    await assert.rejects(write({ revision: 2 }), refused('invalid_request', 'revision'))
    await write({ revision: 1 })
    await write({ effective_from: 5 })
    await write({ connection_id: idOf(manifest.connections, 'openai') })
    await write({ model: 'gpt-', match_mode: 'prefix' })
  })

  test('two writers with the same key: one of them gets it, and the other a conflict', async (t) => {
    const store = await fresh(t)
    await seeded(store)
    const batches = [await newCardBatch(store.read, ids, input, 'one'), await newCardBatch(store.read, ids, input, 'two')]
    const results = await Promise.allSettled(batches.map(({ batch }) => store.writer.control({ audit: audited(), ...batch })))
    assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected'])
    const lost = results.find((result) => result.status === 'rejected')
    assert.ok(lost?.reason instanceof PurserError && lost.reason.kind === 'conflict', String(lost?.reason))
  })

  test('what is not sound is refused by the name of its field, and nothing is written', async (t) => {
    const store = await fresh(t)
    await seeded(store)
    const bad: readonly (readonly [Partial<CardInput>, ErrorKind, string])[] = [
      [{ input_token_cost_per_1m: '1e3' }, 'invalid_request', 'input_token_cost_per_1m'],
      [{ cache_read_cost_per_1m: '-1' }, 'invalid_request', 'cache_read_cost_per_1m'],
      [{ currency: 'usd' }, 'invalid_request', 'currency'],
      [{ model: '' }, 'invalid_request', 'model'],
      [{ effective_from: -1 }, 'invalid_request', 'effective_from'],
      [{ provider_id: 'none' }, 'not_found', 'provider'],
      [{ connection_id: 'none' }, 'not_found', 'connection'],
      [{ connection_id: idOf(manifest.connections, 'groq') }, 'invalid_request', 'connection'],
    ]
    for (const [change, kind, field] of bad)
      await assert.rejects(newCardBatch(store.read, ids, { ...input, ...change }, 'operator'), refused(kind, field), field)
  })
})
