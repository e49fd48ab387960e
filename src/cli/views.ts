/** Answers that read better as a page than as a table, and those that decide an exit code. */

import { callsGet } from '../control/books/calls.ts'
import { explainCall } from '../control/books/explain.ts'
import { usageTotals } from '../control/books/usage.ts'
import { doctor } from '../control/health/doctor.ts'
import { status } from '../control/health/status.ts'
import { printInstant } from '../control/instant.ts'
import { stateDiff, stateExport } from '../control/state/state.ts'
import { at, isObject, type Json } from '../core/json.ts'
import { renderAudit, renderDiff } from './audit-view.ts'
import { backfillPlanExitCode, renderBackfillPlan } from './backfill-view.ts'
import {
  manifestPlanExitCode,
  renderManifestApply,
  renderManifestPlan,
  renderManifestResolve,
  renderManifestUndo,
} from './manifest-view.ts'
import { modePlanExitCode, renderModePlan } from './mode-view.ts'
import { cell, renderItems } from './render.ts'
import { decisionLines, renderRoutes, routeExitCode } from './route-view.ts'
import type { Terminal } from './terminal.ts'

type View = {
  /** `command` is how this program is started here, for the lines that say what comes next. */
  readonly render?: (answer: Json, terminal: Terminal, command: string) => string
  /** What comma-separated values hold a line for, where that is not an item of the list. */
  readonly rows?: (answer: Json) => readonly Json[]
  readonly exitCode?: (answer: Json) => number
  /** What `--quiet` prints, where that is not the id. */
  readonly quiet?: (answer: Json) => string
  /** What a person should know beside it. */
  readonly note?: (answer: Json) => string
}

export const views: Readonly<Record<string, View>> = {
  doctor: { render: renderDoctor, exitCode: (answer) => (doctor.output.parse(answer).healthy ? 0 : 1) },
  'explain.call': { render: renderExplained, exitCode: (answer) => (explainCall.output.parse(answer).agrees ? 0 : 1) },
  'explain.route': { render: renderRoutes, exitCode: routeExitCode },
  'connections.test': { exitCode: (answer) => (at(answer, 'ok') === true ? 0 : 6) },
  'calls.get': { render: renderCall },
  'usage.totals': { render: renderUsage, rows: usageRows },
  export: { render: renderState },
  diff: { render: renderDiff, exitCode: (answer) => (stateDiff.output.parse(answer).items.length === 0 ? 0 : 8) },
  'manifest.plan': { render: renderManifestPlan, exitCode: manifestPlanExitCode },
  'manifest.apply': { render: renderManifestApply },
  'manifest.resolve': { render: renderManifestResolve },
  'manifest.undo': { render: renderManifestUndo },
  'backfill.plan': { render: renderBackfillPlan, exitCode: backfillPlanExitCode },
  'mode.plan': { render: renderModePlan, exitCode: modePlanExitCode },
  status: { render: renderStatus },
  'audit.get': { render: renderAudit },
  'keys.create': { quiet: keyText, note: keyNote },
  'keys.rotate': { quiet: keyText, note: keyNote },
}

/** A key is told once: a script that asks for little gets that. */
function keyText(answer: Json): string {
  const text = at(answer, 'key')
  return typeof text === 'string' ? `${text}\n` : ''
}

function keyNote(answer: Json): string {
  return keyText(answer) === '' ? '' : 'The key is shown this once, and cannot be shown again.\n'
}

