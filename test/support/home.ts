/** A home made ready before its server starts: migrated, seeded, with keys, and with providers of the test's own. For tests, corpus, clients and bench. */

import { readFileSync } from 'node:fs'
import { homeOf } from '../../src/control/home/home.ts'
import { uuidMaker } from '../../src/core/ids.ts'
import { systemClock, systemRandom } from '../../src/core/system.ts'
import { openHome } from '../../src/opening.ts'
import { parsePrice } from '../../src/pricing/money.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { type ControlStatement, recordedAt } from '../../src/store/store.ts'
import { audited } from './audit.ts'

export type OwnProvider = {
  readonly name: string
  readonly contract: string
  readonly baseUrl: string
  readonly network: 'loopback'
  readonly dialect?: object
  /** Prices per 1M tokens, as decimal text. */
  readonly models: readonly { readonly model: string; readonly input: string; readonly output: string }[]
}

/** Makes the home and adds a provider, a keyless connection and rate cards each. The provider's models are called as `name/model`. */
export async function prepareHome(
  root: string,
  options: { readonly providers: readonly OwnProvider[]; readonly database?: string },
): Promise<{ callKey: string; adminToken: string }> {
  const home = homeOf(root, {}, root)
  const { store } = await openHome({ home, database: options.database ?? home.database, migrate: true })
  try {
    const nextId = uuidMaker(systemClock, systemRandom)
    const now = systemClock.now()
    const statements: ControlStatement[] = []
    const insert = (query: { compile(): { sql: string; parameters: readonly unknown[] } }): void => {
      const { sql, parameters } = query.compile()
      statements.push({ sql, parameters, expectChanges: 1 })
    }
    const shipped = {
      is_canonical: 0,
      canonical_revision: null,
      disabled: 0,
      removed_at: null,
      created_at: now,
      updated_at: now,
    } as never as object
    for (const provider of options.providers) {
      const providerId = nextId()
      insert(
        store.read.insertInto('providers').values({
          id: providerId,
          name: provider.name,
          contract: provider.contract,
          base_url: provider.baseUrl,
          dialect: JSON.stringify(provider.dialect ?? {}),
          network: provider.network,
          network_cidrs: null,
          stops_on_disconnect: null,
          bills_errors: 0,
          modality: 'chat',
          ...shipped,
        } as never),
      )
      insert(
        store.read.insertInto('connections').values({
          id: nextId(),
          name: provider.name,
          provider_id: providerId,
          auth: '{"type":"none"}',
          billing: 'own',
          platform: null,
          on_abandon: null,
          canonical_equivalent_id: null,
          ...shipped,
        } as never),
      )
      for (const { model, input, output } of provider.models) {
        insert(
          store.read.insertInto('rate_cards').values({
            id: nextId(),
            provider_id: providerId,
            connection_id: null,
            model,
            match_mode: 'exact',
            input_token_nanos_per_1m: parsePrice(input, 'input'),
            output_token_nanos_per_1m: parsePrice(output, 'output'),
            cache_write_token_nanos_per_1m: null,
            cache_read_token_nanos_per_1m: null,
            currency: 'USD',
            effective_from: 0,
            revision: 0,
            recorded_at: recordedAt,
            source: 'user_override',
            source_ref: '{}',
          } as never),
        )
      }
    }
    await store.writer.control({ audit: audited(), statements, rates: { source: 'user_override', actor: 'test', note: null } })
  } finally {
    await store.close()
  }
  return { callKey: readFileSync(home.firstKey, 'utf8').trim(), adminToken: readFileSync(home.adminToken, 'utf8').trim() }
}

/** A server on a home, on free ports, without a word on the terminal. */
export function startOn(root: string, options: { readonly database?: string } = {}): Promise<RunningServer> {
  const home = homeOf(root, {}, root)
  return startServer({
    home,
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    portsAsked: { port: true, adminPort: true },
    database: options.database ?? home.database,
    migrate: true,
    log: { warn() {}, error() {} },
  })
}
