/** Running schema migrations by hand: the database locked, stepped, checked and let go. For the command line alone, offline. */

import { existsSync } from 'node:fs'
import { isPostgres } from '../../core/database-address.ts'
import { PurserError } from '../../core/errors.ts'
import { systemClock, systemRandom } from '../../core/system.ts'
import type { LockedDatabase } from '../../store/database.ts'
import type { Executor } from '../../store/engine.ts'
import { migrate, rowsTouched } from '../../store/migrate.ts'
import { registry } from '../../store/migrations/index.ts'
import { lockDatabase } from '../../store/open.ts'
import { type MigrationTarget, plan } from '../../store/plan.ts'
import { readStanding } from '../../store/records.ts'
import { advise, validate } from '../../store/validate.ts'
import { release } from '../release.ts'

export type MigrationAnswer = { readonly direction: 'up' | 'down'; readonly ids: readonly string[]; readonly backup: string | null }

export type PlanItem = {
  readonly id: string
  readonly direction: 'up' | 'down'
  readonly kind: string
  readonly effect: string
  readonly down: string
  readonly loses: string | null
  readonly rows: number
  readonly backup: boolean
}

export type Consents = MigrationTarget & { readonly acceptLoss: readonly string[]; readonly backupTaken?: string }

type OnStep = NonNullable<Parameters<typeof migrate>[1]['onStep']>

export function migrateDatabase(database: string, asked: Consents, waitMs: number, onStep: OnStep = () => {}): Promise<MigrationAnswer> {
  return locked(database, waitMs, (executor) =>
    migrate(executor, { ...asked, onStep, clock: systemClock, release, ...(isPostgres(database) ? {} : { path: database }) }),
  )
}

/** Nothing is written: where there is no file yet, the plan is made for an empty database. */
export function planMigration(
  database: string,
  target: MigrationTarget,
  waitMs: number,
): Promise<{ readonly items: readonly PlanItem[]; readonly next: null }> {
  return locked(place(database), waitMs, async (executor) => {
    const planned = plan(registry, await readStanding(executor), target)
    const rows = await rowsTouched(executor, planned)
    const { direction, needsBackup } = planned
    return {
      items: planned.steps.map((step) => ({ ...step, direction, rows: Number(rows.get(step.id) ?? 0n), backup: needsBackup })),
      next: null,
    }
  })
}

export function validateDatabase(
  database: string,
  waitMs: number,
): Promise<{ finding: string; sound: boolean; sentence: string; command: string | null }> {
  return locked(place(database), waitMs, async (executor) => {
    const finding = await validate(executor)
    return { finding: finding.type, sound: finding.type === 'clean' || finding.type === 'newer_compatible', ...advise(finding) }
  })
}

function place(database: string): string {
  return isPostgres(database) || existsSync(database) ? database : ':memory:'
}

async function locked<T>(database: string, waitMs: number, run: (executor: Executor) => Promise<T>): Promise<T> {
  const held = await lockPatiently(database, waitMs)
  try {
    return await run(held.executor)
  } finally {
    await held.release()
  }
}

const lockLookMs = 100

/** Another command may be at it: it is waited for, and then named. */
async function lockPatiently(database: string, waitMs: number): Promise<LockedDatabase> {
  const until = systemClock.monotonic() + waitMs
  for (;;) {
    try {
      return await lockDatabase({ database, clock: systemClock, random: systemRandom, instance: { name: 'cli' } })
    } catch (error) {
      const busy = error instanceof PurserError && error.code === 'lock_busy'
      if (!busy || systemClock.monotonic() >= until) throw error
      await new Promise((resolve) => setTimeout(resolve, lockLookMs))
    }
  }
}
