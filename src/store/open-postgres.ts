/** Postgres opened for the one process that serves from a schema: the connection that writes holds the lock, reads have a pool. */

import { setTimeout as pause } from 'node:timers/promises'
import { PurserError } from '../core/errors.ts'
import { closeOnce, enrol, type LockedDatabase, type OpenOptions, type ReadOnlyStore } from './database.ts'
import { postgresExecutor } from './engine.ts'
import { createGate, type Gate, openGate } from './gate.ts'
import type { Instance } from './instance.ts'
import { readRow } from './kinds.ts'
import { lockSchema, tryLockSchema } from './lock.ts'
import type { PostgresConnection, PostgresSource } from './postgres-connection.ts'
import { createReads, type Query } from './reader.ts'
import { createWriter } from './writer.ts'
import { inlineLink } from './writer-inline.ts'
import { postgresEngine } from './writer-postgres.ts'

/** How long a lost connection is looked for while callers wait, and how often. */
const outage = { patienceMs: 10_000, pauseMs: 100 } as const

export async function lockPostgres(options: OpenOptions, source: PostgresSource, name: string): Promise<LockedDatabase> {
  const { clock, onFatal } = options
  const connection = await source.connect()
  try {
    await lockSchema(connection, name)
    // A migration may take as long as it needs.
    await connection.query('SET statement_timeout = 0')
  } catch (error) {
    await connection.close()
    throw error
  }
  const executor = postgresExecutor(connection)
  return {
    executor,
    async start() {
      await connection.query('RESET statement_timeout')
      const { instance, parked } = await enrol(executor, options)
      const gate = source.shared ? createGate() : openGate
      const engine = postgresEngine({ connection, reconnect: reconnector(source, instance) })
      const link = inlineLink({ engine, instanceId: instance.id, clock, gate })
      const writer = createWriter({ clock, onFatal, parked, link })
      const pool = source.pool()
      return {
        engine: 'postgres',
        instance,
        writer,
        read: createReads('postgres', reads(pool, gate)),
        readAside: () => undefined,
        close: closeOnce(async () => {
          await writer.close()
          await pool.close()
        }),
      }
    },
    release: closeOnce(() => connection.close()),
  }
}

export function readPostgres(source: PostgresSource): ReadOnlyStore {
  const pool = source.pool()
  return { engine: 'postgres', read: createReads('postgres', reads(pool, openGate)), close: () => pool.close() }
}

function reads(pool: PostgresConnection, gate: Gate): Query {
  return (sql, parameters) => gate(async () => (await pool.query(sql, parameters)).rows.map(readRow))
}

/** Finds a new connection that holds the lock. The first search after a loss is patient, so that a restart of the server passes unnoticed. */
function reconnector(source: PostgresSource, instance: Instance): () => Promise<PostgresConnection | undefined> {
  let down = false
  return async () => {
    for (let waited = 0; ; waited += outage.pauseMs) {
      const connection = await connectAgain(source, instance)
      down = connection === undefined && (down || waited >= outage.patienceMs)
      if (connection !== undefined || down) return connection
      await pause(outage.pauseMs)
    }
  }
}

async function connectAgain(source: PostgresSource, instance: Instance): Promise<PostgresConnection | undefined> {
  let connection: PostgresConnection | undefined
  try {
    connection = await source.connect()
    const { rows } = await connection.query('SELECT max(epoch) AS newest FROM instances')
    if (rows[0]?.newest !== instance.epoch) throw lockLost()
    if (await tryLockSchema(connection)) return connection
  } catch (error) {
    await connection?.close().catch(() => undefined)
    if (error instanceof PurserError && error.code === 'lock_lost') throw error
    return undefined
  }
  await connection.close()
  return undefined
}

function lockLost(): PurserError {
  return new PurserError('unavailable', 'Another process has taken over this database while the connection was lost.', {
    code: 'lock_lost',
  })
}
