/** Runs a plan: each step up commits with its record, all steps down commit together, and one runner at a time. */

import { PurserError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { backUp } from './backup.ts'
import type { Executor } from './engine.ts'
import { faultOf } from './faults.ts'
import { type Migration, type Step, schemaOn } from './migration.ts'
import { registry as ours } from './migrations/index.ts'
import { type MigrationTarget, type Plan, plan, requireConsent } from './plan.ts'
import { eraseRecord, readStanding, writeApplied, writeFailed } from './records.ts'
import type { Registered } from './registry.ts'
import { type Finding, refusal, validate } from './validate.ts'

export type MigrateOptions = MigrationTarget & {
  readonly clock: Clock
  /** The version of Purser, for the records. */
  readonly release: string
  readonly registry?: readonly Registered[]
  /** The SQLite file, where there is one: its backup is written beside it. The caller holds its lock. */
  readonly path?: string
  /** Postgres: who took a backup, and where. A way down needs it. */
  readonly backupTaken?: string
  readonly acceptLoss?: readonly string[]
  /** Told before each step. */
  readonly onStep?: (id: string, done: number, total: number) => void
  /** Postgres: how long to wait for another runner. */
  readonly lockWaitMs?: number
}

export type Migrated = {
  readonly direction: 'up' | 'down'
  /** In the order in which they ran. */
  readonly ids: readonly string[]
  readonly backup: string | null
}

export type Ready = { readonly finding: Finding; readonly migrated: readonly string[] }

/** For a process that wants to serve: migrates up where it may, and throws the finding where it cannot serve. */
export async function makeReady(executor: Executor, options: MigrateOptions & { readonly mayMigrate: boolean }): Promise<Ready> {
  const finding = await validate(executor, options.registry)
  if (finding.type === 'clean' || finding.type === 'newer_compatible') return { finding, migrated: [] }
  if (!options.mayMigrate || (finding.type !== 'pending' && finding.type !== 'failed')) throw refusal(finding)
  const { ids } = await migrate(executor, options)
  return { finding: await validate(executor, options.registry), migrated: ids }
}

/** Up or down to the target. At the target it writes nothing. */
export async function migrate(executor: Executor, options: MigrateOptions): Promise<Migrated> {
  const registry = options.registry ?? ours
  const planned = plan(registry, await readStanding(executor), options)
  requireConsent(planned, options.acceptLoss ?? [])
  await refuseDrift(executor, registry)
  const backup = planned.needsBackup ? await keepBackup(executor, planned, options) : null
  const ids =
    planned.direction === 'up' ? await goUp(executor, registry, planned, options) : await goDown(executor, registry, planned, options)
  await refuseDrift(executor, registry)
  return { direction: planned.direction, ids, backup }
}

/** How many rows stand in the tables that each step of a plan touches. */
export async function rowsTouched(
  executor: Executor,
  { steps }: Plan,
  registry: readonly Registered[] = ours,
): Promise<ReadonlyMap<string, bigint>> {
  const { tables } = await readStanding(executor)
  const counts = new Map<string, bigint>()
  for (const { id } of steps) {
    let rows = 0n
    for (const table of stepOf(registry, id).touches.filter((name) => tables.includes(name))) {
      const [row] = await executor.all(`SELECT count(*) AS rows FROM ${table}`)
      rows += BigInt(row?.rows as bigint)
    }
    counts.set(id, rows)
  }
  return counts
}

/** What another try may mend, with the step as it is: it leaves no `failed` row. */
const noFaultOfTheStep = new Set(['lock_busy', 'disk_full', 'store_io', 'store_corrupt', 'store_readonly', 'store_busy'])

async function goUp(executor: Executor, registry: readonly Registered[], { steps }: Plan, options: MigrateOptions): Promise<string[]> {
  const done: string[] = []
  for (const [place, { id }] of steps.entries()) {
    options.onStep?.(id, place, steps.length)
    const step = stepOf(registry, id)
    const startedAt = options.clock.now()
    try {
      const ran = await exclusively(executor, [step.up], options, async () => {
        const remaining = plan(registry, await readStanding(executor), options)
        if (remaining.direction !== 'up' || remaining.steps[0]?.id !== id) return false
        await step.up.run(schemaOn(executor))
        await writeApplied(executor, step, options.release, startedAt, options.clock.now())
        return true
      })
      if (ran) done.push(id)
    } catch (error) {
      if (error instanceof PurserError && noFaultOfTheStep.has(error.code ?? '')) throw error
      const says = error instanceof Error ? error.message : String(error)
      // Where even this cannot be written (the table itself is not there, the connection is lost) the error below says it all.
      await writeFailed(executor, step, options.release, says, startedAt).catch(() => undefined)
      const { message, hint, code } = refusal({ type: 'failed', id, error: says })
      throw new PurserError('conflict', message, { code: code!, hint: hint!, cause: error })
    }
  }
  return done
}

async function goDown(executor: Executor, registry: readonly Registered[], planned: Plan, options: MigrateOptions): Promise<string[]> {
  if (planned.steps.length === 0) return []
  const downs = planned.steps.map(({ id }) => ({ id, step: downStep(stepOf(registry, id)) }))
  return exclusively(
    executor,
    downs.map(({ step }) => step),
    options,
    async () => {
      const standing = await readStanding(executor)
      const ids = plan(registry, standing, options).steps.map(({ id }) => id)
      if (ids.join() !== planned.steps.map(({ id }) => id).join()) {
        throw new PurserError('conflict', 'Another process has migrated this database meanwhile. Run the command again.', {
          code: 'schema_moved',
        })
      }
      for (const { id } of standing.records.filter(({ state }) => state === 'failed')) await eraseRecord(executor, id)
      for (const [place, { id, step }] of downs.entries()) {
        options.onStep?.(id, place, downs.length)
        await eraseRecord(executor, id)
        try {
          await step.run(schemaOn(executor))
        } catch (error) {
          const says = error instanceof Error ? error.message : String(error)
          throw new PurserError('conflict', `Migration ${id} could not be undone, and nothing was changed: ${says}`, {
            code: 'schema_down_failed',
            cause: error,
          })
        }
      }
      return ids
    },
  )
}

const ddlTries = 5

/** One transaction, with no other runner inside it. A DDL lock that is not had in 5 s is tried again, the whole of it. */
async function exclusively<T>(executor: Executor, steps: readonly Step[], options: MigrateOptions, run: () => Promise<T>): Promise<T> {
  const rebuild = executor.engine === 'sqlite' && steps.some((step) => step.rebuild)
  for (let attempt = 1; ; attempt++) {
    let locked = false
    try {
      if (rebuild) for (const pragma of ['foreign_keys = OFF', 'legacy_alter_table = ON']) await executor.exec(`PRAGMA ${pragma}`)
      return await executor.transaction(async () => {
        if (executor.engine === 'postgres') await takeLock(executor, options.lockWaitMs ?? 120_000)
        locked = true
        const result = await run()
        if (rebuild) await checkForeignKeys(executor)
        return result
      })
    } catch (error) {
      if (faultOf(error) !== 'busy') throw error
      if (!locked) throw busy(error)
      if (attempt === ddlTries) throw error
    } finally {
      if (rebuild) for (const pragma of ['legacy_alter_table = OFF', 'foreign_keys = ON']) await executor.exec(`PRAGMA ${pragma}`)
    }
  }
}

async function takeLock(executor: Executor, waitMs: number): Promise<void> {
  await executor.exec('SET LOCAL statement_timeout = 0')
  await executor.exec(`SET LOCAL lock_timeout = ${waitMs}`)
  await executor.exec("SELECT pg_advisory_xact_lock(hashtextextended('purser migrate ' || current_schema(), 0))")
  await executor.exec('SET LOCAL lock_timeout = 5000')
}

async function checkForeignKeys(executor: Executor): Promise<void> {
  const broken = await executor.all('PRAGMA foreign_key_check')
  if (broken.length === 0) return
  throw new Error(`The rebuilt tables hold ${broken.length} rows whose foreign key leads nowhere, the first in ${broken[0]?.table}.`)
}

/** A schema whose records are complete must be the one that they made. */
async function refuseDrift(executor: Executor, registry: readonly Registered[]): Promise<void> {
  const finding = await validate(executor, registry)
  if (finding.type === 'drift') throw refusal(finding)
}

async function keepBackup(executor: Executor, planned: Plan, options: MigrateOptions): Promise<string | null> {
  if (executor.engine === 'sqlite') {
    return options.path === undefined ? null : backUp(executor, options.path, planned.steps[0]!.id, options.clock.now())
  }
  if (options.backupTaken !== undefined && options.backupTaken.trim() !== '') return options.backupTaken
  throw new PurserError('conflict', 'This change needs a backup of the Postgres schema, which Purser does not take itself.', {
    code: 'consent_needed',
    hint: 'Take one (pg_dump), then repeat the command with --backup-taken "<where it is>"',
  })
}

function busy(cause: unknown): PurserError {
  return new PurserError(
    'unavailable',
    'Another process is migrating this database, or holds it. Wait for it to end, then run the command again.',
    {
      code: 'lock_busy',
      cause,
    },
  )
}

function stepOf(registry: readonly Registered[], id: string): Registered {
  const step = registry.find((known) => known.id === id)
  if (step === undefined) throw new PurserError('internal', `Migration ${id} was planned and is not in the registry.`)
  return step
}

function downStep({ down }: Migration): Step {
  if ('none' in down) throw new PurserError('internal', 'A step that can not be undone was planned to be.')
  return 'lossy' in down ? down.lossy : down.lossless
}
