/** The table `migrations`: what a database says was done to it. */

import type { Engine, Executor } from './engine.ts'
import type { Down } from './migration.ts'
import type { Registered } from './registry.ts'

export type MigrationRecord = {
  readonly id: string
  /** `applied` or `failed`. Any other word is drift. */
  readonly state: string
  readonly checksum: string
  /** The version of Purser that wrote it. */
  readonly release: string
  readonly effect: string
  readonly error: string | null
}

export type Standing = {
  readonly tables: readonly string[]
  /** By id. Empty where the table is missing. */
  readonly records: readonly MigrationRecord[]
}

export async function readStanding(executor: Executor): Promise<Standing> {
  const tables = (await executor.all(listTables[executor.engine])).map(({ name }) => String(name))
  if (!tables.includes('migrations')) return { tables, records: [] }
  const records = await executor.all('SELECT id, state, checksum, release, effect, error FROM migrations ORDER BY id')
  return { tables, records: records as unknown as MigrationRecord[] }
}

/** As part of the step's own transaction. A failed record of an earlier try gives way. */
export async function writeApplied(
  executor: Executor,
  migration: Registered,
  release: string,
  startedAt: number,
  now: number,
): Promise<void> {
  await executor.all('DELETE FROM migrations WHERE id = ?', [migration.id])
  await insert(executor, migration, release, 'applied', null, startedAt, now)
}

/** After the rollback, by itself. */
export async function writeFailed(
  executor: Executor,
  migration: Registered,
  release: string,
  error: string,
  startedAt: number,
): Promise<void> {
  await executor.transaction(async () => {
    const [standing] = await executor.all('SELECT state FROM migrations WHERE id = ?', [migration.id])
    if (standing?.state === 'applied') return
    await executor.all('DELETE FROM migrations WHERE id = ?', [migration.id])
    await insert(executor, migration, release, 'failed', error, startedAt, null)
  })
}

export async function eraseRecord(executor: Executor, id: string): Promise<void> {
  await executor.all('DELETE FROM migrations WHERE id = ?', [id])
}

export type DownKind = 'lossless' | 'lossy' | 'none'

export function downKind(down: Down): DownKind {
  return 'none' in down ? 'none' : 'lossy' in down ? 'lossy' : 'lossless'
}

const listTables: Readonly<Record<Engine, string>> = {
  sqlite: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
  postgres: `SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY c.relname`,
}

async function insert(
  executor: Executor,
  { id, checksum, effect, down }: Registered,
  release: string,
  state: 'applied' | 'failed',
  error: string | null,
  startedAt: number,
  finishedAt: number | null,
): Promise<void> {
  const loses = 'loses' in down ? down.loses : null
  await executor.all(
    `INSERT INTO migrations (id, state, checksum, release, effect, down_kind, loses, error, started_at, finished_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [id, state, checksum, release, effect, downKind(down), loses, error, startedAt, finishedAt],
  )
}
