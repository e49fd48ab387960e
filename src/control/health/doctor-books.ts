/** Checks of the books: the invariants of the ledger, and every charge computed again. */

import { sql } from 'kysely'
import { at } from '../../core/json.ts'
import type { Crossing } from '../../core/nouns.ts'
import { readRateBook } from '../../routing/rates.ts'
import type { Store } from '../../store/store.ts'
import { allSettled } from '../books/settled.ts'
import type { OperationContext } from '../context.ts'
import { disagreements } from '../derive.ts'
import type { Check } from './doctor-check.ts'

type Reads = Pick<Store, 'read'>

/** Clocks of one machine and its database differ by less. */
const clockToleranceMs = 60_000

export async function booksChecks({ store, clock, server }: OperationContext): Promise<readonly Check[]> {
  return [
    counted('I1 one settlement an attempt', await many(store, doubled), 'attempts have more than one'),
    counted('I4 every settlement has its attempt', await many(store, withoutAttempt), 'settlements have none'),
    counted('I4 every attempt has its call', await many(store, withoutCall), 'attempts have none'),
    counted(
      'open rows match attempts without settlement',
      (await many(store, openAndSettled)) + (await many(store, neitherOpenNorSettled)),
      'do not',
    ),
    await crossedCheck(store),
    await openCheck(store, server !== null),
    await repricedCheck(store),
    await parkedCheck(store),
    await clockCheck(store, clock.now()),
  ]
}

const doubled = sql`SELECT count(*) AS total FROM (SELECT attempt_id FROM settlements GROUP BY attempt_id HAVING count(*) > 1) twice`
const withoutAttempt = sql`SELECT count(*) AS total FROM settlements s WHERE NOT EXISTS (SELECT 1 FROM attempts a WHERE a.id = s.attempt_id)`
const withoutCall = sql`SELECT count(*) AS total FROM attempts a WHERE NOT EXISTS (SELECT 1 FROM calls c WHERE c.id = a.call_id)`
const openAndSettled = sql`SELECT count(*) AS total FROM open_attempts o WHERE EXISTS (SELECT 1 FROM settlements s WHERE s.attempt_id = o.attempt_id)`
const neitherOpenNorSettled = sql`SELECT count(*) AS total FROM attempts a
  WHERE NOT EXISTS (SELECT 1 FROM settlements s WHERE s.attempt_id = a.id) AND NOT EXISTS (SELECT 1 FROM open_attempts o WHERE o.attempt_id = a.id)`

async function many({ read }: Reads, query: ReturnType<typeof sql>): Promise<number> {
  return Number(((await query.execute(read)).rows[0] as { total: unknown }).total)
}

function counted(check: string, wrong: number, says: string): Check {
  if (wrong === 0) return { check, result: 'ok', detail: '', mend: null }
  return {
    check,
    result: 'failed',
    detail: `${wrong} ${says}`,
    mend: 'Keep a copy of the database and report this: nothing in Purser can mend it.',
  }
}

/** Two attempts of one call, the second of which has another payer or has left the operator's machines. */
async function crossedCheck({ read }: Reads): Promise<Check> {
  const steps = await read
    .selectFrom('attempts as other')
    .innerJoin('attempts as one', (join) => join.on(sql<boolean>`one.id = other.call_id || '.' || (other.attempt_no - 1)`))
    .innerJoin('calls', 'calls.id', 'other.call_id')
    .select(['calls.id', 'calls.decision', 'one.billing as from_billing', 'other.billing as to_billing'])
    .select(['one.locality as from_locality', 'other.locality as to_locality'])
    .where('other.attempt_no', '>', 1n)
    .where(sql<boolean>`(one.billing <> other.billing OR (one.locality = 'local' AND other.locality = 'cloud'))`)
    .execute()
  const crossed = steps.filter((step) => {
    const named = at(step.decision, 'allow_cross')
    const allowed = (crossing: Crossing): boolean => Array.isArray(named) && named.includes(crossing)
    const paid = step.from_billing !== step.to_billing && !allowed('billing')
    return paid || (step.from_locality === 'local' && step.to_locality === 'cloud' && !allowed('locality'))
  })
  const check = 'I9 no attempt crossed a boundary'
  if (crossed.length === 0) return { check, result: 'ok', detail: '', mend: null }
  return { check, result: 'failed', detail: `${crossed.length} did`, mend: `purser calls get ${crossed[0]!.id}` }
}

async function openCheck(store: Reads, served: boolean): Promise<Check> {
  const open = await many(store, sql`SELECT count(*) AS total FROM open_attempts`)
  if (open === 0 || served) return { check: 'open attempts', result: 'ok', detail: String(open), mend: null }
  return {
    check: 'open attempts',
    result: 'warning',
    detail: `${open}, of a process that is gone`,
    mend: 'The next start settles them as unknown:  purser serve',
  }
}

async function repricedCheck(store: Reads): Promise<Check> {
  const { book } = await readRateBook(store.read)
  let seen = 0
  const wrong: string[] = []
  for await (const settled of allSettled(store)) {
    seen += 1
    if (disagreements(settled, book).length > 0) wrong.push(settled.attempt.call_id)
  }
  const check = 'I5 every charge comes out again'
  if (wrong.length === 0) return { check, result: 'ok', detail: `${seen} attempts`, mend: null }
  return { check, result: 'failed', detail: `${wrong.length} of ${seen} do not`, mend: `purser explain call ${wrong[0]}` }
}

async function parkedCheck(store: Reads): Promise<Check> {
  const parked = await many(store, sql`SELECT count(*) AS total FROM parked WHERE resolved_at IS NULL`)
  if (parked === 0) return { check: 'parked rows', result: 'ok', detail: '0', mend: null }
  return {
    check: 'parked rows',
    result: 'failed',
    detail: `${parked} rows of the ledger could not be written`,
    mend: 'Look at the table "parked": each row says why.',
  }
}

async function clockCheck({ read }: Reads, now: number): Promise<Check> {
  const last = await read.selectFrom('calls').select('created_at').orderBy('id', 'desc').limit(1).executeTakeFirst()
  const aheadMs = (last?.created_at ?? 0) - now
  if (aheadMs <= clockToleranceMs) return { check: 'clock', result: 'ok', detail: new Date(now).toISOString(), mend: null }
  return {
    check: 'clock',
    result: 'failed',
    detail: `the last call is ${Math.round(aheadMs / 1000)} s in the future`,
    mend: 'Set the clock of this machine.',
  }
}
