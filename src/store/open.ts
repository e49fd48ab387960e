/** Opens a database for the one process that may write to it, in three steps: lock it, let the caller bring it up to date, start the writer and the reads. */

import { isPostgres, withoutPassword } from '../core/database-address.ts'
import type { Database, LockedDatabase, OpenOptions, OpenStore, ReadOnlyStore } from './database.ts'
import type { Executor } from './engine.ts'
import { lockPostgres, readPostgres } from './open-postgres.ts'
import { lockSqliteFile, openMemory, readSqliteFile } from './open-sqlite.ts'
import { type PostgresSource, postgresSource } from './postgres-connection.ts'

export type { Database, LockedDatabase, OpenOptions, OpenStore, ReadOnlyStore } from './database.ts'

/** All three steps, with `prepare` as the one in the middle. */
export async function openStore(options: OpenOptions & { readonly prepare?: (executor: Executor) => Promise<void> }): Promise<OpenStore> {
  const locked = await lockDatabase(options)
  try {
    await options.prepare?.(locked.executor)
    return await locked.start()
  } catch (error) {
    await locked.release()
    throw error
  }
}

/** The first step alone. Throws `unavailable`, code `lock_busy`, where another process has the database. */
export async function lockDatabase(options: OpenOptions): Promise<LockedDatabase> {
  const { database } = options
  if (database === ':memory:') return openMemory(options)
  const source = sourceOf(database)
  const name = typeof database === 'string' ? withoutPassword(database) : 'The database'
  if (source !== undefined) return lockPostgres(options, source, name)
  return lockSqliteFile(options, database as string)
}

/** Reads of a database that another process may be writing to: no lock, no writer. */
export function openReadOnly(database: Database): ReadOnlyStore {
  const source = sourceOf(database)
  return source === undefined ? readSqliteFile(database as string) : readPostgres(source)
}

function sourceOf(database: Database): PostgresSource | undefined {
  if (typeof database !== 'string') return database
  return isPostgres(database) ? postgresSource(database) : undefined
}
