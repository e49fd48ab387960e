/** A home for a Purser under test: migrated, seeded, with the bench's upstream as a provider of each contract. */

import type { Place } from './gateway.ts'
import { type ContractName, idleStreams, rows } from './rows.ts'

type Home = { readonly callKey: string; readonly providers: Readonly<Record<ContractName, string>> }

const providers = { 'openai-chat': 'bench', 'anthropic-messages': 'bench-messages' } as const
const basePath = { 'openai-chat': '/v1', 'anthropic-messages': '' } as const

/** Loads Purser only here, so that a Purser that does not start leaves the other gateways comparable. */
export async function prepareHome(place: Place): Promise<Home> {
  const support = await import('../test/support/home.ts')
  const { callKey } = await support.prepareHome(place.directory, {
    providers: [provider(place, 'openai-chat'), provider(place, 'anthropic-messages')],
  })
  return { callKey, providers }
}

function provider(place: Place, contract: ContractName) {
  const models = [...rows, idleStreams].filter((row) => row.contract === contract).map((row) => row.model)
  return {
    name: providers[contract],
    contract,
    baseUrl: `http://127.0.0.1:${place.upstreamPort}${basePath[contract]}`,
    network: 'loopback' as const,
    models: [...new Set(models)].map((model) => ({ model, input: '1.00', output: '2.00' })),
  }
}
