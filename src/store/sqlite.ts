/** SQLite, through the one file that imports the driver: opened with the settings the books need, each of them read back. */

import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PurserError } from '../core/errors.ts'
import { bindAll } from './binding.ts'
import { storeError } from './faults.ts'
import type { SqlValue } from './store.ts'

export type SqliteRow = Record<string, unknown>

export interface SqliteStatement {
  all(parameters?: readonly unknown[]): SqliteRow[]
  /** The number of rows changed. */
  run(parameters?: readonly unknown[]): number
  /** One step with values that were checked already: the fast way to insert or delete by key. */
  step(values: readonly SqlValue[]): void
}

export interface SqliteConnection {
  /** False once SQLite has rolled back by itself, as it does on a full disk. Look after every error. */
  readonly inTransaction: boolean
  /** Runs any number of statements without parameters. The only way for `PRAGMA synchronous`. */
  exec(sql: string): void
  all(sql: string, parameters?: readonly unknown[]): SqliteRow[]
  run(sql: string, parameters?: readonly unknown[]): number
  prepare(sql: string): SqliteStatement
  close(): void
}

/** Older ones can corrupt a write-ahead log. */
export const oldestSqlite = [3, 51, 3] as const

const setsSynchronous = /^\s*PRAGMA\s+(\w+\.)?synchronous\s*[=(]/i

type Setting = { readonly pragma: string; readonly set: string; readonly reads: readonly (string | bigint | undefined)[] }

/** `reads` lists what may stand there afterwards; undefined is an engine built without the setting. */
const settings: readonly Setting[] = [
  { pragma: 'foreign_keys', set: 'ON', reads: [1n] },
  { pragma: 'recursive_triggers', set: 'ON', reads: [1n] },
  { pragma: 'trusted_schema', set: 'OFF', reads: [0n] },
  { pragma: 'cell_size_check', set: 'ON', reads: [1n] },
  { pragma: 'secure_delete', set: 'ON', reads: [1n] },
  { pragma: 'mmap_size', set: '0', reads: [0n, undefined] },
  { pragma: 'busy_timeout', set: '5000', reads: [5000n] },
  { pragma: 'wal_autocheckpoint', set: '0', reads: [0n] },
  { pragma: 'journal_size_limit', set: '-1', reads: [-1n] },
]

/** What each setting of a database file must read, as text. */
export const wantedSettings: Readonly<Record<string, readonly string[]>> = {
  journal_mode: ['wal'],
  ...Object.fromEntries(settings.map(({ pragma, reads }) => [pragma, reads.map(String)])),
}

/** A connection to a database file, or to `:memory:`. */
export function openSqlite(path: string, options: { readonly readonly?: boolean } = {}): SqliteConnection {
  const readonly = options.readonly === true
  const database = open(path, readonly)
  try {
    checkVersion(database)
    for (const { pragma, set, reads } of settings) {
      database.exec(`PRAGMA ${pragma} = ${set}`)
      const value = pragmaValue(database, pragma)
      if (!reads.includes(value))
        throw new PurserError('internal', `SQLite did not take the setting ${pragma} = ${set}: it reads ${value}.`)
    }
    if (!readonly) logAhead(database, path)
  } catch (error) {
    database.close()
    throw storeError(error)
  }
  return connect(database)
}

/** The lock beside a database: a tiny database of its own whose exclusive transaction the system ends with the process. Undefined when another process holds it. */
export function holdExclusively(path: string): { release(): void } | undefined {
  const database = open(path, false, 0)
  try {
    database.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const mapped = storeError(error)
    if (mapped.code === 'store_busy') return undefined
    throw mapped
  }
  return { release: () => database.close() }
}

/** The settings as they stand on a connection, for `doctor`. */
export function sqliteSettings(connection: SqliteConnection): Record<string, unknown> {
  const names = [...settings.map((setting) => setting.pragma), 'journal_mode', 'synchronous']
  return Object.fromEntries(names.map((name) => [name, Object.values(connection.all(`PRAGMA ${name}`)[0] ?? {})[0]]))
}

function open(path: string, readonly: boolean, timeout = 5000): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: readonly, readBigInts: true, timeout, defensive: true, enableForeignKeyConstraints: true })
  } catch (error) {
    throw storeError(error)
  }
}

function checkVersion(database: DatabaseSync): void {
  const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version)
  const parts = version.split('.').map(Number)
  const difference = oldestSqlite.map((oldest, index) => (parts[index] ?? 0) - oldest).find((step) => step !== 0) ?? 0
  if (difference >= 0) return
  throw new PurserError(
    'internal',
    `SQLite ${version} can corrupt its log. Purser needs ${oldestSqlite.join('.')} or newer: use a newer Node.`,
  )
}

function logAhead(database: DatabaseSync, path: string): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const mode = pragmaValue(database, 'journal_mode')
  if (mode === 'wal' || (path === ':memory:' && mode === 'memory')) return
  throw new PurserError('internal', `SQLite keeps the journal mode ${mode} for ${path}, and Purser needs a write-ahead log.`)
}

function pragmaValue(database: DatabaseSync, pragma: string): string | bigint | undefined {
  const row = database.prepare(`PRAGMA ${pragma}`).get()
  return row === undefined ? undefined : (Object.values(row)[0] as string | bigint)
}

function connect(database: DatabaseSync): SqliteConnection {
  const prepare = (sql: string): SqliteStatement => {
    if (setsSynchronous.test(sql))
      throw new PurserError('internal', 'PRAGMA synchronous acts when it is prepared: send it through exec.', { code: 'binding' })
    const statement = attempt(() => single(database.prepare(sql), sql))
    return {
      all: (parameters = []) => attempt(() => statement.all(...bindAll(parameters)) as SqliteRow[]),
      run: (parameters = []) => attempt(() => Number(statement.run(...bindAll(parameters)).changes)),
      step: (values) => {
        try {
          statement.get(...values)
        } catch (error) {
          throw storeError(error)
        }
      },
    }
  }
  return {
    get inTransaction() {
      return database.isTransaction
    },
    exec: (sql) => attempt(() => database.exec(sql)),
    all: (sql, parameters) => prepare(sql).all(parameters),
    run: (sql, parameters) => prepare(sql).run(parameters),
    prepare,
    close: () => {
      if (database.isOpen) database.close()
    },
  }
}

/** SQLite compiles the first statement of a text and leaves the rest: what it left must be blank. */
function single(statement: StatementSync, sql: string): StatementSync {
  if (/^[\s;]*$/.test(sql.slice(statement.sourceSQL.length))) return statement
  throw new PurserError('internal', 'This text holds more than one statement, and only the first would run. Send them one by one.', {
    code: 'binding',
  })
}

function attempt<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storeError(error)
  }
}
