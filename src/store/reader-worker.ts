/** The thread that reads a database file on a connection that can not write. Started by `reader-thread.ts`. */

import { parentPort, workerData } from 'node:worker_threads'
import { storeError } from './faults.ts'
import type { Row } from './kinds.ts'
import { sqliteReads } from './reader-sqlite.ts'
import { openSqlite } from './sqlite.ts'
import { plainError } from './writer-messages.ts'

export type ReaderAnswer = { readonly rows: Row[] } | { readonly error: ReturnType<typeof plainError> }

const port = parentPort!
const connection = openSqlite((workerData as { path: string }).path, { readonly: true })
const read = sqliteReads(connection)

port.on('message', (message: [string, readonly unknown[]] | null) => {
  if (message === null) {
    connection.close()
    port.close()
    return
  }
  port.postMessage(answer(...message))
})

function answer(sql: string, parameters: readonly unknown[]): ReaderAnswer {
  try {
    return { rows: read(sql, parameters) }
  } catch (error) {
    return { error: plainError(storeError(error)) }
  }
}
