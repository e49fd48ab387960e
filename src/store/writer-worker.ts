/** The thread that owns the only writing connection to a database file. Started by `writer-thread.ts`. */

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openGate } from './gate.ts'
import { openSqlite } from './sqlite.ts'
import { createLoop } from './writer-loop.ts'
import type { Message } from './writer-messages.ts'
import { sqliteEngine } from './writer-sqlite.ts'

export type WriterWorkerData = { readonly path: string; readonly instanceId: string }

const napMs = 0.3

const port = parentPort!
const { path, instanceId } = workerData as WriterWorkerData
const sleeper = new Int32Array(new SharedArrayBuffer(4))
let closing = false

const loop = createLoop({
  engine: sqliteEngine(openSqlite(path)),
  instanceId,
  now: Date.now,
  say: (answers) => port.postMessage(answers),
  gate: openGate,
  more() {
    const received = closing ? undefined : receiveMessageOnPort(port)
    if (received === undefined) return undefined
    if (received.message !== null) return received.message as Message
    closing = true
    void close()
    return undefined
  },
  nap: () => void Atomics.wait(sleeper, 0, 0, napMs),
})

async function close(): Promise<void> {
  await loop.close()
  port.close()
}

port.on('message', (message: Message | null) => {
  if (message !== null) return loop.hear(message)
  closing = true
  void close()
})
port.postMessage('open')
