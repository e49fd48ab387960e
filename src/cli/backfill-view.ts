/** A planned backfill as a person reads it: what comes, what waits for a decision, what stays as it is, and the command that does it. */

import { backfillPlan } from '../control/backfill/backfill-plan.ts'
import type { Json } from '../core/json.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

const sections = [
  { title: 'Comes in', actions: ['create', 'update'] },
  { title: 'Needs a decision', actions: ['undecided'] },
  { title: 'Refused', actions: ['refuse'] },
  { title: 'Stays', actions: ['keep', 'skip'] },
  { title: 'Preserved word for word', actions: ['preserve'] },
] as const

export function renderBackfillPlan(answer: Json, terminal: Terminal): string {
  const { plan, lines, secrets, refused, undecided, empty, dry_run } = backfillPlan.output.parse(answer)
  const shown = sections.flatMap(({ title, actions }) => {
    const some = lines.filter(({ action }) => (actions as readonly string[]).includes(action))
    return some.length === 0 ? [] : [`${terminal.paint('bold', title)}\n${renderItems(backfillPlan.columns, some, terminal)}`]
  })
  const keys = secrets.map(({ connection, pointer }) => `${pointer} is sealed for ${connection}. Delete it from the file afterwards.`)
  const crossings = refused.map(({ name, why }) =>
    terminal.paint('red', `The whole plan is refused: "${name}", ${why.replaceAll('_', ' ')}.`),
  )
  return [...shown, keys.join('\n'), crossings.join('\n'), nextStep({ plan, undecided, empty, dry_run, refused: refused.length })]
    .filter((part) => part !== '')
    .join('\n\n')
}

type Asked = {
  readonly plan: string | null
  readonly undecided: number
  readonly empty: boolean
  readonly dry_run: boolean
  readonly refused: number
}

function nextStep({ plan, undecided, empty, dry_run, refused }: Asked): string {
  if (refused > 0) return 'Nothing can be done with it: see above.'
  if (empty) return 'Everything in the file is here already.'
  const open = undecided === 0 ? '' : `${undecided} lines wait for a decision, and are left out.\n`
  return plan === null || dry_run
    ? `${open}It could be done. Plan it without --dry-run to keep the plan.`
    : `${open}Do it:  purser backfill apply --plan ${plan.slice(0, 12)} -f <the same file>`
}

/** 8: a decision is needed. Rows left out of use on purpose are one. 78: refused as a whole. */
export function backfillPlanExitCode(answer: Json): number {
  const { refused, undecided, left_undecided } = backfillPlan.output.parse(answer)
  if (refused.length > 0) return 78
  return undecided > 0 && !left_undecided ? 8 : 0
}
