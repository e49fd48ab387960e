/** Typed reads: Kysely over any function that answers a statement with rows, whichever thread or pool stands behind it. */

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { PurserError } from '../core/errors.ts'
import type { Row } from './kinds.ts'
import type { Tables } from './schema.ts'

/** Rows with their kinds already read. */
export type Query = (sql: string, parameters: readonly unknown[]) => Promise<Row[]>

const dialects = {
  sqlite: { Adapter: SqliteAdapter, Compiler: SqliteQueryCompiler, Introspector: SqliteIntrospector },
  postgres: { Adapter: PostgresAdapter, Compiler: PostgresQueryCompiler, Introspector: PostgresIntrospector },
} as const

/** Kysely for reading alone: it begins no transaction, and what it is asked to write the connection refuses. */
export function createReads(engine: keyof typeof dialects, query: Query): Kysely<Tables> {
  const { Adapter, Compiler, Introspector } = dialects[engine]
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new Adapter(),
      createQueryCompiler: () => new Compiler(),
      createIntrospector: (database) => new Introspector(database),
      createDriver: () => readDriver(query),
    },
  })
}

function readDriver(query: Query): Driver {
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => ({
      rows: (await query(sql, parameters)) as R[],
    }),
    streamQuery: () => {
      throw refused('stream')
    },
  }
  const refuse = async () => {
    throw refused('transaction')
  }
  return {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  }
}

function refused(what: string): PurserError {
  return new PurserError('internal', `Reads have no ${what}: ask in one statement, or write through the writer.`)
}
