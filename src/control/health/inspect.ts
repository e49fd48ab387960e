/** A look at the database itself, on a connection of its own that writes nothing: does the schema fit, and how is the engine set. */

import { existsSync } from 'node:fs'
import { isPostgres } from '../../core/database-address.ts'
import { type Executor, postgresExecutor, sqliteExecutor } from '../../store/engine.ts'
import { postgresSource } from '../../store/postgres-connection.ts'
import { openSqlite, sqliteSettings } from '../../store/sqlite.ts'
import { type Finding, validate } from '../../store/validate.ts'

export type Inspection = {
  readonly engine: 'sqlite' | 'postgres'
  readonly finding: Finding
  readonly version: string
  /** By name, as the engine says them. */
  readonly settings: Readonly<Record<string, string>>
}

/** Null for a database in memory, which no second connection can see, and for a file that is not there. */
export async function inspectDatabase(database: string): Promise<Inspection | null> {
  if (isPostgres(database)) return inspectPostgres(database)
  if (database === ':memory:' || !existsSync(database)) return null
  const connection = openSqlite(database, { readonly: true })
  try {
    const executor = sqliteExecutor(connection)
    return {
      engine: 'sqlite',
      finding: await validate(executor),
      version: await one(executor, 'SELECT sqlite_version() AS value'),
      settings: Object.fromEntries(Object.entries(sqliteSettings(connection)).map(([name, value]) => [name, String(value)])),
    }
  } finally {
    connection.close()
  }
}

const postgresSettings = ['fsync', 'full_page_writes', 'synchronous_commit', 'synchronous_standby_names'] as const

async function inspectPostgres(database: string): Promise<Inspection> {
  const connection = await postgresSource(database).connect()
  try {
    const executor = postgresExecutor(connection)
    const settings: Record<string, string> = {}
    for (const name of postgresSettings) settings[name] = await one(executor, `SELECT current_setting('${name}') AS value`)
    return {
      engine: 'postgres',
      finding: await validate(executor),
      version: await one(executor, "SELECT current_setting('server_version') AS value"),
      settings,
    }
  } finally {
    await connection.close()
  }
}

async function one(executor: Executor, sql: string): Promise<string> {
  const [row] = await executor.all(sql)
  return String(row?.value)
}
