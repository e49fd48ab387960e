/** A ledger on a store, with promises for its callbacks, and the rows that facts must become. */

import { canonicalJson, type Json } from '../../src/core/json.ts'
import { type AttemptFacts, attemptIdOf, type CallFacts, type SettlementFacts } from '../../src/ledger/facts.ts'
import { createLedger, type Instance, type Ledger } from '../../src/ledger/ledger.ts'
import type { Row, TableName } from '../../src/store/schema.ts'
import type { Store } from '../../src/store/store.ts'

export const instance: Instance = { id: 'instance-1', epoch: 3n }

export type Books = {
  readonly ledger: Ledger
  /** Settles when the intent is durable. */
  intend(call: CallFacts, attempt: AttemptFacts): Promise<void>
  settle(facts: SettlementFacts): Promise<void>
}

export function booksOn(store: Pick<Store, 'writer'>, as: Instance = instance): Books {
  const ledger = createLedger(store.writer, as)
  return {
    ledger,
    intend: (call, attempt) =>
      new Promise((resolve, reject) => ledger.intend(call, attempt, (error) => error && reject(error), settler(resolve, reject))),
    settle: (facts) => new Promise((resolve, reject) => ledger.settle(facts, settler(resolve, reject))),
  }
}

function settler(resolve: () => void, reject: (error: Error) => void): (error?: Error) => void {
  return (error) => (error ? reject(error) : resolve())
}

export async function rowsOf<T extends TableName>(store: Pick<Store, 'read'>, table: T): Promise<Row<T>[]> {
  return (await store.read.selectFrom(table).selectAll().execute()) as Row<T>[]
}

export function callRow(call: CallFacts): Row<'calls'> {
  return {
    id: call.id,
    tenant_id: call.tenantId,
    key_id: call.keyId,
    contract: call.contract,
    endpoint: call.endpoint,
    stream: call.stream,
    requested_name: keptWord(call.requestedName),
    decision: JSON.parse(call.decision) as Json,
    config_revision: call.configRevision,
    labels: asRead(call.labels),
    client: call.client,
    session_id: call.sessionId,
    request_bytes: BigInt(call.requestBytes),
    idempotency_digest: null,
    caller_retry: call.callerRetry === null ? null : BigInt(call.callerRetry),
    created_at: call.createdAt,
  }
}

export function attemptRow(call: CallFacts, attempt: AttemptFacts, by: Instance = instance): Row<'attempts'> {
  const { target } = attempt
  return {
    id: attemptIdOf(call.id, attempt.attemptNo),
    call_id: call.id,
    attempt_no: BigInt(attempt.attemptNo),
    instance_id: by.id,
    epoch: by.epoch,
    profile_id: target.profileId,
    profile_name: target.profileName,
    connection_id: target.connectionId,
    connection_name: target.connectionName,
    provider_id: target.providerId,
    provider_name: target.providerName,
    model: keptWord(attempt.model),
    contract: target.contract,
    billing: target.billing,
    locality: target.locality,
    priced_at: attempt.pricedAt,
    known_at: attempt.knownAt,
    currency: null,
    bound_class: null,
    reserved_pico: null,
    bound_terms: null,
    created_at: attempt.pricedAt,
  }
}

export function settlementRow(facts: SettlementFacts, by: Instance = instance): Row<'settlements'> {
  const { charged } = facts
  return {
    attempt_id: facts.attemptId,
    instance_id: by.id,
    epoch: by.epoch,
    outcome: facts.outcome,
    error_kind: facts.errorKind,
    upstream_status: facts.upstreamStatus === null ? null : BigInt(facts.upstreamStatus),
    upstream_id: facts.upstreamId === null ? null : keptWord(facts.upstreamId),
    stop_reason: facts.stopReason === null ? null : keptWord(facts.stopReason),
    warnings: asRead(facts.warnings),
    first_byte_ms: facts.firstByteMs === null ? null : BigInt(facts.firstByteMs),
    duration_ms: BigInt(facts.durationMs),
    response_bytes: BigInt(facts.responseBytes),
    settled_at: facts.settledAt,
    usage: facts.usage === null ? null : asRead(facts.usage),
    raw_usage: facts.rawUsage,
    usage_source: facts.usageSource,
    usage_flags: asRead(facts.usageFlags),
    price_context: asRead(facts.priceContext),
    requested_model: keptWord(facts.requestedModel),
    reported_model: facts.reportedModel === null ? null : keptWord(facts.reportedModel),
    matched: charged.matched,
    pricing_status: charged.pricingStatus,
    unpriced: asRead(charged.unpriced),
    currency: charged.currency,
    charged_pico: charged.chargedPico,
    shadow_pico: charged.shadowPico,
    cost_source: charged.costSource,
    provider_cost_pico: null,
    rules_version: BigInt(charged.rulesVersion),
  }
}

export function chargeRows(facts: SettlementFacts): Row<'charges'>[] {
  return facts.charged.lines.map((line, lineNo) => ({
    attempt_id: facts.attemptId,
    line_no: BigInt(lineNo),
    segment: BigInt(line.segment),
    role: line.role,
    meter: line.meter,
    qty: line.qty,
    price_meter: line.priceMeter,
    price_nanos: line.priceNanos,
    per_units: line.perUnits,
    num: line.num,
    den: line.den,
    amount_pico: line.amountPico,
    currency: line.currency,
    rate_card_id: line.rateCardId,
    component_id: line.componentId,
    multiplier_ids: [...line.multiplierIds],
    reported_model: line.reportedModel === null ? null : keptWord(line.reportedModel),
  }))
}

/** A value as it comes back from its JSON text. */
function asRead(value: unknown): Json {
  return JSON.parse(canonicalJson(value)) as Json
}

/** At most 512 units, no zero character, whole pairs only. */
function keptWord(text: string): string {
  return [...text.slice(0, 512)].map((part) => (part === '\u0000' || /^[\ud800-\udfff]$/.test(part) ? '\ufffd' : part)).join('')
}
