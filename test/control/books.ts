/** A seeded database with a ledger in it, for tests of what reads it: attempts priced and settled the way the gateway does it. */

import type { TestContext } from 'node:test'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { shippedCatalogue } from '../../src/catalog/rate-cards.ts'
import type { OperationContext } from '../../src/control/context.ts'
import { seed } from '../../src/control/manifest/seed.ts'
import { localActor } from '../../src/control/scopes.ts'
import { cataloguePairs } from '../../src/control/secrets/rows.ts'
import { uuidMaker } from '../../src/core/ids.ts'
import type { Meter } from '../../src/core/meters.ts'
import { systemRandom } from '../../src/core/system.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { Outcome } from '../../src/ledger/facts.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { kekOf, keyringOf } from '../../src/net/kek.ts'
import { createVault } from '../../src/net/vault.ts'
import { chargeUsage } from '../../src/pricing/charge.ts'
import type { Charged } from '../../src/pricing/charged.ts'
import { nothingToBill, unknownCharge } from '../../src/pricing/unbilled.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { readRateBook } from '../../src/routing/rates.ts'
import type { OpenStore } from '../../src/store/database.ts'

export const start = Date.parse('2026-03-01T12:00:00Z')

/** A clock that a test moves by hand. */
export class HandClock {
  ms = start
  now(): number {
    return this.ms
  }
  monotonic(): number {
    return this.ms
  }
}

export type Entry = {
  readonly at?: number
  readonly provider?: string
  readonly model?: string
  /** Null: unknown. Left out with outcome `not_sent`: nothing to bill. */
  readonly meters?: Partial<Record<Meter, bigint>> | null
  readonly outcome?: Outcome | 'open'
  readonly session?: string
  /** Changes what is about to be written, to plant a fault. */
  readonly spoil?: (charged: Charged) => Charged
}

/** The cards of the simulated provider alone: a thousand more would only take time. */
const shipped = shippedCatalogue()
export const few = {
  ...shipped,
  cards: shipped.cards.filter((card) => card.provider.startsWith('simulated')),
  aliases: shipped.aliases.filter((alias) => alias.provider.startsWith('simulated')),
}

export type Books = { readonly context: OperationContext; readonly clock: HandClock; enter(entry: Entry): Promise<string> }

export async function openBooks(_t: TestContext, store: OpenStore, clock: HandClock): Promise<Books> {
  const ids = uuidMaker(clock, systemRandom)
  await seed(store, clock, ids, { manifest: shippedManifest(), catalogue: few })
  const ledger = createLedger(store.writer, store.instance)
  const context: OperationContext = {
    store,
    clock,
    random: systemRandom,
    ids,
    pepper: () => new Uint8Array(32),
    directory: () => readDirectory(store.read),
    actor: localActor,
    face: 'library',
    release: 'test',
    database: ':memory:',
    server: null,
    home: null,
    presence: () => 'unknown',
    secrets: createVault({
      clock,
      keys: keyringOf([kekOf(new Uint8Array(32).fill(7))]),
      catalogue: cataloguePairs(),
      environment: { variables: {}, forget: false },
      folder: null,
      commands: null,
    }),
    loopDelayMs: () => null,
    inspect: async () => null,
    presenceOf: null,
    fetch: null,
    refresh: async () => undefined,
  }
  return {
    context,
    clock,
    async enter({
      at = clock.now(),
      provider = 'simulated',
      model = 'simulated-1',
      meters = { input_tokens: 10n, output_tokens: 5n },
      outcome = 'succeeded',
      session,
      spoil,
    }) {
      const id = ids()
      const served = await store.read.selectFrom('providers').selectAll().where('name', '=', provider).executeTakeFirstOrThrow()
      const pays = await store.read.selectFrom('connections').selectAll().where('provider_id', '=', served.id).executeTakeFirstOrThrow()
      const { book, knownAt } = await readRateBook(store.read)
      const usage: Usage | null = meters === null ? null : { segments: [{ meters }], flags: [] }
      const target = {
        profileId: null,
        profileName: model === 'simulated-1' ? 'simulated' : null,
        connectionId: pays.id,
        connectionName: pays.name,
        providerId: served.id,
        providerName: served.name,
        contract: served.contract,
        billing: pays.billing as 'own',
        locality: 'local' as const,
      }
      await new Promise<void>((resolve, reject) =>
        ledger.intend(
          {
            id,
            tenantId: 'default',
            keyId: 'key0000000',
            contract: served.contract,
            endpoint: 'generate',
            stream: false,
            requestedName: model,
            decision: '{}',
            configRevision: 1n,
            labels: {},
            client: 'test',
            sessionId: session ?? null,
            requestBytes: 100,
            callerRetry: null,
            createdAt: at,
          },
          { attemptNo: 1, target, model, pricedAt: at, knownAt },
          () => undefined,
          (error) => (error ? reject(error) : resolve()),
        ),
      )
      if (outcome === 'open') return id
      const none = outcome === 'not_sent'
      const billing = pays.billing as 'own'
      const charged = none
        ? nothingToBill(billing)
        : usage === null
          ? unknownCharge(billing)
          : chargeUsage({
              book,
              providerId: served.id,
              connectionId: pays.id,
              billing,
              requestedModel: model,
              reportedModel: model,
              at,
              knownAt,
              usage,
              context: {},
            })
      await new Promise<void>((resolve, reject) =>
        ledger.settle(
          {
            attemptId: `${id}.1`,
            outcome,
            errorKind: null,
            upstreamStatus: none ? null : 200,
            upstreamId: null,
            stopReason: null,
            warnings: [],
            firstByteMs: 5,
            durationMs: 7,
            responseBytes: 50,
            settledAt: at + 7,
            usage: none ? null : usage,
            rawUsage: null,
            usageSource: none ? 'none' : usage === null ? 'unknown' : 'provider_final',
            usageFlags: [],
            priceContext: {},
            requestedModel: model,
            reportedModel: usage === null || none ? null : model,
            charged: spoil?.(charged) ?? charged,
          },
          (error) => (error ? reject(error) : resolve()),
        ),
      )
      return id
    },
  }
}