/** The document alone, so that it can go into a file as it is. */
function renderState(answer: Json): string {
  return stateExport.output.parse(answer).document.replace(/\n$/, '')
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
      `  usage from ${attempt.usage_source ?? 'nowhere yet'}: ${usageWords(attempt.usage)}`,
      ...contextLines(attempt),
      ...attempt.cards.map(
        (card) =>
          `  card ${card.id} (${attempt.matched ?? 'not matched'}), from ${cell(card.effective_from, 'instant')}, revision ${card.revision}\n  its source: ${card.source} ${sourceOf(card.source_ref)}`,
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
  return [`${head(call)}\n${decisionLines(call.decision).join('\n')}`, ...pages, verdict].join('\n\n')
}

/** Meters and quantities of each segment. */
function usageWords(usage: Json): string {
  const segments = at(usage, 'segments')
  if (!Array.isArray(segments)) return 'unknown'
  return segments
    .map((segment: Json) => {
      const meters = at(segment, 'meters')
      const counted = Object.entries(isObject(meters) ? meters : {}).map(([meter, quantity]) => `${meter} ${cell(quantity)}`)
      return [at(segment, 'model'), counted.join(', ')].filter((word) => word !== undefined).join(': ')
    })
    .join('; ')
}

/** `name value, name value` of a flat object. */
function namedValues(value: Json | undefined): string {
  return isObject(value)
    ? Object.entries(value)
        .map(([name, each]) => `${name} ${cell(each)}`)
        .join(', ')
    : ''
}

/** What else decided the price, and what is odd about the usage; nothing where all is as usual. */
function contextLines(attempt: { readonly price_context: Json; readonly usage_flags: Json }): readonly string[] {
  const lines = { context: namedValues(attempt.price_context), flags: cell(attempt.usage_flags) }
  return Object.entries(lines).flatMap(([name, words]) => (words === '' ? [] : [`  ${name} ${words}`]))
}

function sourceOf(reference: Json): string {
  return isObject(reference)
    ? Object.values(reference)
        .map((each) => cell(each))
        .join(' ')
    : cell(reference)
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

function renderUsage(answer: Json, terminal: Terminal): string {
  const { items } = usageTotals.output.parse(answer)
  const names = Object.keys(items[0]?.group ?? {})
  const columns = [
    ...names.map((name) => ({ field: `group.${name}`, title: name.toUpperCase().replace('_', ' ') })),
    ...usageTotals.columns.filter((column) => column.field !== 'group'),
  ]
  const rows = items.map((item) => ({ ...item, money: item.money.map(({ charged, currency }) => `${charged} ${currency}`) }))
  const unpriced = items.reduce((sum, item) => sum + item.unpriced + item.partially_priced, 0)
  const note = unpriced === 0 ? '' : `\n\n${unpriced} of these attempts have no full price: what they used is not in the money.`
  return renderItems(columns, rows, terminal) + note
}

/** A line for each currency: amounts of two are never in one column. */
function usageRows(answer: Json): readonly Json[] {
  return usageTotals.output.parse(answer).items.flatMap(({ group, money, ...rest }) => {
    const amounts = money.length === 0 ? [{ currency: null, charged: null, shadow: null }] : money
    return amounts.map((amount) => ({ ...group, ...rest, ...amount }))
  })
}

function renderStatus(answer: Json): string {
  const { server, writer, counts, last_call_at, loop_delay_p99_ms: loopDelay, ...rest } = status.output.parse(answer)
  const lines: Readonly<Record<string, string>> = {
    server: server === null ? 'none runs on this home' : `pid ${server.pid}, since ${printInstant(server.started_at)}`,
    ...(server === null ? {} : { inference: server.inference_url, 'admin API': server.admin_url }),
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)])),
    ...(writer === null ? {} : { writer: `${writer.queued} queued, ${writer.sync_lag_ms} ms behind, ${writer.parked} parked` }),
    ...(loopDelay === null ? {} : { 'event loop': `late by ${loopDelay} ms at most in 99 of 100 turns` }),
    'last call': last_call_at === null ? 'none yet' : printInstant(last_call_at),
    ...Object.fromEntries(Object.entries(counts).map(([name, value]) => [name.replaceAll('_', ' '), String(value)])),
  }
  return Object.entries(lines)
    .map(([name, value]) => `${name.padEnd(13)} ${value}`)
    .join('\n')
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
