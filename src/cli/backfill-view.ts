/** A planned backfill as a person reads it: what comes, what waits for a decision, what stays as it is, and the command that does it. */

import { backfillPlan } from '../control/backfill/backfill-plan.ts'
import type { Json } from '../core/json.ts'
import { sentenceOf } from './backfill-reasons.ts'
import { renderItems } from './render.ts'
import { printable } from './table.ts'
import type { Terminal } from './terminal.ts'

const sections: readonly Section[] = [
  { title: 'Comes in', actions: ['create', 'update'] },
  { title: 'Stays', actions: ['keep', 'skip'] },
  { title: 'Preserved word for word', actions: ['preserve'] },
  { title: 'Refused', actions: ['refuse'], told: true },
  { title: 'Needs a decision', actions: ['undecided'], told: true },
]

type Section = { readonly title: string; readonly actions: readonly Line['action'][]; readonly told?: true }
type Line = ReturnType<typeof backfillPlan.output.parse>['lines'][number]

/** Who said it and by which era's rule it was read stand last, where a narrow terminal cuts nothing else for them. */
const columns = [...backfillPlan.columns, { field: 'provenance', title: 'SAID BY' }, { field: 'era', title: 'ERA' }]

function isTold(action: Line['action']): boolean {
  return sections.some(({ actions, told }) => told === true && actions.includes(action))
}

/** The place, what it would have become, and a sentence. */
function tellLine({ pointer, kind, name, field, reason, provenance, era }: Line): string {
  const target = [kind?.replaceAll('_', ' '), name, field].filter((part) => part !== null && part !== undefined).join(' ')
  const place = pointer === '' ? 'The whole file' : pointer
  return `${printable(target === '' ? place : `${place} (${target})`)}\n  ${sentenceOf(reason)} [${reason}, ${provenance}, ${era}]`
}

export function renderBackfillPlan(answer: Json, terminal: Terminal, command: string): string {
  const { plan, lines, secrets, refused, undecided, empty, dry_run } = backfillPlan.output.parse(answer)
  const shown = sections.flatMap(({ title, actions, told }) => {
    const some = lines.filter(({ action }) => actions.includes(action))
    if (some.length === 0) return []
    return [`${terminal.paint('bold', title)}\n${told === true ? some.map(tellLine).join('\n') : renderItems(columns, some, terminal)}`]
  })
  const words = [...new Set(lines.filter(({ action }) => !isTold(action)).map(({ reason }) => reason))].toSorted()
  const width = Math.max(0, ...words.map((word) => word.length))
  const legend = words.map((word) => `${word.padEnd(width)}  ${sentenceOf(word)}`)
  if (legend.length > 0) shown.push(`${terminal.paint('bold', 'The reasons')}\n${legend.join('\n')}`)
  const keys = secrets.map(
    ({ connection, pointer }) => `${pointer} is a key in clear. It is sealed for ${connection}: delete this line from the file afterwards.`,
  )
  const crossings = refused.map(({ name, why }) =>
    terminal.paint('red', `The whole plan is refused, because of "${name}": ${sentenceOf(why)}`),
  )
  return [...shown, keys.join('\n'), crossings.join('\n'), nextStep({ plan, undecided, empty, dry_run, refused: refused.length, command })]
    .filter((part) => part !== '')
    .join('\n\n')
}

type Asked = {
  readonly plan: string | null
  readonly undecided: number
  readonly empty: boolean
  readonly dry_run: boolean
  readonly refused: number
  readonly command: string
}

function nextStep({ plan, undecided, empty, dry_run, refused, command }: Asked): string {
  if (refused > 0) return 'Nothing can be done with it: see above.'
  if (empty) return 'Everything in the file is here already.'
  const open =
    undecided === 0
      ? ''
      : `${undecided === 1 ? 'One line waits for a decision, and is' : `${undecided} lines wait for a decision, and are`} left out.\n`
  return plan === null || dry_run
    ? `${open}It could be done. Plan it without --dry-run to keep the plan.`
    : `${open}Do it:  ${command} backfill apply --plan ${plan.slice(0, 12)} -f <the same file>`
}

/** 8: a decision is needed. Rows left out of use on purpose are one. 78: refused as a whole. */
export function backfillPlanExitCode(answer: Json): number {
  const { refused, undecided, left_undecided } = backfillPlan.output.parse(answer)
  if (refused.length > 0) return 78
  return undecided > 0 && !left_undecided ? 8 : 0
}
