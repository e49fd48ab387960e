/** The same tests on every store there is: SQLite in memory (writer inline), SQLite in a file (writer in its thread), PGlite, and a real PostgreSQL. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext } from 'node:test'
import type { Clock } from '../../src/core/ports.ts'
import type { Database, OpenOptions, OpenStore } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import { postgres, sharedPglite } from './engines.ts'
import { pgliteSource } from './pglite-source.ts'
import { whyNoPostgres } from './postgres.ts'

export type TestStore = {
  readonly name: 'memory' | 'file' | 'pglite' | 'postgres'
  /** An empty database, gone when the test ends. */
  database(t: Pick<TestContext, 'after'>): Promise<Database>
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** Opens and migrates a database; the test closes it, or its end does. */
export async function open(t: Pick<TestContext, 'after'>, database: Database, options: Partial<OpenOptions> = {}): Promise<OpenStore> {
  const clock = options.clock ?? systemClock
  const prepare = async (executor: Parameters<typeof migrate>[0]) => void (await migrate(executor, { clock, release: 'test' }))
  const store = await openStore({ database, clock, instance: { name: 'test' }, prepare, ...options })
  t.after(() => store.close())
  store.readAside()
  return store
}

/** Runs a suite once a store. `fresh` gives an empty, migrated one. */
export function eachStore(
  suite: (fresh: (t: TestContext, options?: Partial<OpenOptions>) => Promise<OpenStore>, store: TestStore) => void,
): void {
  const required = (process.env.PURSER_TEST_REQUIRE ?? '').split(',').includes('postgres')
  for (const store of testStores) {
    const missing = store.name === 'postgres' ? whyNoPostgres() : undefined
    if (missing !== undefined && required) throw new Error(`PURSER_TEST_REQUIRE asks for postgres. ${missing}`)
    describe(store.name, missing === undefined ? {} : { skip: missing }, () => {
      suite(async (t, options) => open(t, await store.database(t), options), store)
    })
  }
}

let schemas = 0

export const testStores: readonly TestStore[] = [
  { name: 'memory', database: async () => ':memory:' },
  {
    name: 'file',
    async database(t) {
      const folder = mkdtempSync(join(tmpdir(), 'purser-store-'))
      t.after(() => rmSync(folder, { recursive: true }))
      return join(folder, 'purser.db')
    },
  },
  {
    name: 'pglite',
    async database(t) {
      const pglite = await sharedPglite()
      const schema = `store_${++schemas}`
      await pglite.exec(`CREATE SCHEMA ${schema}`)
      t.after(() => pglite.exec(`DROP SCHEMA ${schema} CASCADE`))
      return pgliteSource(pglite, schema)
    },
  },
  {
    name: 'postgres',
    async database(t) {
      const { location } = await postgres.fresh(t)
      return location!
    },
  },
]
