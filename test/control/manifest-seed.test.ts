import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { seed } from '../../src/control/manifest/seed.ts'
import { uuidMaker } from '../../src/core/ids.ts'
import { systemRandom } from '../../src/core/system.ts'
import { type TableName, tables } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'
import { later, rowOf } from './later-manifests.ts'

const clock = new HandClock()
const ids = uuidMaker(clock, systemRandom)
const first = shippedManifest()
const routeId = '0d6f7c9e-8f43-5f0b-9a53-3f2f55e0a001'

async function write(store: Store, sql: string): Promise<void> {
  await store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] })
}

async function everything(store: Store): Promise<Record<string, unknown>> {
  const names = Object.keys(tables) as TableName[]
  return Object.fromEntries(
    await Promise.all(names.map(async (table) => [table, await store.read.selectFrom(table).selectAll().execute()] as const)),
  )
}

eachStore((fresh) => {
  test('a later manifest changes what nobody edited, keeps what somebody did, and adds a route with its members', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids, later(1, {}))
    await write(store, 'UPDATE providers SET dialect = \'{"outputCap":"max_tokens","mine":[1]}\' WHERE name = \'vllm\'')
    const route = { id: routeId, name: 'both', members: [{ profile: 'simulated' }, { profile: 'simulated-claude', weight: 2 }] }
    const second = later(
      2,
      {
        providers: {
          groq: { dialect: { texts: 'joined' }, bills_errors: true },
          vllm: { dialect: { outputCap: 'max_completion_tokens', topK: false } },
        },
        profiles: { simulated: { max_tokens: 7, temperature: 0.5, strict: true, params: { top_p: 0.9 } } },
      },
      { routes: [route] },
    )
    const report = await seed(store, clock, ids, second)
    assert.deepEqual([report.manifest, report.inserted.routes], [{ state: 'merged', revision: 2, stored: 1 }, 1])
    assert.deepEqual(report.conflicts, [{ kind: 'provider', name: 'vllm.dialect.topK', reason: 'both_changed' }])
    const groq = await rowOf(store, 'providers', 'groq')
    assert.deepEqual([groq.dialect, groq.bills_errors, groq.canonical_revision], [{ texts: 'joined' }, true, 2n])
    const vllm = await rowOf(store, 'providers', 'vllm')
    assert.deepEqual(vllm.dialect, { outputCap: 'max_completion_tokens', mine: [1] })
    const simulated = await rowOf(store, 'model_profiles', 'simulated')
    assert.deepEqual([simulated.max_tokens, simulated.temperature, simulated.strict, simulated.params], [7n, 0.5, true, { top_p: 0.9 }])
    const members = await store.read.selectFrom('route_members').selectAll().orderBy('position').execute()
    assert.deepEqual(
      members.map(({ position, profile_id, weight }) => [position, profile_id, weight]),
      [
        [0n, first.profiles[0]!.id, null],
        [1n, first.profiles[1]!.id, 2n],
      ],
    )
    const before = await everything(store)
    assert.equal((await seed(store, clock, ids, second)).revision, null)
    assert.equal((await seed(store, clock, ids, later(1, {}))).manifest.state, 'older')
    assert.deepEqual(await everything(store), before)
  })

  test('names move between rows in one merge, and members of a route are replaced', async (t) => {
    const store = await fresh(t)
    const route = { id: routeId, name: 'both', members: [{ profile: 'simulated' }, { profile: 'simulated-claude' }] }
    await seed(store, clock, ids, later(1, {}, { routes: [route] }))
    const swapped = { vllm: { name: 'lm-studio' }, 'lm-studio': { name: 'vllm' } }
    const second = later(2, { providers: swapped }, { routes: [{ ...route, members: [{ profile: 'simulated-claude' }] }] })
    const connections = second.manifest.connections.map((item) =>
      item.provider === 'vllm' ? { ...item, provider: 'lm-studio' } : item.provider === 'lm-studio' ? { ...item, provider: 'vllm' } : item,
    )
    await seed(store, clock, ids, { ...second, manifest: { ...second.manifest, connections } })
    assert.equal((await rowOf(store, 'providers', 'vllm')).id, first.providers.find(({ name }) => name === 'lm-studio')!.id)
    const members = await store.read.selectFrom('route_members').selectAll().execute()
    assert.deepEqual(
      members.map(({ profile_id }) => profile_id),
      [first.profiles[1]!.id],
    )
  })

  test('a database that an earlier release seeded, without a record of merges, is merged from the bases it has', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids, later(1, {}))
    await write(store, "DELETE FROM canonical_base WHERE kind = 'manifest'")
    await write(store, "UPDATE providers SET stops_on_disconnect = 1 WHERE name = 'groq'")
    const report = await seed(store, clock, ids, later(2, { providers: { groq: { stops_on_disconnect: false, bills_errors: true } } }))
    assert.deepEqual(report.conflicts, [{ kind: 'provider', name: 'groq.stops_on_disconnect', reason: 'both_changed' }])
    const groq = await rowOf(store, 'providers', 'groq')
    assert.deepEqual([groq.stops_on_disconnect, groq.bills_errors], [true, true])
  })

  test('where the setting says manual a start merges nothing, and says so', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids, later(1, {}))
    await write(store, `INSERT INTO settings (name, value, updated_at) VALUES ('manifest.apply', '"manual"', 1)`)
    const report = await seed(store, clock, ids, later(2, { providers: { groq: { bills_errors: true } } }))
    assert.deepEqual([report.manifest.state, report.revision], ['manual', null])
    assert.equal((await rowOf(store, 'providers', 'groq')).bills_errors, false)
  })

  test('a merge is one transaction: when its last statement fails nothing of it is there', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids, later(1, {}))
    const before = await everything(store)
    const failing: Store = {
      ...store,
      writer: {
        ...store.writer,
        control: (batch) =>
          store.writer.control({
            ...batch,
            statements: [...batch.statements, { sql: 'DELETE FROM parked', parameters: [], expectChanges: 1 }],
          }),
      },
    }
    const second = later(2, { providers: { groq: { bills_errors: true } } }, {}, ['lm-studio-local', 'lm-studio'])
    await assert.rejects(seed(failing, clock, ids, second), { kind: 'conflict' })
    assert.deepEqual(await everything(store), before)
    assert.notEqual((await seed(store, clock, ids, second)).revision, null)
  })

  test('no merge changes a settled attempt', async (t) => {
    const store = await fresh(t, { clock })
    const books = await openBooks(t, store, clock)
    await books.enter({})
    const ledger = async () => {
      const { calls, attempts, settlements, charges } = await everything(store)
      return { calls, attempts, settlements, charges }
    }
    const before = await ledger()
    await seed(
      store,
      clock,
      ids,
      later(2, { profiles: { simulated: { model: 'simulated-slow' } } }, {}, ['simulated-claude', 'simulated-anthropic']),
    )
    assert.deepEqual(await ledger(), before)
    assert.equal((await rowOf(store, 'model_profiles', 'simulated')).model, 'simulated-slow')
    assert.equal((await rowOf(store, 'model_profiles', 'simulated-claude')).disabled, true)
  })
})
