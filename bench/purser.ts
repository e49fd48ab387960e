/** A home for a Purser under test: migrated, seeded, with the bench's upstream as a provider of each contract. */

import { hashSecret, mintKey } from '../src/core/keys.ts'
import { systemClock, systemRandom } from '../src/core/system.ts'
import type { AuditEntry } from '../src/store/store.ts'
import type { Place } from './gateway.ts'
import { type ContractName, idleStreams, rows } from './rows.ts'

type Home = {
  readonly callKeys: readonly string[]
  readonly adminToken: string
  readonly database: string
  readonly providers: Readonly<Record<ContractName, string>>
}

const providers = { 'openai-chat': 'bench', 'anthropic-messages': 'bench-messages' } as const
const basePath = { 'openai-chat': '/v1', 'anthropic-messages': '' } as const

/** Loads Purser only here, so that a Purser that does not start leaves the other gateways comparable. */
export async function prepareHome(place: Place): Promise<Home> {
  const support = await import('../test/support/home.ts')
  const { callKey, adminToken } = await support.prepareHome(place.directory, {
    providers: [provider(place, 'openai-chat'), provider(place, 'anthropic-messages')],
  })
  const { callKeys, database } = await furtherKeys(place.directory)
  return { callKeys: [callKey, ...callKeys], adminToken, database, providers }
}

/** A key may have a hundred calls running, and the rows of many open streams need more than that. */
async function furtherKeys(directory: string): Promise<{ readonly callKeys: readonly string[]; readonly database: string }> {
  const [{ openHome }, { homeOf }, { insertKeys }] = await Promise.all([
    import('../src/opening.ts'),
    import('../src/control/home/home.ts'),
    import('../src/control/keys/key-statements.ts'),
  ])
  const home = homeOf(directory, {}, directory)
  const { store, pepper } = await openHome({ home, database: home.database })
  const keys = Array.from({ length: 15 }, (_, index) => ({ name: `bench-${index}`, ...mintKey('call', systemRandom) }))
  const created_at = systemClock.now()
  const fresh = keys.map(({ id, name, secret }) => {
    return { id, name, kind: 'call', secret_hash: hashSecret(pepper, secret), scopes: {}, created_at }
  })
  const audit: AuditEntry = {
    id: 'bench',
    actor_key_id: null,
    face: 'bench',
    operation: 'keys',
    target_kind: 'key',
    target_id: 'bench',
    before: {},
    after: {},
    undo: {},
  }
  await store.writer.control({ statements: insertKeys(store.read, fresh), audit: [audit] })
  await store.close()
  return { callKeys: keys.map((key) => key.text), database: home.database }
}

function provider(place: Place, contract: ContractName) {
  const models = [...rows, idleStreams].filter((row) => (row.to ?? row.contract) === contract).map((row) => row.model)
  return {
    name: providers[contract],
    contract,
    baseUrl: `http://127.0.0.1:${place.upstreamPort}${basePath[contract]}`,
    network: 'loopback' as const,
    models: [...new Set(models)].map((model) => ({ model, input: '1.00', output: '2.00' })),
  }
}
