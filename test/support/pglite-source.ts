/** PGlite in the place of a Postgres server: one connection that everybody shares, on a schema of its own. */

import type { PGlite } from '@electric-sql/pglite'
import { storeError } from '../../src/store/faults.ts'
import { readNumeric } from '../../src/store/kinds.ts'
import { bindPostgres, type PostgresConnection, type PostgresSource } from '../../src/store/postgres-connection.ts'

const parsers = { 20: BigInt, 21: BigInt, 23: BigInt, 1700: readNumeric }

export function pgliteSource(database: PGlite, schema: string): PostgresSource {
  const connection: PostgresConnection = {
    lost: false,
    async query(sql, parameters = []) {
      try {
        if (parameters.length > 0) {
          const result = await database.query<Record<string, unknown>>(sql, parameters.map(bindPostgres), { parsers })
          return { rows: result.rows, changes: result.affectedRows ?? 0 }
        }
        const results = await database.exec(sql, { parsers })
        const last = results.at(-1)
        return { rows: (last?.rows ?? []) as Record<string, unknown>[], changes: last?.affectedRows ?? 0 }
      } catch (error) {
        throw storeError(error)
      }
    },
    close: async () => undefined,
  }
  return {
    shared: true,
    async connect() {
      await database.exec(`SET search_path TO ${schema}`)
      return connection
    },
    pool: () => connection,
  }
}
