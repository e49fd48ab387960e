/** Rows of the ledger as JSON says them: money and quantities as decimal text, small counts as numbers, instants as epoch milliseconds. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { printAmount, printPrice } from '../../pricing/money.ts'
import type { Row } from '../../store/schema.ts'
import { plainNumbers } from '../plain.ts'

const amount = z.string().describe('Decimal text.')

export const shownCall = z.object({
  id: z.string(),
  tenant_id: z.string(),
  key_id: z.string().nullable(),
  contract: z.string(),
  endpoint: z.string(),
  stream: z.boolean(),
  requested_name: z.string(),
  decision: json,
  config_revision: z.int(),
  labels: json,
  client: z.string().nullable(),
  session_id: z.string().nullable(),
  request_bytes: z.int(),
  idempotency_digest: z.string().nullable(),
  caller_retry: z.int().nullable(),
  created_at: z.int(),
})

export const shownCharge = z.object({
  line_no: z.int(),
  segment: z.int(),
  role: z.string(),
  meter: z.string(),
  qty: z.string(),
  price_meter: z.string(),
  price: amount,
  per_units: z.int(),
  factor: z.string().describe('The multipliers of the line as a fraction in lowest terms.'),
  amount,
  currency: z.string(),
  rate_card_id: z.string().nullable(),
  component_id: z.string().nullable(),
  multiplier_ids: json,
  reported_model: z.string().nullable(),
})

const shownSettlement = z.object({
  instance_id: z.string(),
  epoch: z.int(),
  outcome: z.string(),
  error_kind: z.string().nullable(),
  upstream_status: z.int().nullable(),
  upstream_id: z.string().nullable(),
  stop_reason: z.string().nullable(),
  warnings: json,
  first_byte_ms: z.int().nullable(),
  duration_ms: z.int(),
  response_bytes: z.int(),
  settled_at: z.int(),
  usage: json.nullable(),
  raw_usage: z.string().nullable(),
  usage_source: z.string(),
  usage_flags: json,
  price_context: json,
  requested_model: z.string(),
  reported_model: z.string().nullable(),
  matched: z.string().nullable(),
  pricing_status: z.string(),
  unpriced: json,
  currency: z.string().nullable(),
  charged: amount.nullable(),
  shadow: amount.nullable(),
  cost_source: z.string(),
  provider_cost: amount.nullable(),
  rules_version: z.int(),
})

export const shownAttempt = z.object({
  id: z.string(),
  attempt_no: z.int(),
  instance_id: z.string(),
  epoch: z.int(),
  profile_id: z.string().nullable(),
  profile_name: z.string().nullable(),
  connection_id: z.string(),
  connection_name: z.string(),
  provider_id: z.string(),
  provider_name: z.string(),
  model: z.string(),
  contract: z.string(),
  billing: z.string(),
  locality: z.string(),
  priced_at: z.int(),
  known_at: z.int(),
  currency: z.string().nullable(),
  bound_class: z.string().nullable(),
  reserved: amount.nullable(),
  bound_terms: json.nullable(),
  created_at: z.int(),
  settlement: shownSettlement.nullable().describe('Null while the attempt is open.'),
  charges: z.array(shownCharge),
})

export function showCall(row: Row<'calls'>): z.output<typeof shownCall> {
  return plainNumbers(row)
}

export function showAttempt(
  row: Row<'attempts'>,
  settlement: Row<'settlements'> | undefined,
  charges: readonly Row<'charges'>[],
): z.output<typeof shownAttempt> {
  const { call_id: _call, reserved_pico, ...rest } = row
  return {
    ...plainNumbers(rest),
    reserved: amountOrNull(reserved_pico),
    settlement: settlement === undefined ? null : showSettlement(settlement),
    charges: charges.map(showCharge),
  }
}

function showSettlement(row: Row<'settlements'>): z.output<typeof shownSettlement> {
  const { attempt_id: _attempt, charged_pico, shadow_pico, provider_cost_pico, ...rest } = row
  return {
    ...plainNumbers(rest),
    charged: amountOrNull(charged_pico),
    shadow: amountOrNull(shadow_pico),
    provider_cost: amountOrNull(provider_cost_pico),
  }
}

export function showCharge(row: Omit<Row<'charges'>, 'attempt_id'>): z.output<typeof shownCharge> {
  return {
    line_no: Number(row.line_no),
    segment: Number(row.segment),
    role: row.role,
    meter: row.meter,
    qty: row.qty.toString(),
    price_meter: row.price_meter,
    price: printPrice(row.price_nanos),
    per_units: Number(row.per_units),
    factor: `${row.num}/${row.den}`,
    amount: printAmount(row.amount_pico),
    currency: row.currency,
    rate_card_id: row.rate_card_id,
    component_id: row.component_id,
    multiplier_ids: row.multiplier_ids,
    reported_model: row.reported_model,
  }
}

export function amountOrNull(pico: bigint | null): string | null {
  return pico === null ? null : printAmount(pico)
}
