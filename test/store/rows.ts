/** One plain row for every table: the n-th of each fit together, so that all keys lead somewhere. */

import type { Executor } from '../../src/store/engine.ts'
import type { SqlValue } from '../../src/store/store.ts'
import { expectedColumns, expectedTables } from './expected-tables.ts'

export type SampleRow = Readonly<Record<string, SqlValue>>

const parents: Readonly<Record<string, string>> = {
  provider_id: 'providers',
  connection_id: 'connections',
  route_id: 'routes',
  profile_id: 'model_profiles',
  rate_card_id: 'rate_cards',
  call_id: 'calls',
  attempt_id: 'attempts',
  import_id: 'imports',
}

/** Every table, parents first. The batch comes after the rows it seals. */
export const insertOrder: readonly string[] = [...Object.keys(expectedTables).filter((name) => name !== 'rate_batches'), 'rate_batches']

export function sampleRow(table: string, n: number, overrides: SampleRow = {}): SampleRow {
  const row: Record<string, SqlValue> = {}
  for (const { name, storage, nullable } of expectedColumns(table)) {
    const parent = parents[name]
    if (nullable) row[name] = null
    else if (name === 'recorded_at') row[name] = n * 1000
    else if (parent !== undefined) row[name] = `${parent}-${n}`
    else row[name] = storage === 'text' ? `${name === 'id' ? table : name}-${n}` : n
  }
  return {
    ...row,
    ...expectedTables[table]?.sample,
    ...(table === 'revision' ? { n: n + 100 } : {}),
    ...(table === 'migrations' ? { id: `900${n}-x` } : {}),
    ...overrides,
  }
}

export async function insert(executor: Executor, table: string, row: SampleRow, verb = 'INSERT'): Promise<void> {
  const columns = Object.keys(row)
  const marks = columns.map(() => '?').join(', ')
  await executor.all(`${verb} INTO ${table} (${columns.join(', ')}) VALUES (${marks})`, Object.values(row))
}

/** The n-th row of every table, in one transaction. */
export async function fill(executor: Executor, n: number): Promise<void> {
  await executor.transaction(async () => {
    for (const table of insertOrder) await insert(executor, table, sampleRow(table, n))
  })
}
