import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { type Catalogue, shippedCatalogue } from '../../src/catalog/rate-cards.ts'
import { type Shipped, seed } from '../../src/control/manifest/seed.ts'
import { newCardBatch } from '../../src/control/rates/rate-statements.ts'
import { uuidMaker } from '../../src/core/ids.ts'
import { cardInForce } from '../../src/pricing/cards.ts'
import { readRateBook } from '../../src/routing/rates.ts'
import { type TableName, tables } from '../../src/store/schema.ts'
import { recordedAt, type Store } from '../../src/store/store.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'

const clock = { now: () => 1_800_000_000_000, monotonic: () => 0 }

function maker(): () => string {
  let count = 0
  return uuidMaker(clock, { bytes: (length) => new Uint8Array(length).map(() => count++ & 0xff) })
}

const ids = maker()
const manifest = shippedManifest()
const shipped: Shipped = { manifest, catalogue: shippedCatalogue() }
const tableNames = Object.keys(tables) as TableName[]

/** Every row of every table, so that "writes nothing" can be seen. */
async function everything(store: Store): Promise<Record<string, unknown>> {
  const entries = await Promise.all(
    tableNames.map(async (table) => [table, await store.read.selectFrom(table).selectAll().execute()] as const),
  )
  return Object.fromEntries(entries)
}

async function write(store: Store, sql: string): Promise<void> {
  await store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] })
}

async function withdraw(store: Store, cardId: string): Promise<void> {
  const row = { id: `void of ${cardId}`, rate_card_id: cardId, reason: 'wrong', replaced_by: null, recorded_at: recordedAt as never }
  const { sql, parameters } = store.read.insertInto('rate_card_voids').values(row).compile()
  await store.writer.control({ audit: audited(), statements: [{ sql, parameters }], rates: { source: 'test', actor: 'test', note: null } })
}

/** A catalogue with these cards alone. */
function catalogueOf(
  version: string,
  cards: readonly Partial<Catalogue['cards'][number]>[],
  aliases: Catalogue['aliases'] = [],
): Catalogue {
  const base = shipped.catalogue.cards.find((card) => card.provider === 'simulated' && card.model === 'simulated-1')!
  return { ...shipped.catalogue, version, cards: cards.map((card) => ({ ...base, ...card })), aliases }
}

