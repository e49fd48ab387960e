/** A seeded database with a stored backfill plan, applied the same way each time, and told apart by every row that an import could write. */

import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import type { Database } from '../../src/store/database.ts'
import type { Executor } from '../../src/store/engine.ts'
import { HandClock, openBooks } from '../control/books.ts'
import { open } from '../support/stores.ts'

export const importTables = [
  'revision',
  'providers',
  'connections',
  'model_profiles',
  'routes',
  'route_members',
  'rate_batches',
  'rate_cards',
  'sealed_secrets',
  'plans',
  'imports',
  'provenance',
  'preserved',
  'audit_log',
] as const

/** Stores a plan for the file and answers with its digest. */
export async function storePlan(database: Database, config: string): Promise<string> {
  const { plan } = await run(database, 'backfill.plan', { config }, 1)
  return plan as string
}

export async function applyPlan(database: Database, plan: string, config: string): Promise<void> {
  await run(database, 'backfill.apply', { plan, config }, 2)
}

/** `time` tells the two runs apart, so that the second one's ids are its own and the same each time. */
async function run(database: Database, name: string, input: object, time: number): Promise<Record<string, unknown>> {
  const endings: (() => unknown)[] = []
  const t = { after: (end: () => unknown) => void endings.push(end) } as unknown as TestContext
  const clock = new HandClock()
  try {
    const store = await open(t, database, { clock })
    const { context } = await openBooks(t, store, clock)
    let made = 0
    const ids = () => `0199a2b4-${String(time).padStart(4, '0')}-7000-8000-${String(++made).padStart(12, '0')}`
    const random = { bytes: (count: number) => new Uint8Array(count).fill(made) }
    clock.ms += time * 1000
    const operation = operations.find((each) => each.name === name)!
    return (await invoke(operation, { ...context, ids, random }, input)) as Record<string, unknown>
  } finally {
    for (const end of endings.reverse()) await end()
  }
}

/** Every row that an import could write, in one word. */
export async function stateOf(executor: Executor): Promise<string> {
  const digest = createHash('sha256')
  for (const table of importTables) {
    const rows = (await executor.all(`SELECT * FROM ${table}`)).map((row) => Object.values(row).map(String).join('\u0001'))
    digest.update(`${table}\n${rows.toSorted().join('\n')}\n`)
  }
  return digest.digest('hex')
}
