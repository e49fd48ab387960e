/** The books: an intent before the upstream sees a byte, a settlement before the caller sees the last one. */

import { canonicalJson } from '../core/json.ts'
import { usageText } from '../core/usage.ts'
import type { ChargeLine } from '../pricing/charged.ts'
import type { Done, SqlValue, Write, Writer } from '../store/store.ts'
import { columns } from './columns.ts'
import { type AttemptFacts, attemptIdOf, type CallFacts, type SettlementFacts } from './facts.ts'
import { shapesOf, write } from './templates.ts'

/** The running process, as its `instances` row says. */
export type Instance = { readonly id: string; readonly epoch: bigint }

export interface Ledger {
  /** The call (with its first attempt), the attempt, its open row. All or nothing. */
  intend(call: CallFacts, attempt: AttemptFacts, committed: Done, durable: Done): void
  /** The settlement, its charges, and the end of the open row. Durable when `done` runs. */
  settle(settlement: SettlementFacts, done: Done): void
  /** The end of one attempt and the intent of the next of the same call, in one transaction. Where it is refused, neither stands. */
  follow(ended: SettlementFacts, call: CallFacts, next: AttemptFacts, committed: Done, durable: Done): void
}

export function createLedger(writer: Writer, instance: Instance): Ledger {
  const calls = shapesOf(writer, 'calls', columns.calls.fixed, columns.calls.varying)
  const attempts = shapesOf(writer, 'attempts', columns.attempts.fixed, columns.attempts.varying)
  const settlements = shapesOf(writer, 'settlements', columns.settlements.fixed, columns.settlements.varying)
  const charges = shapesOf(writer, 'charges', columns.charges.fixed, columns.charges.varying)
  const opened = writer.insertTemplate('open_attempts', ['attempt_id', 'created_at'], {
    instance_id: instance.id,
    progress: null,
    progress_at: null,
  })
  const closed = writer.deleteTemplate('open_attempts', 'attempt_id')

  const callRow = (call: CallFacts): Write =>
    write(
      calls,
      [
        call.tenantId,
        call.keyId,
        call.contract,
        call.endpoint,
        call.stream ? 1 : 0,
        kept(call.requestedName),
        call.decision,
        plain(call.configRevision),
        objectText(call.labels),
        call.client,
        null,
      ],
      [call.id, call.sessionId, call.requestBytes, call.callerRetry, call.createdAt],
    )

  const attemptRow = (call: CallFacts, attempt: AttemptFacts, id: string): Write => {
    const target = attempt.target
    return write(
      attempts,
      [
        attempt.attemptNo,
        instance.id,
        plain(instance.epoch),
        target.profileId,
        target.profileName,
        target.connectionId,
        target.connectionName,
        target.providerId,
        target.providerName,
        kept(attempt.model),
        target.contract,
        target.billing,
        target.locality,
        attempt.knownAt,
        null,
        null,
        null,
        null,
      ],
      [id, call.id, attempt.pricedAt, attempt.pricedAt],
    )
  }

  const settlementRow = (facts: SettlementFacts): Write => {
    const { charged } = facts
    return write(
      settlements,
      [
        instance.id,
        plain(instance.epoch),
        facts.outcome,
        facts.errorKind,
        facts.upstreamStatus,
        kept(facts.stopReason),
        facts.usageSource,
        facts.usageFlags.length === 0 ? '[]' : canonicalJson(facts.usageFlags),
        objectText(facts.priceContext),
        kept(facts.requestedModel),
        kept(facts.reportedModel),
        charged.matched,
        charged.pricingStatus,
        objectText(charged.unpriced),
        charged.currency,
        charged.costSource,
        null,
        charged.rulesVersion,
      ],
      [
        facts.attemptId,
        kept(facts.upstreamId),
        facts.warnings.length === 0 ? '[]' : canonicalJson(facts.warnings),
        facts.firstByteMs,
        facts.durationMs,
        facts.responseBytes,
        facts.settledAt,
        facts.usage === null ? null : usageText(facts.usage),
        facts.rawUsage,
        plain(charged.chargedPico),
        plain(charged.shadowPico),
      ],
    )
  }

  const intentRows = (call: CallFacts, attempt: AttemptFacts): Write[] => {
    const id = attemptIdOf(call.id, attempt.attemptNo)
    const begun = attempt.attemptNo === 1 ? [callRow(call)] : []
    return [...begun, attemptRow(call, attempt, id), { template: opened, values: [id, attempt.pricedAt] }]
  }

  const chargeRow = (attemptId: string, lineNo: number, line: ChargeLine): Write =>
    write(
      charges,
      [
        line.segment,
        line.role,
        line.meter,
        line.priceMeter,
        plain(line.priceNanos),
        plain(line.perUnits),
        plain(line.num),
        plain(line.den),
        line.currency,
        line.rateCardId,
        line.componentId,
        line.multiplierIds.length === 0 ? '[]' : canonicalJson(line.multiplierIds),
        kept(line.reportedModel),
      ],
      [attemptId, lineNo, plain(line.qty), plain(line.amountPico)],
    )

  const settlementRows = (facts: SettlementFacts): Write[] => [
    settlementRow(facts),
    ...facts.charged.lines.map((line, lineNo) => chargeRow(facts.attemptId, lineNo, line)),
    { template: closed, values: [facts.attemptId] },
  ]

  return {
    intend: (call, attempt, committed, durable) => writer.intend(intentRows(call, attempt), committed, durable),
    settle: (facts, done) => writer.settle(settlementRows(facts), done),
    follow: (ended, call, next, committed, durable) =>
      writer.intend([...settlementRows(ended), ...intentRows(call, next)], committed, durable),
  }
}

/** Most of these objects are empty, call after call. */
function objectText(value: object): string {
  for (const _key in value) return canonicalJson(value)
  return '{}'
}

const longestWord = 512

/** A stranger's word as both engines keep it: Postgres takes no zero character, neither takes half a pair, and nobody needs a page of it. */
function kept<T extends string | null>(word: T): T {
  if (word === null || (word.length <= longestWord && plainWord.test(word))) return word
  return word.slice(0, longestWord).replaceAll('\u0000', '\ufffd').toWellFormed() as T
}

const plainWord = /^[ -~]*$/

/** A safe bigint as a number, which travels faster; a large one as it is. */
function plain(value: bigint | null): SqlValue {
  if (value === null) return null
  return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value
}
