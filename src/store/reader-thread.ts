/** Reads by message to a thread of their own, since a slow report on the main thread would stop every stream. */

import { PurserError } from '../core/errors.ts'
import { Fifo } from './fifo.ts'
import type { Row } from './kinds.ts'
import type { Query } from './reader.ts'
import type { ReaderAnswer } from './reader-worker.ts'
import { startThread } from './thread.ts'
import { errorOf } from './writer-messages.ts'

type Waiting = { resolve(rows: Row[]): void; reject(error: Error): void }

export type ReaderThread = { readonly query: Query; close(): Promise<void> }

/** One reading connection in a thread. Answers come in the order of the questions. */
export function startReaderThread(path: string): ReaderThread {
  const thread = startThread('reader-worker', { path })
  const waiting = new Fifo<Waiting>()
  let dead: Error | undefined
  const dies = (cause?: unknown) => {
    dead ??= new PurserError('unavailable', 'The thread that reads the database has ended.', { code: 'store_down', cause })
    for (let next = waiting.shift(); next; next = waiting.shift()) next.reject(dead)
  }
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  thread.on('error', dies)
  thread.on('exit', dies)
  thread.on('message', (message: ReaderAnswer) => {
    const next = waiting.shift()
    if ('rows' in message) next?.resolve(message.rows)
    else next?.reject(errorOf(message.error))
  })
  return {
    query: (sql, parameters) =>
      new Promise((resolve, reject) => {
        if (dead) return reject(dead)
        thread.postMessage([sql, parameters])
        waiting.push({ resolve, reject })
      }),
    async close() {
      thread.postMessage(null)
      await ended
    },
  }
}
