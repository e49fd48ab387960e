/** One transaction of a batch: everything at once, and only where that fails row by row, so that one bad row never takes its mates along. */

import type { PurserError } from '../core/errors.ts'
import { faultOf, storeError } from './faults.ts'
import type { Durability, Entry, WriterEngine } from './writer-engine.ts'
import { concernsOneEntry, landAlone, park } from './writer-rows.ts'

export type Batch = {
  readonly durability: Durability
  readonly entries: readonly Entry[]
  /** The instance whose row counts up, because a commit that changes nothing is not synced. */
  readonly tick?: string
  /** Keeps what does not land in `parked`. */
  readonly parks: boolean
  readonly now: number
}

/** Why an entry did not land, or nothing. */
export type Verdict = PurserError | undefined

/** Serialisation failures and deadlocks are tried this often, lost connections too. */
const attempts = 5

/** Runs a batch to its end: one verdict an entry, in order. Throws where nothing of it may be called done. */
export async function runBatch(engine: WriterEngine, batch: Batch): Promise<readonly Verdict[]> {
  let way: Way = landAll
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction(engine, batch, way)
    } catch (error) {
      const fault = faultOf(error)
      if (fault === 'retry' && attempt < attempts) continue
      if (fault === 'lost' && attempt < attempts && (await engine.reconnect())) {
        // Its COMMIT may have landed: from here on every row is looked up before it is written.
        way = landEach
        continue
      }
      if (!concernsOneEntry(error) || batch.entries.length === 0) throw storeError(error)
      if (way === landAll) {
        way = landEach
        continue
      }
      return await runApart(engine, batch, storeError(error))
    }
  }
}

type Way = (engine: WriterEngine, batch: Batch) => Promise<readonly Verdict[]>

async function transaction(engine: WriterEngine, batch: Batch, way: Way): Promise<readonly Verdict[]> {
  try {
    await engine.begin(batch.durability)
    const verdicts = await way(engine, batch)
    if (batch.tick !== undefined) await tick(engine, batch.tick, batch.now)
    await engine.commit()
    return verdicts
  } catch (error) {
    if (engine.inTransaction()) await engine.rollback()
    throw error
  }
}

const landAll: Way = async (engine, batch) => {
  await engine.writeAll(batch.entries)
  return batch.entries.map(() => undefined)
}

const landEach: Way = async (engine, batch) => {
  const verdicts: Verdict[] = []
  for (const entry of batch.entries) {
    const verdict = await landAlone(engine, entry)
    if (verdict && batch.parks) await park(engine, entry, verdict, batch.now)
    verdicts.push(verdict)
  }
  return verdicts
}

/** What fails at COMMIT names no row: then every entry has a transaction of its own, and one that fails even there does not land. */
async function runApart(engine: WriterEngine, batch: Batch, error: PurserError): Promise<readonly Verdict[]> {
  if (batch.entries.length === 1) {
    const refuse: Way = async () => {
      if (batch.parks) await park(engine, batch.entries[0]!, error, batch.now)
      return [error]
    }
    return transaction(engine, batch, refuse)
  }
  const verdicts: Verdict[] = []
  for (const entry of batch.entries) verdicts.push(...(await runBatch(engine, { ...batch, entries: [entry] })))
  return verdicts
}

async function tick(engine: WriterEngine, instanceId: string, now: number): Promise<void> {
  const sql = `UPDATE instances SET ticks = ticks + 1, seen_at = ${engine.mark(1)} WHERE id = ${engine.mark(2)}`
  if ((await engine.run(sql, [now, instanceId])) !== 1) throw new Error('The row of this instance is gone from the table instances')
}
