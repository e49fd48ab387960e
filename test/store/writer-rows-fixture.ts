/** Ledger rows as the tests of the writer send them. */

import type { Done, SqlValue, Template, Write, Writer } from '../../src/store/store.ts'

export type LedgerRows = {
  /** The rows of an intent: call, attempt, open row. */
  intent(id: string): Write[]
  /** The rows of a settlement: itself, `lines` charges, the end of the open row. */
  settlement(id: string, lines?: number, outcome?: string): Write[]
}

/** Templates like the ledger's own, on one writer. */
export function ledgerRows(writer: Writer): LedgerRows {
  const call = writer.insertTemplate('calls', ['id', 'decision', 'request_bytes', 'created_at'], {
    tenant_id: 'default',
    key_id: null,
    contract: 'openai-chat',
    endpoint: 'generate',
    stream: 0,
    requested_name: "it's",
    config_revision: 1,
    labels: '{}',
    client: null,
    session_id: null,
    idempotency_digest: null,
    caller_retry: null,
  })
  const attempt = writer.insertTemplate('attempts', ['id', 'call_id', 'priced_at', 'created_at'], {
    attempt_no: 1,
    instance_id: 'instance',
    epoch: 1,
    profile_id: null,
    profile_name: null,
    connection_id: 'c',
    connection_name: 'c',
    provider_id: 'p',
    provider_name: 'p',
    model: 'm',
    contract: 'openai-chat',
    billing: 'own',
    locality: 'cloud',
    known_at: 0,
    currency: null,
    bound_class: null,
    reserved_pico: null,
    bound_terms: null,
  })
  const opened = writer.insertTemplate('open_attempts', ['attempt_id', 'created_at'], {
    instance_id: 'instance',
    progress: null,
    progress_at: null,
  })
  const closed = writer.deleteTemplate('open_attempts', 'attempt_id')
  const settlement = writer.insertTemplate(
    'settlements',
    ['attempt_id', 'outcome', 'duration_ms', 'response_bytes', 'settled_at', 'usage', 'raw_usage', 'charged_pico'],
    {
      instance_id: 'instance',
      epoch: 1,
      error_kind: null,
      upstream_status: 200,
      upstream_id: null,
      stop_reason: null,
      warnings: '[]',
      first_byte_ms: null,
      usage_source: 'provider_final',
      usage_flags: '[]',
      price_context: '{}',
      requested_model: 'm',
      reported_model: null,
      matched: null,
      pricing_status: 'priced',
      unpriced: '[]',
      currency: 'USD',
      shadow_pico: null,
      cost_source: 'card',
      provider_cost_pico: null,
      rules_version: 1,
    },
  )
  const charge = writer.insertTemplate('charges', ['attempt_id', 'line_no', 'qty', 'amount_pico'], {
    segment: 0,
    role: 'base',
    meter: 'input_tokens',
    price_meter: 'input_tokens',
    price_nanos: 1000,
    per_units: 1000000,
    num: 1,
    den: 1,
    currency: 'USD',
    rate_card_id: null,
    component_id: null,
    multiplier_ids: '[]',
    reported_model: null,
  })
  const row = (template: Template, ...values: SqlValue[]): Write => ({ template, values })
  return {
    intent: (id) => [row(call, id, '{"winner":"p"}', 2048, 1000), row(attempt, `${id}.1`, id, 1000, 1000), row(opened, `${id}.1`, 1000)],
    settlement: (id, lines = 2, outcome = 'succeeded') => [
      row(settlement, `${id}.1`, outcome, 12, 1350, 2000, '{"segments":[]}', '{"prompt_tokens":12}', 9007199254740993n + BigInt(lines)),
      ...Array.from({ length: lines }, (_, line) => row(charge, `${id}.1`, line, 12, 4503599627370496)),
      row(closed, `${id}.1`),
    ],
  }
}

/** What became of an intent, as promises. */
export function intend(writer: Writer, writes: readonly Write[]): { committed: Promise<void>; durable: Promise<void> } {
  const committed = Promise.withResolvers<void>()
  const durable = Promise.withResolvers<void>()
  writer.intend(writes, once(committed), once(durable))
  for (const { promise } of [committed, durable]) promise.catch(() => undefined)
  return { committed: committed.promise, durable: durable.promise }
}

export function settle(writer: Writer, writes: readonly Write[]): Promise<void> {
  const done = Promise.withResolvers<void>()
  writer.settle(writes, once(done))
  return done.promise
}

/** Fails the run where an answer comes twice. */
function once({ resolve, reject }: PromiseWithResolvers<void>): Done {
  let called = false
  return (error) => {
    if (called) throw new Error('This was answered twice.')
    called = true
    if (error) reject(error)
    else resolve()
  }
}
