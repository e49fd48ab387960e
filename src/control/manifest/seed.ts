/** What a start does with what comes in the box: merges a newer manifest, and puts in the rates that are missing. The second run writes nothing. */

import { type Shipped, shippedInTheBox } from '../../catalog/shipped.ts'
import type { Clock } from '../../core/ports.ts'
import { settingOf } from '../../core/settings.ts'
import type { AuditEntry, ControlBatch, Store } from '../../store/store.ts'
import { printPath } from '../merge.ts'
import { redacted } from '../redacted.ts'
import { mergeTouches } from './audit.ts'
import type { ThingKind } from './items.ts'
import { noRates, planNewRates } from './new-rates.ts'
import { type MergePlan, type PlanLine, planMerge } from './plan.ts'
import { readPresent } from './read.ts'
import type { Conflict } from './seed-rates.ts'
import { isSound } from './sound.ts'
import { mergeStatements } from './statements.ts'

export type { Shipped }

export type SeedReport = {
  readonly inserted: {
    readonly providers: number
    readonly connections: number
    readonly profiles: number
    readonly routes: number
    readonly rateCards: number
    readonly aliases: number
  }
  /** What stands in the way or waits for a decision, and was left as it is. */
  readonly conflicts: readonly Conflict[]
  readonly manifest: {
    /** `manual`: there is a newer one, and the operator merges it himself. */
    readonly state: 'merged' | 'current' | 'older' | 'manual'
    readonly revision: number
    readonly stored: number
  }
  /** The revision of the control tables afterwards; null where nothing was written. */
  readonly revision: bigint | null
}

export async function seed(store: Store, clock: Clock, ids: () => string, shipped: Shipped = shippedInTheBox()): Promise<SeedReport> {
  const { read } = store
  const [revision, present, manual] = await Promise.all([
    read.selectFrom('revision').select('n').executeTakeFirst(),
    readPresent(read),
    isManual(store),
  ])
  const plan = planMerge(shipped.manifest, present, { isSound })
  const state = stateOf(plan, manual)
  const { changes, record } = state === 'merged' ? plan : nothing
  const rates = state === 'older' ? noRates : await planNewRates(store, shipped, present, changes, ids)
  const statements = [...mergeStatements(read, { changes, record, present, now: clock.now() }), ...rates.statements]
  const inserted = { ...counted(changes), rateCards: rates.cards, aliases: rates.aliases }
  const report = {
    inserted,
    conflicts: [...plan.lines.flatMap(conflictOf), ...rates.conflicts],
    manifest: { state, revision: plan.revision, stored: plan.stored },
  }
  if (statements.length === 0) return { ...report, revision: null }
  const written = await store.writer.control({
    statements,
    audit: auditOf(plan, changes, inserted, ids),
    ...(revision === undefined ? {} : { expectRevision: revision.n }),
    ...rates.sealed,
  })
  return { ...report, revision: written.revision }
}

const nothing = { changes: [], record: null } satisfies Partial<MergePlan>

/** A first start has nothing that a merge could change unasked. */
function stateOf({ revision, stored }: MergePlan, manual: boolean): SeedReport['manifest']['state'] {
  if (revision === stored) return 'current'
  if (revision < stored) return 'older'
  return manual && stored > 0 ? 'manual' : 'merged'
}

async function isManual({ read }: Store): Promise<boolean> {
  return settingOf(await read.selectFrom('settings').selectAll().execute(), 'manifest.apply') === 'manual'
}

function counted(changes: MergePlan['changes']) {
  const count = (kind: ThingKind) => changes.filter(({ before, after }) => before === null && after.kind === kind).length
  return { providers: count('provider'), connections: count('connection'), profiles: count('profile'), routes: count('route') }
}

function conflictOf({ action, kind, name, path, reason }: PlanLine): readonly Conflict[] {
  if (action === 'name_taken' || action === 'absent') return [{ kind, name, reason: reason ?? action }]
  if (action !== 'conflict' && action !== 'held') return []
  return [{ kind, name: `${name}.${printPath(path!)}`, reason: reason ?? 'both_changed' }]
}

/** One entry for the run, and one for each row that a merge into a database in use has touched. */
function auditOf(
  plan: MergePlan,
  changes: MergePlan['changes'],
  inserted: SeedReport['inserted'],
  ids: () => string,
): ControlBatch['audit'] {
  const entry = (rest: Pick<AuditEntry, 'target_kind' | 'target_id' | 'before' | 'after' | 'undo'>): AuditEntry => ({
    id: ids(),
    actor_key_id: null,
    face: 'start',
    operation: 'seed',
    ...rest,
  })
  const touches = plan.stored === 0 ? [] : mergeTouches(plan.revision, changes)
  return [
    entry({ target_kind: 'manifest', target_id: String(plan.revision), before: {}, after: inserted, undo: {} }),
    ...touches.map(({ kind, id, before, after, undo }) =>
      entry({ target_kind: kind, target_id: id, before: redacted(before), after: redacted(after), undo: undo ?? {} }),
    ),
  ]
}
