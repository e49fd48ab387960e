/** What a gateway tells the ledger, for tests: plain facts to start from, and arbitrary ones for laws. */

import fc from 'fast-check'
import { errorKinds } from '../../src/core/errors.ts'
import { meterOrder } from '../../src/core/meters.ts'
import type { AttemptFacts, CallFacts, SettlementFacts, TargetFacts } from '../../src/ledger/facts.ts'
import type { Charged, ChargeLine } from '../../src/pricing/charged.ts'

export const target: TargetFacts = {
  profileId: 'profile-1',
  profileName: 'fast',
  connectionId: 'connection-1',
  connectionName: 'mine',
  providerId: 'provider-1',
  providerName: 'acme',
  contract: 'openai-chat',
  billing: 'own',
  locality: 'cloud',
}

export function callFacts(id: string, facts: Partial<CallFacts> = {}): CallFacts {
  return {
    id,
    tenantId: 'default',
    keyId: 'key-1',
    contract: 'openai-chat',
    endpoint: 'generate',
    stream: true,
    requestedName: 'fast',
    decision: '{"via":"profile"}',
    configRevision: 7n,
    labels: { team: 'blue' },
    client: 'tool/1.0',
    sessionId: 'session-1',
    requestBytes: 120,
    callerRetry: 2,
    createdAt: 1_000,
    ...facts,
  }
}

export function attemptFacts(facts: Partial<AttemptFacts> = {}): AttemptFacts {
  return { attemptNo: 1, target, model: 'coin-1', pricedAt: 1_001, knownAt: 500, ...facts }
}

export function line(facts: Partial<ChargeLine> = {}): ChargeLine {
  return {
    segment: 0,
    role: 'charge',
    meter: 'input_tokens',
    qty: 12n,
    priceMeter: 'input_tokens',
    priceNanos: 1_000_000_000n,
    perUnits: 1_000_000n,
    num: 1n,
    den: 1n,
    amountPico: 12_000_000n,
    currency: 'USD',
    rateCardId: 'card-1',
    componentId: null,
    multiplierIds: [],
    reportedModel: null,
    ...facts,
  }
}

export function charged(lines: readonly ChargeLine[], facts: Partial<Charged> = {}): Charged {
  return {
    pricingStatus: 'priced',
    currency: 'USD',
    chargedPico: lines.reduce((sum, { amountPico }) => sum + amountPico, 0n),
    shadowPico: null,
    matched: 'exact',
    costSource: 'computed',
    unpriced: {},
    flags: [],
    rulesVersion: 1,
    lines,
    ...facts,
  }
}

export function settlementFacts(attemptId: string, facts: Partial<SettlementFacts> = {}): SettlementFacts {
  return {
    attemptId,
    outcome: 'succeeded',
    errorKind: null,
    upstreamStatus: 200,
    upstreamId: 'up-1',
    stopReason: 'stop',
    warnings: [],
    firstByteMs: 12,
    durationMs: 34,
    responseBytes: 56,
    settledAt: 2_000,
    usage: { segments: [{ meters: { input_tokens: 12n } }], flags: [] },
    rawUsage: '{"prompt_tokens":12}',
    usageSource: 'provider_final',
    usageFlags: [],
    priceContext: { service_tier: 'standard' },
    requestedModel: 'coin-1',
    reportedModel: 'coin-1-2026',
    charged: charged([line()]),
    ...facts,
  }
}

/** Words as strangers send them: empty, quoted, with a zero character, half a pair, too long. */
export const word = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('', "it's", "''", 'a\u0000b', '\ud800', '\udc00x', 'é'.repeat(600), '{"a":1}', '\\', '$1', '?'),
)

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const count = fc.maxSafeInteger()
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null })
const meter = fc.constantFrom(...meterOrder)

const anyLine: fc.Arbitrary<ChargeLine> = fc.record({
  segment: fc.nat(3),
  role: fc.constantFrom('charge', 'shadow'),
  meter,
  qty: int64,
  priceMeter: meter,
  priceNanos: int64,
  perUnits: int64,
  num: int64,
  den: int64,
  amountPico: int64,
  currency: fc.constantFrom('USD', 'EUR'),
  rateCardId: maybe(fc.uuid()),
  componentId: maybe(fc.uuid()),
  multiplierIds: fc.array(fc.uuid(), { maxLength: 2 }),
  reportedModel: maybe(word),
})

const anyCharged: fc.Arbitrary<Charged> = fc.record({
  pricingStatus: fc.constantFrom('priced', 'partially_priced', 'unpriced', 'included'),
  currency: maybe(fc.constantFrom('USD', 'EUR')),
  chargedPico: maybe(int64),
  shadowPico: maybe(int64),
  matched: maybe(fc.constantFrom('exact', 'alias', 'pattern')) as fc.Arbitrary<Charged['matched']>,
  costSource: fc.constantFrom('computed', 'provider_reported', 'none'),
  unpriced: fc.dictionary(meter, fc.constantFrom('no_card', 'no_price', 'usage_unknown'), { maxKeys: 2 }),
  flags: fc.constant([]),
  rulesVersion: fc.nat(9),
  lines: fc.array(anyLine, { maxLength: 3 }),
})

/** Everything but the attempt. */
export const anySettlement: fc.Arbitrary<Omit<SettlementFacts, 'attemptId'>> = fc.record({
  outcome: fc.constantFrom('succeeded', 'provider_error', 'not_sent', 'abandoned', 'timed_out', 'cut', 'unknown'),
  errorKind: maybe(fc.constantFrom(...(Object.keys(errorKinds) as (keyof typeof errorKinds)[]))),
  upstreamStatus: maybe(fc.nat(999)),
  upstreamId: maybe(word),
  stopReason: maybe(word),
  warnings: fc.array(fc.record({ field: word, reason: word }), { maxLength: 2 }),
  firstByteMs: maybe(count),
  durationMs: count,
  responseBytes: count,
  settledAt: count,
  usage: maybe(
    fc.record({
      segments: fc.array(fc.record({ model: word, meters: fc.dictionary(meter, int64, { maxKeys: 3 }) }), { maxLength: 2 }),
      flags: fc.constant([]),
    }),
  ),
  rawUsage: maybe(fc.json({ maxDepth: 2 }).map((text) => text.replaceAll(/[^ -~]/g, '?'))),
  usageSource: fc.constantFrom('provider_final', 'provider_partial', 'gateway_estimate', 'none', 'unknown'),
  usageFlags: fc.subarray(['usage_inconsistent', 'tier_unlisted', 'price_drift']),
  priceContext: fc.record({ service_tier: word, thinking: fc.boolean() }),
  requestedModel: word,
  reportedModel: maybe(word),
  charged: anyCharged,
})

export const anyCall: fc.Arbitrary<Omit<CallFacts, 'id'>> = fc.record({
  tenantId: fc.constant('default'),
  keyId: maybe(fc.uuid()),
  contract: fc.constantFrom('openai-chat', 'anthropic-messages'),
  endpoint: fc.constant('generate'),
  stream: fc.boolean(),
  requestedName: word,
  decision: fc.constantFrom('{}', '{"via":"profile","winner":"it\'s"}'),
  configRevision: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  labels: fc.dictionary(fc.constantFrom('team', 'run'), fc.string({ maxLength: 5 }), { maxKeys: 2 }),
  client: maybe(fc.constantFrom('tool/1.0', "o'tool", '')),
  sessionId: maybe(fc.string({ maxLength: 9 })),
  requestBytes: count,
  callerRetry: maybe(fc.nat()),
  createdAt: count,
})
