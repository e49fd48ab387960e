/** Routes as an operator sees them, and the doctor's look at what their calls crossed. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { doctor } from '../../src/control/health/doctor.ts'
import { routesGet, routesList } from '../../src/control/nouns/model-routes.ts'
import { invoke } from '../../src/control/operation.ts'
import { insertRows } from '../../src/control/row-statements.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const route = (name: string) => ({
  ...{ id: `route-${name}`, name, allow_cross: ['locality'] as const, is_canonical: false, canonical_revision: null },
  ...{ disabled: false, removed_at: null, created_at: 1, updated_at: 1 },
})

async function addRoutes(store: OpenStore, names: readonly string[]): Promise<void> {
  const profiles = await store.read.selectFrom('model_profiles').select(['id', 'name']).orderBy('name', 'desc').execute()
  const members = names.flatMap((name) =>
    profiles.map(({ id }, position) => ({
      ...{ route_id: `route-${name}`, position: BigInt(position), profile_id: id, weight: null, conditions: {} },
    })),
  )
  const statements = [...insertRows(store.read, 'routes', names.map(route)), ...insertRows(store.read, 'route_members', members)]
  await store.writer.control({ audit: audited(), statements })
}

eachStore((fresh) => {
  const opened = async (t: TestContext) => {
    const clock = new HandClock()
    return openBooks(t, await fresh(t, { clock }), clock)
  }

  test('routes are listed by name, page by page, with their profiles in order', async (t) => {
    const { context } = await opened(t)
    await addRoutes(context.store as OpenStore, ['b', 'a', 'c'])
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = routesList.output.parse(await invoke(routesList, context, { limit: 2, ...(cursor === undefined ? {} : { cursor }) }))
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, ['a', 'b', 'c'])
    const one = routesGet.output.parse(JSON.parse(JSON.stringify(await invoke(routesGet, context, { route: 'b' }))))
    assert.deepEqual(one.profiles.slice(0, 2), ['simulated-claude', 'simulated'])
    assert.deepEqual(one.members[1], {
      ...{ position: 1, profile: 'simulated', weight: null, conditions: {}, provider: 'simulated', model: 'simulated-1', billing: 'own' },
    })
    assert.deepEqual(one.allow_cross, ['locality'])
    await assert.rejects(invoke(routesGet, context, { route: 'bb' }), /Did you mean "b"/)
  })

  test('the doctor finds a call that went on to another payer, and lets one pass whose route allows it', async (t) => {
    const { context, clock } = await opened(t)
    const ledger = createLedger(context.store.writer, { id: 'instance', epoch: 1n })
    const step = async (id: string, allowed: readonly string[], billings: readonly ('own' | 'platform')[]) => {
      for (const [index, billing] of billings.entries()) {
        const target = {
          ...{ profileId: null, profileName: null, connectionId: 'c', connectionName: 'c', providerId: 'p', providerName: 'p' },
          ...{ contract: 'openai-chat', billing, locality: 'cloud' as const },
        }
        const call = {
          ...{ id, tenantId: 'default', keyId: null, contract: 'openai-chat', endpoint: 'generate', stream: false, requestedName: 'way' },
          ...{ decision: JSON.stringify({ via: 'route', allow_cross: allowed }), configRevision: 1n, labels: {}, client: null },
          ...{ sessionId: null, requestBytes: 1, callerRetry: null, createdAt: clock.ms },
        }
        await new Promise<void>((resolve, reject) =>
          ledger.intend(
            call,
            { attemptNo: index + 1, target, model: 'm', pricedAt: clock.ms, knownAt: 1 },
            () => {},
            (error) => (error ? reject(error) : resolve()),
          ),
        )
      }
    }
    const crossed = async () => doctor.output.parse(await invoke(doctor, context, {})).items.find(({ check }) => check.startsWith('I9'))
    await step('a', [], ['own', 'own'])
    await step('b', ['billing'], ['own', 'platform'])
    assert.equal((await crossed())?.result, 'ok')
    await step('c', ['locality'], ['own', 'own', 'platform'])
    assert.deepEqual([(await crossed())?.result, (await crossed())?.mend], ['failed', 'purser calls get c'])
  })
})
