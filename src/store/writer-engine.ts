/** What the writer's loop asks of an engine: one connection, transactions of two strengths, and a fast way for a whole batch. */

import { PurserError } from '../core/errors.ts'
import { fits } from './binding.ts'
import type { Row } from './kinds.ts'
import { type Kind, type Table, tables } from './schema.ts'
import type { SqlValue } from './store.ts'
import type { Definition } from './writer-messages.ts'

/** SQLite answers at once, Postgres later. */
export type Awaitable<T> = T | Promise<T>

/** `log`: the commit is in the log, for the next sync to cover. `disk`: the commit has been synced. */
export type Durability = 'log' | 'disk'

export type EntryWrite = { readonly definition: Definition; readonly values: readonly SqlValue[] }
/** Rows that land together or not at all. */
export type Entry = { readonly writes: readonly EntryWrite[]; readonly bytes: number }

export interface WriterEngine {
  /** The mark of a parameter, counted from 1. */
  mark(position: number): string
  /** Makes a read hold its row until the transaction ends, where the engine has need of it. */
  readonly forUpdate: string
  inTransaction(): boolean
  begin(durability: Durability): Awaitable<void>
  commit(): Awaitable<void>
  rollback(): Awaitable<void>
  exec(sql: string): Awaitable<void>
  all(sql: string, parameters: readonly unknown[]): Awaitable<readonly Row[]>
  /** The number of rows changed. */
  run(sql: string, parameters: readonly unknown[]): Awaitable<number>
  /** One row by its template. */
  write(write: EntryWrite): Awaitable<void>
  /** Every row of a batch, the fast way. Throws at the first that does not land. */
  writeAll(entries: readonly Entry[]): Awaitable<void>
  /** Between batches. */
  maintain(): Awaitable<void>
  /** A new connection after the old one was lost. False where there is none to be had; throws where this process may not write any more. */
  reconnect(): Awaitable<boolean>
  close(): Awaitable<void>
}

export function kindOf(definition: Definition, column: string): Kind {
  const columns: Table['columns'] = tables[definition.table].columns
  const found = columns[column]
  if (found === undefined) throw new PurserError('internal', `The table ${definition.table} has no column ${column}.`)
  return found.kind
}

/** Refuses a value that its column would take wrongly, a number in a column of text above all. */
export function checkValues({ definition, values }: EntryWrite, kinds: readonly Kind[]): void {
  for (let index = 0; index < kinds.length; index += 1) {
    if (fits(kinds[index]!, values[index] ?? null)) continue
    const column = `${definition.table}.${definition.columns[index]}`
    throw new PurserError(
      'internal',
      `${column} is of kind ${kinds[index]} and was given a ${typeof values[index]} that does not fit it.`,
      { code: 'binding' },
    )
  }
}
