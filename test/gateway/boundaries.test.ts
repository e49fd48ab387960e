/** No call crosses a boundary that its route does not name: every pair of payers and places, under every failure. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { billings, type Connection } from '../../src/core/nouns.ts'
import { connectionRow, directoryOf, profileRow, providerRow, routeRow, sent } from '../support/gateway.ts'

const failures: readonly ((upstream: ReturnType<typeof sent>['upstream']) => void)[] = [
  ...[400, 401, 402, 403, 404, 408, 413, 429, 500, 502, 503, 504, 529, 302].map(
    (status) => (upstream: ReturnType<typeof sent>['upstream']) => upstream.answer(status, { error: { message: 'no' } }),
  ),
  ...(['policy', 'dns', 'connect', 'tls', 'overloaded'] as const).map(
    (reason) => (upstream: ReturnType<typeof sent>['upstream']) => upstream.fail({ reason, sent: false }),
  ),
  ...(['reset', 'malformed', 'first_byte_timeout', 'idle_timeout', 'total_timeout'] as const).map(
    (reason) => (upstream: ReturnType<typeof sent>['upstream']) => upstream.fail({ reason }),
  ),
]

type Side = { readonly billing: Connection['billing']; readonly network: 'public' | 'loopback' }
const sides: readonly Side[] = billings.flatMap((billing) => (['public', 'loopback'] as const).map((network) => ({ billing, network })))

function pair(from: Side, to: Side) {
  const providers = [from, to].map(({ network }, n) =>
    providerRow({ name: `s${n}`, contract: 'openai-chat', network, base_url: `https://s${n}.example/v1` }),
  )
  const connections = [from, to].map(({ billing }, n) => connectionRow({ name: `c${n}`, provider_id: providers[n]!.id, billing }))
  const profiles = providers.map(({ id }, n) =>
    profileRow({ name: `p${n}`, provider_id: id, connection_id: connections[n]!.id, idempotent: true }),
  )
  return directoryOf({ providers, connections, profiles, routes: [routeRow({ name: 'r', profiles })] })
}

test('every payer and place × every payer and place × every failure: no attempt crosses', () => {
  let fellBack = 0
  for (const from of sides) {
    for (const to of sides) {
      const directory = pair(from, to)
      const crosses = from.billing !== to.billing || (from.network === 'loopback' && to.network === 'public')
      for (const failure of failures) {
        const { upstream, ledger, timers, gateway } = sent({ directory, body: { model: 'r' } })
        for (let left = 4; left > 0 && gateway.active() > 0; left -= 1) {
          failure(upstream)
          ledger.settled()
          timers.pass(60_000)
          ledger.admit()
        }
        assert.equal(gateway.active(), 0)
        const reached = upstream.requests.some(({ destination }) => destination.baseUrl.includes('s1'))
        if (reached) fellBack += 1
        assert.ok(!(reached && crosses), `${JSON.stringify({ from, to })} crossed`)
      }
    }
  }
  assert.ok(fellBack > 100)
})
