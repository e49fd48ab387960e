/** A control batch: a closed list of statements in one transaction, with the bump of `revision`, compared and set. */

import { PurserError } from '../core/errors.ts'
import { canonicalJson } from '../core/json.ts'
import { isRecordedAt } from './binding.ts'
import { faultOf, storeError } from './faults.ts'
import type { AuditEntry, ControlBatch, ControlResult, ControlStatement } from './store.ts'
import type { WriterEngine } from './writer-engine.ts'

const limits = { statements: 20_000, attempts: 5 } as const

/** Runs the batch and answers with the new revision. Throws `conflict` where an expectation or the database refuses it: then nothing of it stands. */
export async function runControl(engine: WriterEngine, batch: ControlBatch, now: number): Promise<ControlResult> {
  if (batch.statements.length > limits.statements) {
    throw new PurserError(
      'too_large',
      `A batch holds ${batch.statements.length} statements, and at most ${limits.statements} go into one. Send it in parts.`,
    )
  }
  /** Set while the outcome of a COMMIT is unknown. */
  let pending: ControlResult | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      await engine.begin('disk')
      const before = await revisionOf(engine)
      if (pending?.revision === before) {
        await engine.rollback()
        return pending
      }
      pending = await apply(engine, batch, before, now)
      await engine.commit()
      return pending
    } catch (error) {
      if (engine.inTransaction()) await engine.rollback()
      const fault = faultOf(error)
      if (fault === 'retry' && attempt < limits.attempts) continue
      if (fault === 'lost' && attempt < limits.attempts && (await engine.reconnect())) continue
      throw storeError(error)
    }
  }
}

async function revisionOf(engine: WriterEngine): Promise<bigint> {
  const [row] = await engine.all(`SELECT n FROM revision${engine.forUpdate}`, [])
  if (row === undefined) throw new PurserError('internal', 'The table revision has no row. Run: purser doctor')
  return row.n as bigint
}

async function apply(engine: WriterEngine, batch: ControlBatch, before: bigint, now: number): Promise<ControlResult> {
  if (batch.expectRevision !== undefined && batch.expectRevision !== before) {
    throw conflict(
      `The configuration is at revision ${before}, and this change was made for ${batch.expectRevision}. Read it again and repeat the change.`,
    )
  }
  const recordedAt = batch.rates === undefined ? null : await nextRecordedAt(engine, now)
  for (const statement of batch.statements) await applyOne(engine, statement, recordedAt)
  if (batch.rates !== undefined) {
    const { source, actor, note } = batch.rates
    const marks = [1, 2, 3, 4].map((position) => engine.mark(position)).join(', ')
    await engine.run(`INSERT INTO rate_batches (recorded_at, source, actor, note) VALUES (${marks})`, [recordedAt, source, actor, note])
  }
  for (const entry of batch.audit) await record(engine, entry, before + 1n, now)
  const moved = await engine.run('UPDATE revision SET n = n + 1', [])
  if (moved !== 1) throw new PurserError('internal', `The table revision has ${moved} rows and must have one. Run: purser doctor`)
  return { revision: before + 1n, recordedAt }
}

async function record(engine: WriterEngine, entry: AuditEntry, revision: bigint, now: number): Promise<void> {
  const row = {
    ...entry,
    before: canonicalJson(entry.before),
    after: canonicalJson(entry.after),
    undo: canonicalJson(entry.undo),
    revision,
  }
  const values = [...Object.entries(row), ['created_at', now] as const]
  const marks = values.map((_value, index) => engine.mark(index + 1)).join(', ')
  const names = values.map(([name]) => name).join(', ')
  await engine.run(
    `INSERT INTO audit_log (${names}) VALUES (${marks})`,
    values.map(([, value]) => value),
  )
}

async function applyOne(engine: WriterEngine, statement: ControlStatement, recordedAt: number | null): Promise<void> {
  const parameters = statement.parameters.map((parameter) => (isRecordedAt(parameter) ? recordedAt : parameter))
  const changes = await engine.run(statement.sql, parameters)
  if (statement.expectChanges === undefined || changes === statement.expectChanges) return
  throw conflict(
    `A statement changed ${changes} rows where ${statement.expectChanges} were expected: the rows are not what they were. Read them again and repeat the change.`,
  )
}

/** Newer than every batch there is, whatever the clock says. */
async function nextRecordedAt(engine: WriterEngine, now: number): Promise<number> {
  const [row] = await engine.all('SELECT max(recorded_at) AS newest FROM rate_batches', [])
  const newest = row?.newest
  return typeof newest === 'bigint' ? Math.max(now, Number(newest) + 1) : now
}

function conflict(message: string): PurserError {
  return new PurserError('conflict', message, { code: 'stale' })
}
