/** What opening a database means on any engine: who asks, what is locked, what is started. */

import { randomBytes } from 'node:crypto'
import { uuidMaker } from '../core/ids.ts'
import type { Clock, Random } from '../core/ports.ts'
import type { Executor } from './engine.ts'
import { type Instance, parkedCount, register } from './instance.ts'
import type { PostgresSource } from './postgres-connection.ts'
import type { Store } from './store.ts'
import type { OnFatal } from './writer.ts'

/** A file path, `:memory:`, a `postgres://` URL, or a source of Postgres connections. */
export type Database = string | PostgresSource

export type OpenOptions = {
  readonly database: Database
  readonly clock: Clock
  readonly random?: Random
  readonly instance: { readonly name: string }
  /** Runs once when writing has ended for good, with the exit code the process should end with: 70, 74 or 75. */
  readonly onFatal?: OnFatal
  /** Takes a file system in user space. */
  readonly acceptFilesystem?: boolean
}

export interface OpenStore extends Store {
  readonly instance: Instance
  /** For a process that serves: from here on no read runs in this thread, where a slow one would stop every stream. Before, none needs another. */
  readAside(): void
}

/** A database that this process holds the lock of, before anything of it has been started. */
export interface LockedDatabase {
  /** For migrations. Of no use any more once `start` has been called. */
  readonly executor: Executor
  /** Starts the writer and the reads. Closing the store frees the lock. */
  start(): Promise<OpenStore>
  /** Instead of `start`: frees the lock. */
  release(): Promise<void>
}

/** Reads without lock and writer. */
export interface ReadOnlyStore extends Pick<Store, 'engine' | 'read'> {
  close(): Promise<void>
}

export type Enrolment = { readonly instance: Instance; readonly parked: number }

/** Registers this process, and looks what waits for an operator. */
export async function enrol(executor: Executor, options: OpenOptions): Promise<Enrolment> {
  const random = options.random ?? { bytes: (count: number) => randomBytes(count) }
  const instance = await register(executor, uuidMaker(options.clock, random)(), options.instance.name, options.clock)
  return { instance, parked: await parkedCount(executor) }
}

/** A way to close that may be called again: the second caller waits for the first. */
export function closeOnce(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= close()
    return closing
  }
}
