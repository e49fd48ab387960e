/** SQLite opened for its one process: a file with its lock and two threads, or memory with everything in this one. */

import { closeOnce, enrol, type LockedDatabase, type OpenOptions, type ReadOnlyStore } from './database.ts'
import { sqliteExecutor } from './engine.ts'
import { createGate } from './gate.ts'
import { lockFile } from './lock.ts'
import { createReads } from './reader.ts'
import { openFileReader } from './reader-file.ts'
import { sqliteReads } from './reader-sqlite.ts'
import { openSqlite, type SqliteConnection } from './sqlite.ts'
import { createWriter } from './writer.ts'
import { inlineLink } from './writer-inline.ts'
import { sqliteEngine } from './writer-sqlite.ts'
import { startWriterThread } from './writer-thread.ts'

export function lockSqliteFile(options: OpenOptions, path: string): LockedDatabase {
  const { clock, onFatal } = options
  const lock = lockFile(path, options.acceptFilesystem)
  let connection: SqliteConnection
  try {
    connection = openSqlite(path)
  } catch (error) {
    lock.release()
    throw error
  }
  const executor = sqliteExecutor(connection)
  return {
    executor,
    async start() {
      const { instance, parked } = await enrol(executor, options)
      connection.close()
      const link = await startWriterThread({ path, instanceId: instance.id })
      const writer = createWriter({ clock, onFatal, parked, link })
      const reader = openFileReader(path)
      return {
        engine: 'sqlite',
        instance,
        writer,
        read: createReads('sqlite', reader.query),
        readAside: reader.readAside,
        close: closeOnce(async () => {
          await writer.close()
          await reader.close()
          lock.release()
        }),
      }
    },
    release: closeOnce(async () => {
      connection.close()
      lock.release()
    }),
  }
}

export function openMemory(options: OpenOptions): LockedDatabase {
  const { clock, onFatal } = options
  const connection = openSqlite(':memory:')
  const executor = sqliteExecutor(connection)
  return {
    executor,
    async start() {
      const { instance, parked } = await enrol(executor, options)
      const gate = createGate()
      const link = inlineLink({ engine: sqliteEngine(connection), instanceId: instance.id, clock, gate })
      const writer = createWriter({ clock, onFatal, parked, link })
      const read = sqliteReads(connection)
      return {
        engine: 'sqlite',
        instance,
        writer,
        read: createReads('sqlite', (sql, parameters) => gate(async () => read(sql, parameters))),
        readAside: () => undefined,
        close: () => writer.close(),
      }
    },
    release: async () => connection.close(),
  }
}

export function readSqliteFile(path: string): ReadOnlyStore {
  const connection = openSqlite(path, { readonly: true })
  const read = sqliteReads(connection)
  return {
    engine: 'sqlite',
    read: createReads('sqlite', async (sql, parameters) => read(sql, parameters)),
    close: async () => connection.close(),
  }
}
