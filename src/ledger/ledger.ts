/** The books: an intent before the upstream sees a byte, a settlement before the caller sees the last one. */

import { canonicalJson } from '../core/json.ts'
import { usageText } from '../core/usage.ts'
import type { Done, SqlValue, Write, Writer } from '../store/store.ts'
import { type AttemptFacts, attemptIdOf, type CallFacts, type SettlementFacts } from './facts.ts'
import { shapesOf, write } from './templates.ts'

/** The running process, as its `instances` row says. */
export type Instance = { readonly id: string; readonly epoch: bigint }

export interface Ledger {
  /** The call (with its first attempt), the attempt, its open row. All or nothing. */
  intend(call: CallFacts, attempt: AttemptFacts, committed: Done, durable: Done): void
  /** The settlement, its charges, and the end of the open row. Durable when `done` runs. */
  settle(settlement: SettlementFacts, done: Done): void
}

const columns = {
  calls: {
    fixed: [
      'tenant_id',
      'key_id',
      'contract',
      'endpoint',
      'stream',
      'requested_name',
      'decision',
      'config_revision',
      'labels',
      'client',
      'idempotency_digest',
    ],
    varying: ['id', 'session_id', 'request_bytes', 'caller_retry', 'created_at'],
  },
  attempts: {
    fixed: [
      'attempt_no',
      'instance_id',
      'epoch',
      'profile_id',
      'profile_name',
      'connection_id',
      'connection_name',
      'provider_id',
      'provider_name',
      'model',
      'contract',
      'billing',
      'locality',
      'known_at',
      'currency',
      'bound_class',
      'reserved_pico',
      'bound_terms',
    ],
    varying: ['id', 'call_id', 'priced_at', 'created_at'],
  },
  settlements: {
    fixed: [
      'instance_id',
      'epoch',
      'outcome',
      'error_kind',
      'upstream_status',
      'stop_reason',
      'warnings',
      'usage_source',
      'usage_flags',
      'price_context',
      'requested_model',
      'reported_model',
      'matched',
      'pricing_status',
      'unpriced',
      'currency',
      'cost_source',
      'provider_cost_pico',
      'rules_version',
    ],
    varying: [
      'attempt_id',
      'upstream_id',
      'first_byte_ms',
      'duration_ms',
      'response_bytes',
      'settled_at',
      'usage',
      'raw_usage',
      'charged_pico',
      'shadow_pico',
    ],
  },
  charges: {
    fixed: [
      'segment',
      'role',
      'meter',
      'price_meter',
      'price_nanos',
      'per_units',
      'num',
      'den',
      'currency',
      'rate_card_id',
      'component_id',
      'multiplier_ids',
      'reported_model',
    ],
    varying: ['attempt_id', 'line_no', 'qty', 'amount_pico'],
  },
} as const

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
        facts.warnings.length === 0 ? '[]' : canonicalJson(facts.warnings),
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

  return {
    intend(call, attempt, committed, durable) {
      const id = attemptIdOf(call.id, attempt.attemptNo)
      const rows: Write[] = attempt.attemptNo === 1 ? [callRow(call)] : []
      rows.push(attemptRow(call, attempt, id), { template: opened, values: [id, attempt.pricedAt] })
      writer.intend(rows, committed, durable)
    },
    settle(facts, done) {
      const rows: Write[] = [settlementRow(facts)]
      let lineNo = 0
      for (const line of facts.charged.lines) {
        rows.push(
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
            [facts.attemptId, lineNo, plain(line.qty), plain(line.amountPico)],
          ),
        )
        lineNo += 1
      }
      rows.push({ template: closed, values: [facts.attemptId] })
      writer.settle(rows, done)
    },
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
