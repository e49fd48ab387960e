/** The directory is what the control tables say, as one snapshot, whatever a row holds. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insertRows, type NewRow } from '../../src/control/row-statements.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { resolve } from '../../src/routing/resolve.ts'
import type { TableName } from '../../src/store/schema.ts'
import { recordedAt, type Store } from '../../src/store/store.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'

const shipped = { is_canonical: false, canonical_revision: null, disabled: false, removed_at: null, created_at: 1, updated_at: 1 }

const provider = (name: string, row: Partial<NewRow<'providers'>> = {}): NewRow<'providers'> => ({
  id: `provider-${name}`,
  name,
  contract: 'openai-chat',
  base_url: 'https://provider.example/v1',
  dialect: { outputCap: 'max_completion_tokens' },
  network: 'public',
  network_cidrs: ['10.0.0.0/8'],
  stops_on_disconnect: true,
  bills_errors: false,
  modality: 'chat',
  ...shipped,
  ...row,
})

const connection = (name: string, row: Partial<NewRow<'connections'>> = {}): NewRow<'connections'> => ({
  id: `connection-${name}`,
  name,
  provider_id: 'provider-acme',
  auth: { type: 'api_key', credential: 'env:ACME_KEY' },
  billing: 'own',
  platform: null,
  on_abandon: 'abort',
  canonical_equivalent_id: null,
  ...shipped,
  ...row,
})

const profile = (name: string, row: Partial<NewRow<'model_profiles'>> = {}): NewRow<'model_profiles'> => ({
  id: `profile-${name}`,
  name,
  provider_id: 'provider-acme',
  connection_id: 'connection-mine',
  model: 'coin-1',
  system_prompt: "Say it's fine.",
  temperature: 0.7,
  idempotent: false,
  max_tokens: 500n,
  params: { top_p: 0.5 },
  timeouts: { idle: 5_000 },
  strict: false,
  ...shipped,
  ...row,
})

const key = (id: string, row: Partial<NewRow<'keys'>> = {}): NewRow<'keys'> => ({
  id,
  tenant_id: 'default',
  name: id.toLowerCase(),
  kind: 'call',
  secret_hash: 'ab',
  scopes: {},
  expires_at: 9,
  revoked_at: null,
  created_at: 1,
  next_hash: null,
  next_until: null,
  last_used_at: null,
  ...row,
})

const card = (id: string): NewRow<'rate_cards'> => ({
  id,
  provider_id: 'provider-acme',
  connection_id: null,
  model: 'coin-1',
  match_mode: 'exact',
  input_token_nanos_per_1m: 1_000_000_000n,
  output_token_nanos_per_1m: 2_000_000_000n,
  cache_write_token_nanos_per_1m: null,
  cache_read_token_nanos_per_1m: null,
  currency: 'USD',
  effective_from: 0,
  revision: 0n,
  recorded_at: recordedAt,
  source: 'user_override',
  source_ref: {},
})

type Rows = { readonly [T in TableName]?: readonly NewRow<T>[] }

async function write(store: Store, rows: Rows) {
  const statements = Object.entries(rows).flatMap(([table, some]) => insertRows(store.read, table as TableName, some as never))
  const rates = rows.rate_cards ? { rates: { source: 'user_override', actor: 'test', note: null } } : {}
  return store.writer.control({ audit: audited(), statements, ...rates })
}

const plain: Rows = {
  providers: [provider('acme')],
  connections: [connection('mine')],
  model_profiles: [profile('fast')],
  keys: [key('KEY1')],
  rate_cards: [card('card-1')],
}

eachStore((fresh) => {
  test('what was written is what is read: rows, revision, prices and the instant they are known from', async (t) => {
    const store = await fresh(t)
    const written = await write(store, plain)
    const directory = await readDirectory(store.read)
    assert.equal(directory.revision, written.revision)
    assert.equal(directory.knownAt, written.recordedAt)
    assert.deepEqual(directory.providers.get('provider-acme'), provider('acme'))
    assert.deepEqual(directory.providersByName.get('acme'), provider('acme'))
    assert.deepEqual(directory.connections.get('connection-mine'), connection('mine'))
    assert.deepEqual(directory.profiles.get('fast'), { ...profile('fast'), temperature: 0.7, max_tokens: 500 })
    assert.deepEqual(directory.keys.get('KEY1'), key('KEY1'))
    assert.deepEqual(directory.quarantined, [])
    const found = resolve(directory, 'fast', () => 'present').targets[0]
    assert.equal(found?.model, 'coin-1')
    assert.equal(found?.timeouts.idle, 5_000)
  })

  test('an empty database is an empty directory', async (t) => {
    const directory = await readDirectory((await fresh(t)).read)
    assert.equal(directory.profiles.size + directory.providers.size + directory.connections.size + directory.keys.size, 0)
    assert.equal(directory.knownAt, 0)
  })

  test('a row that does not read is set aside by name with the reason, and the rest stays', async (t) => {
    const store = await fresh(t)
    await write(store, {
      ...plain,
      providers: [provider('acme'), provider('lost', { base_url: 'nowhere' })],
      connections: [connection('mine'), connection('odd', { auth: { type: 'magic' } }), connection('pays', { billing: 'friends' })],
      model_profiles: [profile('fast'), profile('hot', { temperature: 9 }), profile('UPPER'), profile('bent', { timeouts: { idle: -1 } })],
      keys: [key('KEY1'), key('KEY2', { kind: 'master' })],
    })
    const directory = await readDirectory(store.read)
    assert.deepEqual(
      directory.quarantined.map((row) => `${row.kind} ${row.name}`).sort(),
      ['connection odd', 'connection pays', 'key key2', 'profile UPPER', 'profile bent', 'profile hot', 'provider lost'].sort(),
    )
    const reasons = new Map(directory.quarantined.map((row) => [row.name, row.reason]))
    assert.match(reasons.get('lost')!, /^base_url: /)
    assert.match(reasons.get('hot')!, /^temperature: /)
    assert.match(reasons.get('bent')!, /^timeouts\.idle: /)
    assert.deepEqual([...directory.profiles.keys()], ['fast'])
    assert.deepEqual([...directory.connections.keys()], ['connection-mine'])
    assert.deepEqual([...directory.keys.keys()], ['KEY1'])
    assert.throws(() => resolve(directory, 'hot', () => 'present'), /could not be read \(temperature/)
  })

  test('a row whose JSON is broken is set aside like any other', async (t) => {
    const store = await fresh(t)
    await write(store, { ...plain, connections: [connection('mine'), connection('odd')] })
    const broken = { sql: "UPDATE connections SET auth = '{\"type\":' WHERE name = 'odd'", parameters: [], expectChanges: 1 }
    await store.writer.control({ audit: audited(), statements: [broken] })
    const directory = await readDirectory(store.read)
    assert.deepEqual(
      directory.quarantined.map((row) => row.name),
      ['odd'],
    )
    assert.equal(directory.connections.size, 1)
  })

  test('a profile whose provider was set aside says so, and no other takes its place', async (t) => {
    const store = await fresh(t)
    await write(store, { ...plain, providers: [provider('acme', { base_url: 'nowhere' })] })
    const directory = await readDirectory(store.read)
    assert.throws(() => resolve(directory, 'fast', () => 'present'), { kind: 'unavailable', message: /its provider does not exist/ })
  })

  test('a change that lands while it reads is in what it returns', async (t) => {
    const store = await fresh(t)
    await write(store, plain)
    let changed: { readonly revision: bigint } | undefined
    let reads = 0
    const read = store.read.withPlugin({
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        reads += 1
        // After the first look at the revision, before the tables.
        if (reads === 1) changed = await write(store, { model_profiles: [profile('late')] })
        return result
      },
    })
    const directory = await readDirectory(read)
    assert.equal(directory.revision, changed?.revision)
    assert.ok(directory.profiles.has('late'))
    const { profiles } = await readDirectory(store.read)
    assert.deepEqual([...directory.profiles.keys()].sort(), [...profiles.keys()].sort())
  })

  test('removed rows are not in it, disabled ones are, and a name may be taken again', async (t) => {
    const store = await fresh(t)
    await write(store, {
      ...plain,
      providers: [provider('acme'), provider('gone', { removed_at: 5 })],
      connections: [connection('mine', { disabled: true }), connection('old', { removed_at: 5 })],
      model_profiles: [
        profile('fast', { id: 'profile-old', removed_at: 5 }),
        profile('fast', { model: 'coin-2' }),
        profile('fast', { id: 'profile-older', removed_at: 4 }),
        profile('left', { removed_at: 5 }),
      ],
    })
    const directory = await readDirectory(store.read)
    assert.deepEqual([...directory.providersByName.keys()], ['acme'])
    assert.deepEqual([...directory.connections.keys()], ['connection-mine'])
    assert.deepEqual([...directory.profiles.keys()], ['fast'])
    assert.equal(directory.profiles.get('fast')?.model, 'coin-2')
    assert.throws(() => resolve(directory, 'fast', () => 'present'), /is disabled/)
  })
})
