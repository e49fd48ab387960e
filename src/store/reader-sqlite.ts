/** Reads on one SQLite connection, statements kept, kinds read. */

import { type Row, readRow } from './kinds.ts'
import type { SqliteConnection, SqliteStatement } from './sqlite.ts'

const keptStatements = 300

export function sqliteReads(connection: SqliteConnection): (sql: string, parameters: readonly unknown[]) => Row[] {
  const statements = new Map<string, SqliteStatement>()
  return (sql, parameters) => {
    let statement = statements.get(sql)
    if (statement === undefined) {
      statement = connection.prepare(sql)
      if (statements.size >= keptStatements) statements.clear()
      statements.set(sql, statement)
    }
    return statement.all(parameters).map(readRow)
  }
}
