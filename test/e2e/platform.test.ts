/** Two servers, two processes: the one calls the other as its platform, and both books say the same of every call. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homeOf } from '../../src/control/home/home.ts'
import { openHome } from '../../src/opening.ts'
import { addControlRows } from '../support/control-rows.ts'
import { eachDatabase } from '../support/databases.ts'
import { connectionRow, profileRow } from '../support/gateway.ts'
import { prepareHome } from '../support/home.ts'
import { type ContractName, contracts } from './client.ts'
import { emptyHome, serve } from './process.ts'

type Books = {
  readonly id: string
  readonly attempts: readonly {
    readonly billing: string
    readonly settlement: {
      readonly outcome: string
      readonly usage: object
      readonly usage_source: string
      readonly upstream_id: string
      readonly upstream_status: number
      readonly error_kind: string | null
      readonly pricing_status: string
      readonly charged: string | null
    }
    readonly charges: readonly { readonly meter: string; readonly qty: string }[]
  }[]
}

const nowhere = 'http://127.0.0.1:9'
/** What the platform calls its models, by contract. */
const served = { 'openai-chat': 'simulated', 'anthropic-messages': 'simulated-claude' } as const
const baseOf = (contract: ContractName, url: string) => (contract === 'openai-chat' ? `${url}/v1` : url)

/** A home whose two profiles are paid by the platform at this address, which sells at twice its own price. */
async function frontHome(t: Parameters<typeof emptyHome>[0], platformUrl: string, database: string): Promise<string> {
  const root = emptyHome(t)
  const names = Object.keys(served) as ContractName[]
  await prepareHome(root, {
    database,
    providers: names.map((contract) => ({
      name: `vendor-${contract}`,
      contract,
      baseUrl: baseOf(contract, nowhere),
      network: 'loopback',
      models: [served[contract], 'nobody'].map((model) => ({ model, input: '2.00', output: '4.00' })),
    })),
  })
  const home = homeOf(root, {}, root)
  const { store, keys } = await openHome({ home, database })
  try {
    const providers = await store.read.selectFrom('providers').select(['id', 'name', 'contract']).execute()
    const of = (contract: ContractName) => providers.find(({ name }) => name === `vendor-${contract}`)!
    const connection = (contract: ContractName, name: string, credential: string) => {
      const auth = { type: 'platform', base_url: baseOf(contract, platformUrl), credential } as const
      return connectionRow({ name, provider_id: of(contract).id, billing: 'platform', platform: 'second', auth })
    }
    const paid = names.map((contract) => connection(contract, `platform-${contract}`, 'env:PLATFORM_KEY'))
    const wrong = connection('openai-chat', 'wrong-key', 'env:WRONG_KEY')
    const profiles = names.map((contract, place) =>
      profileRow({ name: `by-${contract}`, provider_id: of(contract).id, connection_id: paid[place]!.id, model: served[contract] }),
    )
    const chat = { provider_id: of('openai-chat').id, model: 'simulated' }
    await addControlRows(store, {
      bindings: ['env:PLATFORM_KEY', 'env:WRONG_KEY'].map((reference) => ({ reference, address: platformUrl, keys })),
      connections: [...paid, wrong],
      profiles: [
        ...profiles,
        profileRow({ name: 'refused', ...chat, connection_id: wrong.id }),
        profileRow({ name: 'unknown', ...chat, connection_id: paid[0]!.id, model: 'nobody' }),
      ],
    })
  } finally {
    await store.close()
  }
  return root
}

eachDatabase(({ fresh }) => {
  test('a second Purser is the platform: each call stands in both books, with the same usage and a link from one to the other', async (t) => {
    const flags = ['--port', '0', '--admin-port', '0', '--migrate']
    const platform = await serve(t, { home: emptyHome(t), flags, environment: { PURSER_DATABASE_URL: await fresh() } })
    const database = await fresh()
    const home = await frontHome(t, platform.inferenceUrl, database)
    const front = await serve(t, {
      home,
      environment: { PURSER_DATABASE_URL: database, PLATFORM_KEY: platform.key, WRONG_KEY: `${platform.key.slice(0, -1)}!` },
    })
    const booksOf = async (id: string) => {
      await front.operator.settlement(id)
      return front.operator.get<Books>(`/calls/${id}`)
    }
    for (const contract of Object.keys(contracts) as ContractName[]) {
      for (const stream of [false, true]) {
        const answer = await front.caller.ask({ contract, model: `by-${contract}`, stream, text: 'sixteen bytes!!!' })
        assert.equal(answer.status, 200, answer.text)
        assert.ok(answer.isWhole)
        const [here, ...others] = (await booksOf(answer.id)).attempts
        assert.equal(others.length, 0)
        assert.equal(here!.billing, 'platform')
        const [there] = (await platform.operator.get<Books>(`/calls/${here!.settlement.upstream_id}`)).attempts
        assert.deepEqual(here!.settlement.usage, there!.settlement.usage)
        const measured = ({ charges }: Books['attempts'][number]) => charges.map(({ meter, qty }) => [meter, qty])
        assert.deepEqual(measured(here!), measured(there!))
        assert.deepEqual([here!.settlement.usage_source, there!.settlement.usage_source], ['provider_final', 'provider_final'])
        assert.deepEqual([here!.settlement.charged, there!.settlement.charged], ['0.000024', '0.000012'])
      }
    }

    const refused = await front.caller.ask({ model: 'refused' })
    assert.equal(refused.status, 502, 'the key of the operator is not the fault of his caller')
    assert.ok(!refused.text.includes(platform.key.slice(-20)))
    const [attempt] = (await booksOf(refused.id)).attempts
    assert.deepEqual([attempt!.settlement.error_kind, attempt!.settlement.upstream_status], ['provider_auth', 401])

    const unknown = await front.caller.ask({ model: 'unknown' })
    assert.equal(unknown.status, 404)
    const [missed] = (await booksOf(unknown.id)).attempts
    assert.deepEqual([missed!.settlement.error_kind, missed!.settlement.upstream_status], ['not_found', 404])
    assert.equal(await front.operator.openAttempts(), 0)
    assert.equal(await platform.operator.openAttempts(), 0)
  })
})
