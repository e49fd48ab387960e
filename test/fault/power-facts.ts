/** Made-up calls for the books, told apart by their number: ids, and one priced line each. */

import type { AttemptFacts, CallFacts, SettlementFacts } from '../../src/ledger/facts.ts'
import type { Charged, ChargeLine } from '../../src/pricing/charged.ts'

export function callIdOf(number: number): string {
  return `call-${String(number).padStart(6, '0')}`
}

export function callFacts(number: number): { readonly call: CallFacts; readonly attempt: AttemptFacts } {
  return {
    call: {
      id: callIdOf(number),
      tenantId: 'default',
      keyId: null,
      contract: 'openai-chat',
      endpoint: 'generate',
      stream: number % 2 === 0,
      requestedName: 'simulated',
      decision: '{}',
      configRevision: 0n,
      labels: {},
      client: null,
      sessionId: null,
      requestBytes: 100,
      callerRetry: null,
      createdAt: number,
    },
    attempt: {
      attemptNo: 1,
      target: {
        profileId: null,
        profileName: null,
        connectionId: 'c',
        connectionName: 'c',
        providerId: 'p',
        providerName: 'p',
        contract: 'openai-chat',
        billing: 'own',
        locality: 'local',
      },
      model: 'simulated-1',
      pricedAt: number,
      knownAt: 0,
    },
  }
}

/** Long reports now and then, so that rows spill over pages and the log grows fast enough to be checkpointed. */
export function settlementFacts(number: number): SettlementFacts {
  const quantity = BigInt(number + 1)
  return {
    attemptId: `${callIdOf(number)}.1`,
    outcome: 'succeeded',
    errorKind: null,
    upstreamStatus: 200,
    upstreamId: null,
    stopReason: 'stop',
    warnings: [],
    firstByteMs: 1,
    durationMs: 2,
    responseBytes: 10,
    settledAt: number,
    usage: { segments: [{ meters: { input_tokens: quantity } }], flags: [] },
    rawUsage: 'u'.repeat(number % 5 === 0 ? 9_000 : 90),
    usageSource: 'provider_final',
    usageFlags: [],
    priceContext: {},
    requestedModel: 'simulated-1',
    reportedModel: null,
    charged: chargedFor(quantity),
  }
}

function chargedFor(qty: bigint): Charged {
  const amountPico = qty * 1_000_000n
  const line: ChargeLine = {
    segment: 0,
    role: 'charge',
    meter: 'input_tokens',
    qty,
    priceMeter: 'input_tokens',
    priceNanos: 1_000_000_000n,
    perUnits: 1_000_000n,
    num: 1n,
    den: 1n,
    amountPico,
    currency: 'USD',
    rateCardId: null,
    componentId: null,
    multiplierIds: [],
    reportedModel: null,
  }
  return {
    pricingStatus: 'priced',
    currency: 'USD',
    chargedPico: amountPico,
    shadowPico: null,
    matched: null,
    costSource: 'computed',
    unpriced: {},
    flags: [],
    rulesVersion: 1,
    lines: [line],
  }
}
