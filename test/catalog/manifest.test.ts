import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifestSchema, shippedManifest } from '../../src/catalog/manifest.ts'
import { contracts } from '../../src/contracts/index.ts'

const manifest = shippedManifest()
const all = [...manifest.providers, ...manifest.connections, ...manifest.profiles, ...manifest.routes]

test('every item has an id of its own and a name that no other of its kind bears', () => {
  assert.equal(new Set(all.map((item) => item.id)).size, all.length)
  for (const kind of [manifest.providers, manifest.connections, [...manifest.profiles, ...manifest.routes]])
    assert.equal(new Set(kind.map((item) => item.name)).size, kind.length)
})

test('ids never change: these rows are in databases already', () => {
  const ids = Object.fromEntries(all.map((item) => [item.name, item.id]))
  assert.equal(manifest.providers.find((item) => item.name === 'openai')?.id, '2112523f-11d5-576f-b163-7a1ac8932344')
  assert.equal(manifest.providers.find((item) => item.name === 'anthropic')?.id, '077927f8-4fe6-5547-bab6-52d819362e72')
  assert.match(ids['simulated-claude'] ?? '', /^[0-9a-f-]{36}$/)
})

test('connections and profiles refer to what is there, and a profile to a connection of its own provider', () => {
  const providers = new Set(manifest.providers.map((item) => item.name))
  for (const connection of manifest.connections) assert.ok(providers.has(connection.provider), connection.name)
  for (const profile of manifest.profiles) {
    assert.equal(manifest.connections.find((item) => item.name === profile.connection)?.provider, profile.provider)
  }
})

test('a pair is mutual, of one provider, one side our own and the other a platform that stays off until it is named', () => {
  const paired = manifest.connections.filter((item) => item.twin !== null)
  assert.deepEqual(paired.map((item) => item.name).sort(), [
    'anthropic',
    'anthropic-platform',
    'google',
    'google-platform',
    'openai',
    'openai-platform',
  ])
  for (const connection of paired) {
    const twin = manifest.connections.find((item) => item.name === connection.twin)
    assert.ok(twin)
    assert.equal(twin.twin, connection.name)
    assert.equal(twin.provider, connection.provider)
    assert.deepEqual([connection.billing, twin.billing].sort(), ['own', 'platform'])
  }
  for (const connection of manifest.connections.filter((item) => item.billing === 'platform')) {
    assert.deepEqual([connection.auth, connection.disabled], [{ type: 'platform', base_url: null, credential: null }, true])
  }
})

test('a key is said by the name of a variable and never by itself', () => {
  for (const { auth } of manifest.connections) if (auth.type === 'api_key') assert.match(auth.credential, /^env:[A-Z]+_API_KEY$/)
})

test('what runs on this machine is reached by loopback alone, needs no key, and costs nothing unless it is simulated', () => {
  const loopback = manifest.providers.filter((item) => item.network === 'loopback').map((item) => item.name)
  assert.deepEqual(loopback, ['ollama', 'vllm', 'lm-studio', 'simulated', 'simulated-anthropic'])
  for (const connection of manifest.connections.filter((item) => loopback.includes(item.provider))) {
    assert.deepEqual(
      [connection.auth, connection.billing],
      [{ type: 'none' }, connection.provider.startsWith('simulated') ? 'own' : 'none'],
    )
  }
  for (const provider of manifest.providers) if (!loopback.includes(provider.name)) assert.match(provider.base_url, /^https:\/\//)
})

test('the dialect of every provider is one that its contract understands', () => {
  for (const provider of manifest.providers) {
    const contract = contracts.find((each) => each.id === provider.contract)
    assert.ok(contract, `${provider.name} is callable`)
    assert.doesNotThrow(() => contract.codec(provider.dialect), provider.name)
  }
})

test('the two simulated profiles are always in the box', () => {
  assert.deepEqual(
    manifest.profiles.map((item) => [item.name, item.provider, item.connection, item.model]),
    [
      ['simulated', 'simulated', 'simulated-openai', 'simulated-1'],
      ['simulated-claude', 'simulated-anthropic', 'simulated-anthropic', 'simulated-1'],
    ],
  )
})

test('a manifest with an unknown field or a secret in it is refused', () => {
  const [connection] = manifest.connections
  assert.throws(() => manifestSchema.parse({ ...manifest, extra: 1 }))
  assert.throws(() =>
    manifestSchema.parse({ ...manifest, connections: [{ ...connection, auth: { type: 'api_key', credential: 'sk-live-abc' } }] }),
  )
})
