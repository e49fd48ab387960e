/** Where names lead, as a page: the targets of each in their order, what is set, what it costs, and what was passed over. */

import { printInstant } from '../control/instant.ts'
import { explainRoute } from '../control/nouns/explain-route.ts'
import { at, isObject, type Json } from '../core/json.ts'
import { cell, renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

type Explained = ReturnType<typeof explainRoute.output.parse>['items'][number]
type Target = Explained['targets'][number]

/** One name as a page, several as a table. */
export function renderRoutes(answer: Json, terminal: Terminal): string {
  const { items } = explainRoute.output.parse(answer)
  const [only, ...others] = items
  if (only === undefined || others.length > 0) return renderItems(explainRoute.columns, items as readonly Json[], terminal)
  return renderName(only)
}

/** A name that leads nowhere is a failure for whoever relies on it. */
export function routeExitCode(answer: Json): number {
  const { items } = explainRoute.output.parse(answer)
  return items.length === 1 && items[0]!.refusal !== null ? 1 : 0
}

function renderName({ name, decision, targets, refusal }: Explained): string {
  if (refusal !== null) return [`"${name}" leads nowhere.`, refusal.message, ...(refusal.hint === null ? [] : [refusal.hint])].join('\n')
  return [`"${name}"`, ...decisionLines(decision), ...targets.map((target, place) => renderTarget(target, place + 1))].join('\n')
}

/** What was decided for a name, and what was not taken. */
export function decisionLines(decision: Json): readonly string[] {
  const listOf = (field: string): readonly Json[] => {
    const list = at(decision, field)
    return Array.isArray(list) ? list : []
  }
  const [fallbacks, crossings] = [listOf('fallbacks'), listOf('allow_cross')]
  return [
    `by ${cell(at(decision, 'via'))} to ${cell(at(decision, 'winner'))} over ${cell(at(decision, 'connection'))}`,
    ...(fallbacks.length > 0 ? [`then ${cell(fallbacks)}`] : []),
    ...(crossings.length > 0 ? [`may cross ${cell(crossings)}`] : []),
    ...listOf('skipped').map((one) => `passed over ${cell(at(one, 'name'))}: ${cell(at(one, 'reason'))}`),
  ]
}

function renderTarget(target: Target, place: number): string {
  const lines: Readonly<Record<string, string>> = {
    pays: [target.billing, target.platform, `by ${target.connection}`].filter((word) => word !== null).join(' '),
    where: `${target.base_url}, ${target.locality}`,
    speaks: `${target.contract}${dialectOf(target.dialect)}`,
    secret: target.credential === null ? 'not needed' : `${target.credential} is ${target.secret}`,
    sets: isEmpty(target.sets) ? 'nothing' : JSON.stringify(target.sets),
    costs: costOf(target.card),
  }
  return [
    `${place}. ${target.name} → ${target.provider} / ${target.model}`,
    ...Object.entries(lines).map(([name, words]) => `   ${name.padEnd(7)} ${words}`),
  ].join('\n')
}

/** A dialect can be pages long: here it is enough to know what it says something about. */
function dialectOf(dialect: Target['dialect']): string {
  return isObject(dialect) && !isEmpty(dialect) ? `, in a dialect with its own ${Object.keys(dialect).join(', ')} (--json shows it)` : ''
}

function costOf(card: Target['card']): string {
  if (card === null) return 'no rate card: unpriced, which is not free'
  const prices = card.prices.map(({ meter, price, per_units }) => `${meter} ${price ?? 'not sold'} per ${per_units}`)
  return `${prices.join(', ')} ${card.currency}, from ${printInstant(card.effective_from)} (${card.source}, ${card.matched})`
}

function isEmpty(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
