/** The same tests on every database that a whole Purser can be started on by its name: a file, and a real PostgreSQL where this machine has one. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import { postgres } from './engines.ts'
import { whyNoPostgres } from './postgres.ts'

export type NamedDatabase = {
  readonly name: 'file' | 'postgres'
  /** The name of an empty database: a path, or a `postgres://` address. It is gone when the suite ends, after all that a test had opened on it. */
  fresh(): Promise<string>
}

/** Runs a suite once a database. Without a PostgreSQL server that half is skipped, or fails where PURSER_TEST_REQUIRE says `postgres`. */
export function eachDatabase(suite: (database: NamedDatabase) => void): void {
  for (const { name, make } of databases) {
    const missing = name === 'postgres' ? whyNoPostgres() : undefined
    describe(name, missing === undefined ? {} : { skip: missing }, () => {
      const gone: (() => unknown)[] = []
      after(async () => {
        for (const end of gone) await end()
      })
      suite({ name, fresh: () => make({ after: (end) => void gone.push(end as () => unknown) }) })
    })
  }
}

type End = Parameters<typeof postgres.fresh>[0]

const databases: readonly { readonly name: NamedDatabase['name']; make(t: End): Promise<string> }[] = [
  {
    name: 'file',
    async make(t) {
      const folder = mkdtempSync(join(tmpdir(), 'purser-database-'))
      t.after(() => rmSync(folder, { recursive: true, force: true }))
      return join(folder, 'purser.db')
    },
  },
  { name: 'postgres', make: async (t) => (await postgres.fresh(t)).location! },
]
