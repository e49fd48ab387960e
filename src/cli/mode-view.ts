/** A planned mode flip as a person reads it: what moves, at which prices, what stands in the way, and the command that does it. */

import { modePlan } from '../control/mode/mode.ts'
import type { Json } from '../core/json.ts'
import { renderItems } from './render.ts'
import type { Terminal } from './terminal.ts'

const priceColumns = [
  { field: 'profile', title: 'PROFILE', show: 'whole' },
  { field: 'meter', title: 'METER' },
  { field: 'before', title: 'BEFORE', show: 'right' },
  { field: 'after', title: 'AFTER', show: 'right' },
] as const

export function renderModePlan(answer: Json, terminal: Terminal, command: string): string {
  const { plan, profiles, stays, blocked, dry_run } = modePlan.output.parse(answer)
  const prices = profiles.flatMap(({ profile, prices }) =>
    prices.map(({ meter, before, after }) => ({ profile, meter, before: before?.price ?? 'unpriced', after: after?.price ?? 'unpriced' })),
  )
  const blocks = profiles.flatMap(({ profile, blocks }) => blocks.map(({ says }) => terminal.paint('red', `${profile}: ${says}`)))
  const parts = [
    profiles.length === 0 ? 'Nothing would move.' : renderItems(modePlan.columns, profiles, terminal),
    prices.length === 0 ? '' : renderItems(priceColumns, prices, terminal),
    stays.map(({ profile, why }) => `${profile} stays. ${why}`).join('\n'),
    blocks.join('\n'),
    profiles.length === 0 ? '' : nextStep(plan, blocked, dry_run, command),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function nextStep(plan: string | null, blocked: boolean, dryRun: boolean, command: string): string {
  if (blocked) return 'A decision is needed first: see above.'
  return plan === null || dryRun
    ? 'It could be done. Plan it without --dry-run to keep the plan.'
    : `Do it:  ${command} mode flip --plan ${plan.slice(0, 12)}`
}

export function modePlanExitCode(answer: Json): number {
  return modePlan.output.parse(answer).blocked ? 8 : 0
}
