/** One small face over both engines, for whatever runs statements one after another on a connection of its own: migrations, the fingerprint, tests. */

import { storeError } from './faults.ts'
import type { SqliteConnection } from './sqlite.ts'
import type { SqlValue } from './store.ts'

export type Engine = 'sqlite' | 'postgres'

/** As the engine answers: integers of 64 bits are bigint on both. */
export type ResultRow = Readonly<Record<string, unknown>>

export interface Executor {
  readonly engine: Engine
  /** One statement, its result thrown away. */
  exec(sql: string): Promise<void>
  /** One statement with its rows. Parameters are written `?` on both engines. */
  all(sql: string, parameters?: readonly SqlValue[]): Promise<ResultRow[]>
  /** All of `run` or nothing of it. Not to be nested. On SQLite it takes the write lock at once. */
  transaction<T>(run: () => Promise<T>): Promise<T>
}

/** What a connection to Postgres must offer here. `query` with parameters takes `$1`, `$2` and so on. */
export interface PostgresSession {
  query(sql: string, parameters: readonly SqlValue[]): Promise<{ readonly rows: readonly ResultRow[] }>
}

export function sqliteExecutor(connection: SqliteConnection): Executor {
  return withTransactions('sqlite', 'BEGIN IMMEDIATE', {
    exec: async (sql) => void connection.exec(sql),
    all: async (sql, parameters = []) => connection.all(sql, parameters) as ResultRow[],
  })
}

export function postgresExecutor(session: PostgresSession): Executor {
  const query = async (sql: string, parameters: readonly SqlValue[]): Promise<ResultRow[]> => {
    try {
      return [...(await session.query(parameters.length === 0 ? sql : numbered(sql), parameters)).rows]
    } catch (error) {
      throw storeError(error)
    }
  }
  // Named, because a database's own default may be a level at which a wait for a lock ends with old rows in sight.
  return withTransactions('postgres', 'BEGIN ISOLATION LEVEL READ COMMITTED', {
    exec: async (sql) => void (await query(sql, [])),
    all: (sql, parameters = []) => query(sql, parameters),
  })
}

function withTransactions(engine: Engine, begin: string, statements: Pick<Executor, 'exec' | 'all'>): Executor {
  let open = false
  return {
    engine,
    ...statements,
    async transaction(run) {
      if (open) throw new Error('A transaction is already open on this connection.')
      open = true
      try {
        await statements.exec(begin)
        try {
          const result = await run()
          await statements.exec('COMMIT')
          return result
        } catch (error) {
          // The first error is the one that counts: after a lost connection there is nothing left to undo.
          await statements.exec('ROLLBACK').catch(() => undefined)
          throw error
        }
      } finally {
        open = false
      }
    },
  }
}

/** `?` marks as `$1`, `$2`, but for those inside quotes. */
function numbered(sql: string): string {
  let count = 0
  return sql.replace(/'[^']*'|"[^"]*"|\?/g, (found) => (found === '?' ? `$${++count}` : found))
}
