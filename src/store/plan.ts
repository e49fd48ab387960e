/** Which steps lead from where a database stands to where it should. Pure: everything is checked here, before the first change. */

import { PurserError } from '../core/errors.ts'
import { type DownKind, downKind, type Standing } from './records.ts'
import type { Registered } from './registry.ts'
import { type Finding, judge, refusal } from './validate.ts'

export type PlannedStep = {
  readonly id: string
  readonly kind: 'atomic'
  readonly effect: Registered['effect']
  readonly down: DownKind
  /** What going down loses, where it loses anything. */
  readonly loses: string | null
}

export type Plan = {
  readonly direction: 'up' | 'down'
  readonly steps: readonly PlannedStep[]
  /** Before the first destructive step, or any down. */
  readonly needsBackup: boolean
}

/** An id stays and all above it goes; `none` undoes all; nothing said is the newest. `only` is one step up, which must be the next. */
export type MigrationTarget = { readonly to?: string; readonly only?: string }

/** Throws the finding that forbids it, as an error with its command. */
export function plan(registry: readonly Registered[], standing: Standing, target: MigrationTarget = {}): Plan {
  const finding = judge(registry, standing)
  const applied = Math.min(registry.length, standing.records.filter(({ state }) => state === 'applied').length)
  const position = positionOf(registry, target)
  const down = target.only === undefined && position < applied
  if (finding.type === 'newer_compatible' && target.to !== undefined) throw unknownAbove(finding, registry)
  if (down ? !mayGoDown(finding, registry, position) : !mayGoUp(finding)) throw refusal(finding)
  if (target.only !== undefined && position !== applied + 1) throw notNext(registry, applied, target.only)

  const steps = (down ? registry.slice(position, applied).reverse() : registry.slice(applied, position)).map(plannedStep)
  const stuck = down ? steps.find((step) => step.down === 'none') : undefined
  if (stuck !== undefined) {
    const reason = registry.find(({ id }) => id === stuck.id)!.down as { none: string }
    throw new PurserError('conflict', `Migration ${stuck.id} can not be undone: ${reason.none}`, { code: 'schema_irreversible' })
  }
  const needsBackup = steps.length > 0 && (down || steps.some(({ effect }) => effect === 'destructive'))
  return { direction: down ? 'down' : 'up', steps, needsBackup }
}

/** Throws unless each lossy step of a way down is named among the losses accepted. */
export function requireConsent({ direction, steps }: Plan, acceptLoss: readonly string[]): void {
  if (direction === 'up') return
  const missing = steps.filter(({ id, loses }) => loses !== null && !acceptLoss.includes(id))
  if (missing.length === 0) return
  const losses = missing.map(({ id, loses }) => `${id}: ${loses}`).join(' ')
  throw new PurserError('conflict', `Going down loses data. ${losses}`, {
    code: 'consent_needed',
    hint: `If it may be lost, repeat the command with ${missing.map(({ id }) => `--accept-loss ${id}`).join(' ')}`,
  })
}

function positionOf(registry: readonly Registered[], { to, only }: MigrationTarget): number {
  const wanted = only ?? to
  if (wanted === undefined) return registry.length
  if (wanted === 'none' && only === undefined) return 0
  const index = registry.findIndex(({ id }) => id === wanted)
  if (index !== -1) return index + 1
  throw new PurserError('not_found', `No migration is named "${wanted}". Migrations: ${registry.map(({ id }) => id).join(', ')}.`)
}

const mayGoUp = ({ type }: Finding) => type === 'clean' || type === 'pending' || type === 'failed' || type === 'newer_compatible'

/** An edited step may be undone, if all that is edited goes. */
function mayGoDown(finding: Finding, registry: readonly Registered[], position: number): boolean {
  if (finding.type === 'edited') return registry.findIndex(({ id }) => id === finding.id) >= position
  return finding.type === 'clean' || finding.type === 'pending' || finding.type === 'failed'
}

/** What a later release has added must be undone by it. */
function unknownAbove({ ids, release }: Extract<Finding, { type: 'newer_compatible' }>, registry: readonly Registered[]): PurserError {
  return refusal({ type: 'newer', id: ids.at(-1)!, release, target: registry.at(-1)?.id ?? 'none' })
}

function notNext(registry: readonly Registered[], applied: number, only: string): PurserError {
  const next = registry[applied]
  const says = next === undefined ? 'all migrations are applied' : `the next one is ${next.id}`
  return new PurserError('conflict', `Migration ${only} can not run now: ${says}.`, { code: 'schema_order' })
}

function plannedStep({ id, up, effect, down }: Registered): PlannedStep {
  return { id, kind: up.kind, effect, down: downKind(down), loses: 'loses' in down ? down.loses : null }
}
