/** Rows one by one, for a batch that failed or may have landed already: read by id first, then write, and park what can not be written. */

import { createHash } from 'node:crypto'
import { PurserError } from '../core/errors.ts'
import { canonicalJson } from '../core/json.ts'
import { faultOf, storeError } from './faults.ts'
import type { Row } from './kinds.ts'
import { tables } from './schema.ts'
import type { SqlValue } from './store.ts'
import { type Entry, type EntryWrite, kindOf, type WriterEngine } from './writer-engine.ts'

/**
 * Lands an entry under a savepoint of its own. Answers with the reason where it does not land, and with nothing where it does,
 * or did before with equal rows. Throws where the whole transaction is lost.
 */
export async function landAlone(engine: WriterEngine, entry: Entry): Promise<PurserError | undefined> {
  await engine.exec('SAVEPOINT entry')
  try {
    if (!(await landedBefore(engine, entry))) {
      for (const write of entry.writes) await engine.write(write)
    }
    await engine.exec('RELEASE SAVEPOINT entry')
    return undefined
  } catch (error) {
    if (!engine.inTransaction() || !concernsOneEntry(error)) throw error
    await engine.exec('ROLLBACK TO SAVEPOINT entry')
    const landed = await landedMeanwhile(engine, entry)
    await engine.exec('RELEASE SAVEPOINT entry')
    return landed ? undefined : storeError(error)
  }
}

/** True of an error that says something about a row, not about the disk or the connection. */
export function concernsOneEntry(error: unknown): boolean {
  return ['constraint', 'other'].includes(faultOf(error))
}

/** Keeps an entry that could not be written where an operator finds it. Its id follows from what it holds, so that it is kept once. */
export async function park(engine: WriterEngine, entry: Entry, reason: PurserError, now: number): Promise<void> {
  const rows = entry.writes.map((write) => ({ table: write.definition.table, verb: write.definition.verb, row: fieldsOf(write) }))
  const payload = canonicalJson(rows)
  const id = idOf(payload)
  const known = await engine.all(`SELECT id FROM parked WHERE id = ${engine.mark(1)}`, [id])
  if (known.length > 0) return
  const marks = [1, 2, 3, 4, 5].map((position) => engine.mark(position)).join(', ')
  await engine.run(`INSERT INTO parked (id, kind, payload, reason, created_at) VALUES (${marks})`, [
    id,
    'settlement',
    payload,
    reason.message,
    now,
  ])
}

/**
 * An entry lands whole, so the rows of it that are never changed or removed say whether it has: all of them stand, or none. One
 * that stands and is not equal is a conflict.
 */
async function landedBefore(engine: WriterEngine, entry: Entry): Promise<boolean> {
  const kept = entry.writes.filter(({ definition }) => definition.verb === 'insert' && 'insertOnly' in tables[definition.table])
  let standing = 0
  for (const write of kept) standing += (await stands(engine, write)) ? 1 : 0
  if (standing === 0) return false
  if (standing === kept.length) return true
  throw new PurserError('conflict', `Of ${kept.length} rows that belong together ${standing} stand already.`, { code: 'constraint' })
}

/** The same after a refusal: a lost connection's COMMIT may have come through between the look and the write. */
async function landedMeanwhile(engine: WriterEngine, entry: Entry): Promise<boolean> {
  try {
    return await landedBefore(engine, entry)
  } catch (error) {
    if (concernsOneEntry(error)) return false
    throw error
  }
}

async function stands(engine: WriterEngine, write: EntryWrite): Promise<boolean> {
  const { definition } = write
  const fields = fieldsOf(write)
  const key: readonly string[] = tables[definition.table].primaryKey
  const where = key.map((column, index) => `${column} = ${engine.mark(index + 1)}`).join(' AND ')
  const columns = Object.keys(fields)
  const sql = `SELECT ${columns.join(', ')} FROM ${definition.table} WHERE ${where}`
  const [row] = await engine.all(
    sql,
    key.map((column) => fields[column] ?? null),
  )
  if (row === undefined) return false
  const unequal = columns.find((column) => !same(write, column, row, fields))
  if (unequal === undefined) return true
  throw new PurserError('conflict', `${definition.table} holds another row of this key already: its ${unequal} differs.`, {
    code: 'constraint',
  })
}

function same(write: EntryWrite, column: string, row: Row, fields: Record<string, SqlValue>): boolean {
  const [stored, given] = [row[column] as SqlValue, fields[column] ?? null]
  if (stored === null || given === null || typeof given === 'string') return stored === given
  return kindOf(write.definition, column) === 'real' ? Number(stored) === Number(given) : BigInt(stored) === BigInt(given)
}

function fieldsOf({ definition, values }: EntryWrite): Record<string, SqlValue> {
  const bound = definition.columns.map((column, index): [string, SqlValue] => [column, values[index] ?? null])
  return { ...definition.fixed, ...Object.fromEntries(bound) }
}

/** A UUID of version 8 made of the content's digest. */
function idOf(payload: string): string {
  const hex = createHash('sha256').update(payload).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
