/** A database on its way through the migrations: brought somewhere, and told apart from what it should be, schema and rows. */

import { createHash } from 'node:crypto'
import type { Clock } from '../../src/core/ports.ts'
import type { Executor } from '../../src/store/engine.ts'
import { fingerprint } from '../../src/store/fingerprint.ts'
import { migrate } from '../../src/store/migrate.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { readStanding } from '../../src/store/records.ts'

/** Always the same instant, so that two runs write the same rows and a backup has a known name. */
export const stillClock: Clock = { now: () => Date.UTC(2026, 0, 1), monotonic: () => 0 }
const stillTime = '20260101T000000Z'

export const steps: readonly string[] = registry.map(({ id }) => id)

/** Brings a database to `newest`, to an id, or to `none`. All loss is accepted. */
export async function bring(executor: Executor, path: string, target: string): Promise<void> {
  const to = target === 'newest' ? {} : { to: target }
  await migrate(executor, { ...to, path, clock: stillClock, release: '0.0.0-fault', acceptLoss: steps })
}

/** Every file that such a process changes, the backup before each way down included. */
export function filesOf(path: string): string[] {
  const databases = [path, `${path}-lock`, ...steps.map((id) => `${path}.before-${id}-${stillTime}`)]
  return databases.flatMap((file) => [file, `${file}-wal`, `${file}-shm`, `${file}-journal`])
}

export type State = {
  /** Facts of the schema, records of migrations, and rows of every table, in one word. */
  readonly digest: string
  readonly applied: readonly string[]
  readonly integrity: string
}

export async function stateOf(executor: Executor): Promise<State> {
  const { tables, records } = await readStanding(executor)
  const digest = createHash('sha256')
  for (const fact of [...(await fingerprint(executor))].map(([name, value]) => `${name}: ${value}`).sort()) digest.update(`${fact}\n`)
  for (const table of tables) {
    const rows = (await executor.all(`SELECT * FROM ${table}`)).map((row) => Object.values(row).map(String).join('\u0001'))
    digest.update(`${table}\n${rows.sort().join('\n')}\n`)
  }
  const [check] = await executor.all('PRAGMA integrity_check(1)')
  const [broken] = await executor.all('PRAGMA foreign_key_check')
  return {
    digest: digest.digest('hex'),
    applied: records.filter(({ state }) => state === 'applied').map(({ id }) => id),
    integrity: broken === undefined ? String(check?.integrity_check) : 'a foreign key leads nowhere',
  }
}
