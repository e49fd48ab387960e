/** What the tests of migrations share: a clock that stands, and migrating with it. */

import type { Executor } from '../../src/store/engine.ts'
import { type Migrated, type MigrateOptions, migrate } from '../../src/store/migrate.ts'
import type { Schema } from '../../src/store/migration.ts'
import { registry } from '../../src/store/migrations/index.ts'
import type { Registered } from '../../src/store/registry.ts'
import type { TestDatabase } from '../support/engines.ts'

export const clock = { now: () => 1_750_000_000_000, monotonic: () => 0 }
export const release = '0.1.0'
export const ids = registry.map(({ id }) => id)
export const base = { clock, release, acceptLoss: ids }

export function up(executor: Executor, options: Partial<MigrateOptions> = {}): Promise<Migrated> {
  return migrate(executor, { ...base, ...options })
}

/** To an id or `none`, with every consent given. */
export function downTo(database: TestDatabase, to: string, options: Partial<MigrateOptions> = {}): Promise<Migrated> {
  const path = database.executor.engine === 'sqlite' ? { path: database.location! } : { backupTaken: 'nightly dump' }
  return migrate(database.executor, { ...base, ...path, to, ...options })
}

/** A further migration after ours, as a later release might bring it. */
export function later(number: string, run: (schema: Schema) => Promise<void>, more: Partial<Registered> = {}): Registered {
  return {
    id: `${number}-later`,
    effect: 'additive',
    touches: [],
    checksum: `sum-${number}`,
    up: { kind: 'atomic', run },
    down: { lossless: { kind: 'atomic', run: async () => undefined } },
    ...more,
  }
}

export const createExtra = (schema: Schema) => schema.createTable('extra', 'id text NOT NULL\nPRIMARY KEY (id)')
export const dropExtra = (schema: Schema) => schema.exec('DROP TABLE extra')
