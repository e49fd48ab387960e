/** The writer's loop in a thread of its own, for database files: their syncs would stop every stream on the main thread. */

import { PurserError } from '../core/errors.ts'
import { startThread } from './thread.ts'
import type { WriterLink } from './writer.ts'
import { answer, type Message, plainError } from './writer-messages.ts'
import type { WriterWorkerData } from './writer-worker.ts'

/** A link to a new thread, once the thread has opened the database. A thread that dies is fatal, with exit code 70. */
export async function startWriterThread(data: WriterWorkerData): Promise<(hear: (answers: Message) => void) => WriterLink> {
  const thread = startThread('writer-worker', data)
  let hear: ((answers: Message) => void) | undefined
  let closing = false
  let failure: PurserError | undefined
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  const dies = (cause: unknown) => {
    if (closing || failure) return
    failure = new PurserError('unavailable', 'The thread that writes to the database has died.', { code: 'store_down', cause })
    hear?.([answer.fatal, 70, plainError(failure)])
  }
  await new Promise<void>((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) =>
      reject(new PurserError('unavailable', `The thread that writes to the database ended with ${code} at its start.`)),
    )
  })
  thread.on('error', dies)
  thread.on('exit', dies)
  return (listener) => {
    hear = listener
    thread.on('message', listener)
    if (failure) queueMicrotask(() => listener([answer.fatal, 70, plainError(failure!)]))
    return {
      send: (message) => thread.postMessage(message),
      async close() {
        closing = true
        thread.postMessage(null)
        await ended
      },
    }
  }
}
