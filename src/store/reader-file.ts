/** Reads of a database file: in this thread while a program starts or runs one command, by message to a thread of their own while it serves. */

import type { Query } from './reader.ts'
import { sqliteReads } from './reader-sqlite.ts'
import { type ReaderThread, startReaderThread } from './reader-thread.ts'
import { openSqlite } from './sqlite.ts'

export type FileReader = {
  readonly query: Query
  /** From here on a slow read stops nobody. The thread costs memory, so the first read that needs it starts it. */
  readAside(): void
  close(): Promise<void>
}

export function openFileReader(path: string): FileReader {
  const connection = openSqlite(path, { readonly: true })
  const read = sqliteReads(connection)
  let aside = false
  let thread: ReaderThread | undefined
  return {
    query: async (sql, parameters) => {
      if (!aside) return read(sql, parameters)
      thread ??= startReaderThread(path)
      return thread.query(sql, parameters)
    },
    readAside() {
      aside = true
      connection.close()
    },
    async close() {
      connection.close()
      await thread?.close()
    },
  }
}
