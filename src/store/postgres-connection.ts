/** One connection to Postgres, with numbers read the way the house reads them: the one file that imports its driver for reading and writing. */

import pg from 'pg'
import { PurserError } from '../core/errors.ts'
import { isRecordedAt } from './binding.ts'
import { faultOf, storeError } from './faults.ts'
import { type Row, readNumeric } from './kinds.ts'

export type PostgresResult = { readonly rows: readonly Row[]; readonly changes: number }

export interface PostgresConnection {
  /** One statement with `$1`, or several without parameters. */
  query(sql: string, parameters?: readonly unknown[]): Promise<PostgresResult>
  /** True once the connection is gone. */
  readonly lost: boolean
  close(): Promise<void>
}

/** Where connections come from. */
export interface PostgresSource {
  /** True where every connection is the same one, so that reads must wait for a batch to end. */
  readonly shared: boolean
  connect(): Promise<PostgresConnection>
  /** For many reads at once. */
  pool(): PostgresConnection
}

const timeouts = { statement_timeout: 5_000, lock_timeout: 2_000, idle_in_transaction_session_timeout: 10_000 } as const
const oldestServer = 150_000
const poolSize = 8

const oid = { int8: 20, int2: 21, int4: 23, numeric: 1700 } as const

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [oid.int8]: BigInt,
  [oid.int4]: BigInt,
  [oid.int2]: BigInt,
  [oid.numeric]: readNumeric,
}

const types = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : parsers[type]) ?? pg.types.getTypeParser(type, format as 'text'),
} as pg.CustomTypesConfig

/** A server, by its URL. */
export function postgresSource(url: string): PostgresSource {
  return {
    shared: false,
    async connect() {
      const client = new pg.Client({ connectionString: url, types, ...timeouts })
      let lost = false
      client.on('error', () => {
        lost = true
      })
      client.on('end', () => {
        lost = true
      })
      try {
        await client.connect()
        await checkServer(client)
      } catch (error) {
        await client.end().catch(() => undefined)
        throw storeError(error)
      }
      return {
        async query(sql, parameters) {
          try {
            return await runOn(client, sql, parameters)
          } catch (error) {
            // The server says goodbye before the socket closes.
            if (faultOf(error) === 'lost') lost = true
            throw error
          }
        },
        get lost() {
          return lost
        },
        close: () => client.end(),
      }
    },
    pool() {
      const pool = new pg.Pool({ connectionString: url, types, max: poolSize, ...timeouts })
      // An idle connection that breaks is replaced by the next read.
      pool.on('error', () => undefined)
      return { query: async (sql, parameters) => runOn(pool, sql, parameters), lost: false, close: () => pool.end() }
    },
  }
}

async function runOn(client: pg.Client | pg.Pool, sql: string, parameters: readonly unknown[] = []): Promise<PostgresResult> {
  try {
    const result = await client.query<Row>(sql, parameters.length === 0 ? undefined : parameters.map(bindPostgres))
    return { rows: result.rows ?? [], changes: result.rowCount ?? 0 }
  } catch (error) {
    throw storeError(error)
  }
}

async function checkServer(client: pg.Client): Promise<void> {
  const result = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version")
  if (Number(result.rows[0]?.version) >= oldestServer) return
  throw new PurserError('unsupported', 'Purser needs PostgreSQL 15 or newer: use a newer server.', { code: 'store_too_old' })
}

/** A parameter as Postgres takes it: booleans as 0 or 1, since a `bool` is a BIGINT; `real(x)` as its number. */
export function bindPostgres(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'bigint') return value.toString()
  if (isRecordedAt(value))
    throw new PurserError('internal', 'recordedAt stands for a value only inside a control batch that names its rates.', {
      code: 'binding',
    })
  if (typeof value === 'object' && value !== null && 'marker' in value && 'value' in value) return value.value
  return value
}