eachStore((fresh) => {
  test('the first run puts in all that is in the box, and the second writes nothing at all', async (t) => {
    const store = await fresh(t)
    const first = await seed(store, clock, ids)
    assert.deepEqual(first.inserted, {
      providers: manifest.providers.length,
      connections: manifest.connections.length,
      profiles: manifest.profiles.length,
      routes: manifest.routes.length,
      rateCards: shipped.catalogue.cards.length,
      aliases: shipped.catalogue.aliases.length,
    })
    assert.deepEqual([first.conflicts, first.revision], [[], 1n])
    const before = await everything(store)
    const second = await seed(store, clock, ids)
    assert.deepEqual([second.revision, second.conflicts, Object.values(second.inserted)], [null, [], [0, 0, 0, 0, 0, 0]])
    assert.deepEqual([first.manifest.state, second.manifest.state], ['merged', 'current'])
    assert.deepEqual(await everything(store), before)
  })

  test('seeded rows are canonical, have their base beside them, and pairs point at each other', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids)
    const connections = await store.read.selectFrom('connections').selectAll().execute()
    const base = await store.read.selectFrom('canonical_base').selectAll().where('kind', '!=', 'manifest').execute()
    assert.equal(base.length, manifest.providers.length + manifest.connections.length + manifest.profiles.length)
    for (const row of connections) {
      assert.deepEqual([row.is_canonical, row.canonical_revision], [true, BigInt(manifest.revision)])
      const twin = connections.find((other) => other.id === row.canonical_equivalent_id)
      if (row.canonical_equivalent_id !== null) assert.equal(twin?.canonical_equivalent_id, row.id)
    }
    const openai = connections.find((row) => row.name === 'openai')!
    assert.deepEqual(openai.auth, { type: 'api_key', credential: 'env:OPENAI_API_KEY' })
    assert.equal(connections.find((row) => row.id === openai.canonical_equivalent_id)?.name, 'openai-platform')
    const said = base.find((row) => row.row_id === openai.id)!
    assert.deepEqual(
      [said.kind, said.revision, (said.fields as { name: string }).name],
      ['connection', BigInt(manifest.revision), 'openai'],
    )
  })

  test('all rates of a run are one sealed batch, and the simulated model has its price', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids)
    const batches = await store.read.selectFrom('rate_batches').selectAll().execute()
    assert.deepEqual(
      batches.map((row) => [row.source, row.actor]),
      [[`manifest@${shipped.catalogue.version}`, 'seed']],
    )
    const { book, knownAt } = await readRateBook(store.read)
    assert.equal(knownAt, batches[0]?.recorded_at)
    const provider = manifest.providers.find((item) => item.name === 'simulated')!
    const found = cardInForce(book, {
      providerId: provider.id,
      connectionId: null,
      requestedModel: 'simulated-1',
      reportedModel: 'simulated-1',
      at: clock.now(),
      knownAt,
    })
    assert.deepEqual([found?.matched, found?.card.row.input_token_nanos_per_1m], ['exact', 1_000_000_000n])
  })

  test('what an operator changed, renamed or removed stays as he left it', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids)
    await write(store, "UPDATE providers SET base_url = 'https://elsewhere.example/v1' WHERE name = 'openai'")
    await write(store, "UPDATE providers SET name = 'my-groq' WHERE name = 'groq'")
    await write(store, "UPDATE model_profiles SET removed_at = 5 WHERE name = 'simulated'")
    const before = await everything(store)
    assert.equal((await seed(store, clock, ids)).revision, null)
    assert.deepEqual(await everything(store), before)
  })

  test("a name that an operator's row bears is a conflict: his row is not adopted, and nothing is hung on it", async (t) => {
    const store = await fresh(t)
    await write(
      store,
      "INSERT INTO providers (id, name, contract, base_url, created_at, updated_at) VALUES ('mine', 'openai', 'openai-chat', 'http://mine.example', 1, 1)",
    )
    const report = await seed(store, clock, ids)
    assert.deepEqual(
      report.conflicts.map((each) => [each.kind, each.name, each.reason]),
      [
        ['provider', 'openai', 'name_taken'],
        ['connection', 'openai', 'provider_absent'],
        ['connection', 'openai-platform', 'provider_absent'],
      ],
    )
    const mine = await store.read.selectFrom('providers').selectAll().where('id', '=', 'mine').executeTakeFirstOrThrow()
    assert.deepEqual([mine.is_canonical, mine.base_url], [false, 'http://mine.example'])
    const cards = await store.read.selectFrom('rate_cards').select('id').where('provider_id', '=', 'mine').execute()
    assert.deepEqual(cards, [])
    await write(store, "UPDATE providers SET name = 'mine' WHERE id = 'mine'")
    assert.deepEqual((await seed(store, clock, ids)).inserted.providers, 0, 'the same revision is not merged again by itself')
    const next = { ...shipped, manifest: { ...manifest, revision: manifest.revision + 1 } }
    const later = await seed(store, clock, ids, next)
    assert.deepEqual([later.conflicts, later.inserted.providers, later.inserted.connections], [[], 1, 2])
    assert.equal((await seed(store, clock, ids, next)).revision, null)
  })

  test('an older release puts no manifest rows and no prices beside a newer one', async (t) => {
    const store = await fresh(t)
    const newer = {
      ...manifest,
      revision: manifest.revision + 1,
      providers: manifest.providers.filter(({ name }) => name === 'simulated'),
      connections: [],
      profiles: [],
    }
    await seed(store, clock, ids, { ...shipped, manifest: newer })
    const report = await seed(store, clock, ids, { ...shipped, catalogue: catalogueOf('0', [{ model: 'priced-by-mistake-once' }]) })
    assert.deepEqual([report.inserted.providers, report.inserted.rateCards], [0, 0])
    assert.deepEqual(report.manifest, { state: 'older', revision: manifest.revision, stored: manifest.revision + 1 })
  })

  test('a later catalogue adds what is new, leaves what is equal, and lists what differs', async (t) => {
    const store = await fresh(t)
    const run = (catalogue: Catalogue): ReturnType<typeof seed> => seed(store, clock, ids, { manifest, catalogue })
    const alias = { provider: 'simulated', alias: 'latest', model: 'simulated-1', effective_from: 0 }
    await run(catalogueOf('1', [{}], [alias]))
    const equal = await run(catalogueOf('2', [{}], [alias]))
    assert.equal(equal.revision, null)
    const other = await run(
      catalogueOf('3', [{ input_token_cost_per_1m: '9.00' }, { effective_from: 77 }], [{ ...alias, model: 'simulated-2' }]),
    )
    assert.deepEqual(other.conflicts, [
      { kind: 'rate_card', name: 'simulated/simulated-1', reason: 'another_price' },
      { kind: 'alias', name: 'simulated/latest', reason: 'another_model' },
    ])
    assert.deepEqual([other.inserted.rateCards, other.inserted.aliases], [1, 0])
    const corrected = await run(
      catalogueOf('4', [{ input_token_cost_per_1m: '9.00', correction: true }], [{ ...alias, model: 'simulated-2', correction: true }]),
    )
    assert.deepEqual([corrected.inserted.rateCards, corrected.inserted.aliases, corrected.conflicts], [1, 1, []])
    const again = await run(catalogueOf('5', [{ input_token_cost_per_1m: '9.00', correction: true }]))
    assert.equal(again.revision, null)
    const revisions = await store.read
      .selectFrom('rate_cards')
      .select(['effective_from', 'revision', 'source'])
      .orderBy('effective_from')
      .orderBy('revision')
      .execute()
    assert.deepEqual(
      revisions.map((row) => [row.effective_from, row.revision, row.source]),
      [
        [0, 0n, 'manifest@1'],
        [0, 1n, 'manifest@4'],
        [77, 0n, 'manifest@3'],
      ],
    )
  })

  test('a row that is gone altogether is not put back', async (t) => {
    const store = await fresh(t)
    await seed(store, clock, ids)
    await write(store, "DELETE FROM model_profiles WHERE name = 'simulated'")
    assert.equal((await seed(store, clock, ids)).revision, null)
  })

  test('a withdrawn price is no reason to keep silent about another one that is in force', async (t) => {
    const store = await fresh(t)
    const run = (catalogue: Catalogue): ReturnType<typeof seed> => seed(store, clock, ids, { manifest, catalogue })
    await run(catalogueOf('1', [{}]))
    await withdraw(store, (await store.read.selectFrom('rate_cards').selectAll().executeTakeFirstOrThrow()).id)
    await run(catalogueOf('2', [{ input_token_cost_per_1m: '5.00', correction: true }]))
    assert.equal((await run(catalogueOf('3', [{}]))).conflicts[0]?.reason, 'another_price')
  })

  test('a withdrawn card does not come back with the next start, and an override takes its turn in the revisions', async (t) => {
    const store = await fresh(t)
    const run = (catalogue: Catalogue): ReturnType<typeof seed> => seed(store, clock, ids, { manifest, catalogue })
    await run(catalogueOf('1', [{}]))
    const card = await store.read.selectFrom('rate_cards').selectAll().executeTakeFirstOrThrow()
    await withdraw(store, card.id)
    assert.equal((await run(catalogueOf('2', [{}]))).revision, null)
    assert.equal((await run(catalogueOf('3', [{ input_token_cost_per_1m: '5.00' }]))).conflicts.length, 1)
    const { batch } = await newCardBatch(store.read, ids, { ...override(card.provider_id), revision: 1 }, 'operator')
    await store.writer.control({ audit: audited(), ...batch })
    const corrected = await run(catalogueOf('4', [{ input_token_cost_per_1m: '5.00', correction: true }]))
    assert.equal(corrected.inserted.rateCards, 1)
    const revisions = await store.read.selectFrom('rate_cards').select(['revision', 'source']).orderBy('revision').execute()
    assert.deepEqual(
      revisions.map((row) => row.source),
      ['manifest@1', 'user_override', 'manifest@4'],
    )
  })

  test('a correction that was withdrawn does not come back with the next start', async (t) => {
    const store = await fresh(t)
    const run = (catalogue: Catalogue): ReturnType<typeof seed> => seed(store, clock, ids, { manifest, catalogue })
    await run(catalogueOf('1', [{}]))
    const corrected = catalogueOf('2', [{ input_token_cost_per_1m: '5.00', correction: true }])
    await run(corrected)
    const newest = await store.read.selectFrom('rate_cards').selectAll().orderBy('revision', 'desc').limit(1).executeTakeFirstOrThrow()
    await withdraw(store, newest.id)
    assert.equal((await run(corrected)).inserted.rateCards, 0)
  })

  test('a component that differs is another price', async (t) => {
    const store = await fresh(t)
    const run = (version: string, price: string): ReturnType<typeof seed> => {
      const components = [{ meter: 'web_searches' as const, price, per_units: 1000, when: {} }]
      return seed(store, clock, ids, { manifest, catalogue: catalogueOf(version, [{ components }]) })
    }
    await run('1', '10.00')
    assert.equal((await run('2', '10.00')).revision, null)
    assert.equal((await run('3', '11.00')).conflicts[0]?.reason, 'another_price')
  })
})

function override(providerId: string): Parameters<typeof newCardBatch>[2] {
  return {
    provider_id: providerId,
    connection_id: null,
    model: 'simulated-1',
    match_mode: 'exact',
    input_token_cost_per_1m: '3.00',
    output_token_cost_per_1m: '4',
    cache_write_cost_per_1m: null,
    cache_read_cost_per_1m: null,
    currency: 'USD',
    effective_from: 0,
    revision: 0,
    source_ref: {},
  }
}
