/** Answers that read better as a page than as a table, and those that decide an exit code. */

import { callsGet } from '../control/calls.ts'
import { doctor } from '../control/doctor.ts'
import { explainCall } from '../control/explain.ts'
import { printInstant } from '../control/instant.ts'
import type { Json } from '../core/json.ts'
import { cell, renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type View = { readonly render?: (answer: Json, terminal: Terminal) => string; readonly exitCode?: (answer: Json) => number }

export const views: Readonly<Record<string, View>> = {
  doctor: { render: renderDoctor, exitCode: (answer) => (doctor.output.parse(answer).healthy ? 0 : 1) },
  'explain.call': { render: renderExplained, exitCode: (answer) => (explainCall.output.parse(answer).agrees ? 0 : 1) },
  'calls.get': { render: renderCall },
}

function renderDoctor(answer: Json, terminal: Terminal): string {
  const { items, healthy } = doctor.output.parse(answer)
  const width = Math.max(...items.map((item) => item.check.length))
  const marks = {
    ok: terminal.paint('dim', 'ok     '),
    warning: terminal.paint('yellow', 'warning'),
    failed: terminal.paint('red', 'failed '),
  }
  const lines = items.flatMap((item) => [
    `${marks[item.result]}  ${item.check.padEnd(width)}  ${item.detail}`.trimEnd(),
    ...(item.mend === null ? [] : [`${' '.repeat(9 + width)}  ${item.mend}`]),
  ])
  return [...lines, '', healthy ? 'Nothing is wrong.' : terminal.paint('red', 'Something is wrong: see above.')].join('\n')
}

const chargeColumns = [
  { field: 'meter', title: 'METER' },
  { field: 'qty', title: 'QUANTITY', show: 'right' },
  { field: 'price', title: 'PRICE', show: 'right' },
  { field: 'per_units', title: 'PER', show: 'right' },
  { field: 'factor', title: 'FACTOR', show: 'right' },
  { field: 'amount', title: 'AMOUNT', show: 'right' },
  { field: 'currency', title: '' },
  { field: 'role', title: 'ROLE' },
] as const

function renderCall(answer: Json, terminal: Terminal): string {
  const call = callsGet.output.parse(answer)
  const attempts = call.attempts.map((attempt) => {
    const { settlement } = attempt
    const took = settlement === null ? '' : `, ${settlement.duration_ms} ms`
    const cost = settlement === null ? 'not settled yet' : priceOf(settlement)
    return [
      `Attempt ${attempt.attempt_no}: ${attempt.profile_name ?? call.requested_name} → ${attempt.provider_name} / ${attempt.model}, ${settlement?.outcome ?? 'open'}${took}`,
      `  ${cost}`,
      ...(attempt.charges.length === 0 ? [] : [indent(renderItems(chargeColumns, attempt.charges, terminal))]),
    ].join('\n')
  })
  return [head(call), ...attempts].join('\n\n')
}

function renderExplained(answer: Json, terminal: Terminal): string {
  const { call, attempts, agrees } = explainCall.output.parse(answer)
  const pages = attempts.map((attempt) => {
    const model =
      attempt.reported_model === null || attempt.reported_model === attempt.requested_model ? '' : `, answered by ${attempt.reported_model}`
    return [
      `Attempt ${attempt.id.split('.')[1]}: ${attempt.provider} / ${attempt.requested_model}${model}, ${attempt.outcome}`,
      `  T  ${printInstant(attempt.priced_at)}  the instant whose prices apply`,
      `  K  ${printInstant(attempt.known_at)}  the newest prices that were known`,
      `  usage from ${attempt.usage_source ?? 'nowhere yet'}: ${cell(attempt.usage)}`,
      ...attempt.cards.map(
        (card) =>
          `  card ${card.id} (${attempt.matched ?? 'not matched'}), from ${cell(card.effective_from, 'instant')}, revision ${card.revision}\n  its source: ${card.source} ${cell(card.source_ref)}`,
      ),
      ...attempt.lines.map(
        (line) => `  ${line.meter.padEnd(22)} ${line.arithmetic} ${line.currency}${line.role === 'shadow' ? ' (shadow)' : ''}`,
      ),
      `  ${priceOf(attempt)}`,
      ...attempt.disagreements.map((sentence) => terminal.paint('red', `  ${sentence}`)),
    ].join('\n')
  })
  const verdict = agrees
    ? 'Every line comes out again, from its own figures and from usage, T and K.'
    : terminal.paint('red', 'Not every line comes out again: see above.')
  return [head(call), ...pages, verdict].join('\n\n')
}

type Priced = {
  readonly charged: string | null
  readonly shadow: string | null
  readonly currency: string | null
  readonly pricing_status: string | null
  readonly unpriced: Json
}

function priceOf({ charged, shadow, currency, pricing_status, unpriced }: Priced): string {
  const reasons = cell(unpriced) === '' || cell(unpriced) === '{}' ? '' : ` (${JSON.stringify(unpriced)})`
  if (charged === null) return `${pricing_status ?? 'not settled'}: no amount is known, which is not 0${reasons}`
  const list = shadow === null ? '' : `, list price ${shadow}`
  return `${pricing_status}: ${charged} ${currency ?? ''}`.trimEnd() + list + reasons
}

function head(call: {
  readonly id: string
  readonly created_at: number
  readonly requested_name: string
  readonly contract: string
  readonly stream: boolean
}): string {
  return `Call ${call.id}\n${printInstant(call.created_at)}, asked for "${call.requested_name}" by ${call.contract}${call.stream ? ', streamed' : ''}`
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
