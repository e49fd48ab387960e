/** What the rest of the house sees of the database: typed reads, and one writer. Nobody else touches a connection. */

import type { Kysely } from 'kysely'
import type { JsonObject } from '../core/json.ts'
import type { TableName, Tables } from './schema.ts'

export interface Store {
  readonly engine: 'sqlite' | 'postgres'
  /** Typed reads, by a connection of their own (SQLite: by message to the reader worker, unless the store is in memory). */
  readonly read: Kysely<Tables>
  readonly writer: Writer
  /** Waits for what is queued, then closes every connection and frees the lock. */
  close(): Promise<void>
}

/** As bound to a statement: booleans as 0 or 1, JSON as text, instants as numbers. Numbers are safe integers, but for `real` columns. */
export type SqlValue = string | number | bigint | null

/**
 * A statement compiled once: an insert with some columns fixed as literals, or a delete by key. `id` is a small integer, so
 * that only the values travel to the writer's thread.
 */
export type Template = { readonly id: number; readonly table: TableName; readonly columns: readonly string[] }

/** One row of an entry. `values` stand in the order of the template's `columns`. */
export type Write = { readonly template: Template; readonly values: readonly SqlValue[] }

/** Called once: with nothing when it is done, with the error when it is not. */
export type Done = (error?: Error) => void

/** One statement of a control batch, in the store's own engine (a compiled Kysely query). */
export type ControlStatement = {
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** The number of rows it must change. Another number undoes the whole batch as `conflict`. */
  readonly expectChanges?: number
}

/**
 * Who did what to which thing, for the audit log. `before`, `after` hold the fields that moved, `{}` where there is nothing, and
 * never a secret; `undo` what takes the change back, where one command can.
 */
export type AuditEntry = {
  readonly id: string
  readonly actor_key_id: string | null
  readonly face: string
  readonly operation: string
  readonly target_kind: string
  readonly target_id: string
  readonly before: JsonObject
  readonly after: JsonObject
  readonly undo: JsonObject
}

export type ControlBatch = {
  readonly statements: readonly ControlStatement[]
  /** Written in the same transaction, with the new revision and the time. No batch goes without. */
  readonly audit: readonly [AuditEntry, ...AuditEntry[]]
  /** Set where the batch was built from a known revision: another one in the database is `conflict`. The bump of `revision` is always part of the batch. */
  readonly expectRevision?: bigint
  /**
   * The row of `rate_batches` that seals the batch, written last. Statements that need its one `recorded_at` (now, or just above
   * the newest there is) bind the stand-in `recordedAt` in its place.
   */
  readonly rates?: { readonly source: string; readonly actor: string; readonly note: string | null }
}

/** Stands for the batch's `recorded_at` among the parameters of a control statement. */
export const recordedAt = Object.freeze({ marker: 'recorded_at' })

/** Of one key, the hour in which it was last used. */
export type KeyUse = { readonly keyId: string; readonly at: number }

export type ControlResult = { readonly revision: bigint; readonly recordedAt: number | null }

export type WriterStatus = {
  readonly queued: number
  /** Milliseconds since the oldest committed but not yet synced intent, 0 when there is none. */
  readonly syncLagMs: number
  readonly batches: number
  readonly parked: number
}

/**
 * The only way to write. Answers come in the order of the protocol: an intent is `committed` before `durable`; a settlement is
 * durable when its `done` runs. A call to these never throws: a full queue or a dead database is the callback's error
 * (`unavailable`, codes `ledger_behind`, `store_down`).
 */
export interface Writer {
  /** An insert of one row. `fixed` columns become literals of the compiled statement; `columns` are bound each time. */
  insertTemplate(table: TableName, columns: readonly string[], fixed?: Readonly<Record<string, SqlValue>>): Template
  /** A delete by one key column. Deleting nothing is no error. */
  deleteTemplate(table: TableName, keyColumn: string): Template
  /** Batch A: all rows or none. `committed` when the log has them, `durable` when an fsync has covered them. */
  intend(writes: readonly Write[], committed: Done, durable: Done): void
  /** Batch B: all rows or none, durable when `done` runs. Never refused for a full queue. */
  settle(writes: readonly Write[], done: Done): void
  /** Batch C: its own transaction with the bump of `revision`. Throws PurserError `conflict`. */
  control(batch: ControlBatch): Promise<ControlResult>
  /** When keys were last used: nobody configured that, so it moves no revision and leaves no audit row. An older hour changes nothing. */
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>
  status(): WriterStatus
}
