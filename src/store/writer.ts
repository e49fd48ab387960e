/** The writer's face: takes rows with their callbacks, sends them in one array a tick, and matches the answers by order alone. */

import { PurserError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { Fifo } from './fifo.ts'
import type { TableName } from './schema.ts'
import type { ControlBatch, ControlResult, Done, Template, Write, Writer } from './store.ts'
import { answer, ask, type Definition, errorOf, type KeyUses, type Message } from './writer-messages.ts'

/** The way to a loop: in this thread, in a worker, or to Postgres. */
export interface WriterLink {
  send(message: Message): void
  /** Ends the loop once it has answered everything. */
  close(): Promise<void>
}

export type OnFatal = (error: PurserError, exitCode: number) => void

export type WriterOptions = {
  readonly clock: Clock
  /** Opens the way to the loop, which calls `hear` with its answers. */
  readonly link: (hear: (answers: Message) => void) => WriterLink
  /** Runs once, when writing has ended for good. */
  readonly onFatal?: OnFatal | undefined
  /** Unresolved rows of `parked` found at the start. */
  readonly parked?: number
  /** When a tick ends. */
  readonly schedule?: (run: () => void) => void
}

export interface ClosableWriter extends Writer {
  close(): Promise<void>
}

const limits = { entries: 10_000, bytes: 64 * 1024 * 1024, syncLagMs: 1_000 } as const

type Intent = { readonly committed: Done; readonly durable: Done; readonly bytes: number; committedAt: number }
type Settlement = { readonly done: Done; readonly bytes: number }
type Control = { resolve(result: ControlResult | null): void; reject(error: Error): void }

export function createWriter(options: WriterOptions): ClosableWriter {
  const { clock, schedule = setImmediate } = options
  const definitions = new Map<string, Definition>()
  const intents = new Fifo<Intent>()
  const unsynced = new Fifo<Intent>()
  const settlements = new Fifo<Settlement>()
  const controls = new Fifo<Control>()
  let outgoing: Message = []
  let scheduled = false
  let bytes = 0
  let batches = 0
  let parked = options.parked ?? 0
  let dead: PurserError | undefined
  let closing: Promise<void> | undefined
  let idle: (() => void) | undefined

  const link = options.link(hear)

  function define(verb: Definition['verb'], table: TableName, columns: readonly string[], fixed: Definition['fixed']): Template {
    const shape = JSON.stringify([verb, table, columns, Object.entries(fixed)], (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    )
    const known = definitions.get(shape)
    if (known) return known
    const definition = { id: definitions.size, verb, table, columns, fixed }
    definitions.set(shape, definition)
    send(ask.define, definition)
    return definition
  }

  function send(...parts: Message): void {
    for (const part of parts) outgoing.push(part)
    if (scheduled) return
    scheduled = true
    schedule(flush)
  }

  function flush(): void {
    scheduled = false
    const message = outgoing
    outgoing = []
    if (dead === undefined && message.length > 0) link.send(message)
  }

  /** Puts an entry into this tick's array and says how large it is. */
  function sendEntry(kind: number, writes: readonly Write[]): number {
    const size = sizeOf(writes)
    send(kind, size, writes.length)
    for (const { template, values } of writes) {
      outgoing.push(template.id)
      for (const value of values) outgoing.push(value)
    }
    bytes += size
    return size
  }

  function sendControl(batch: ControlBatch | KeyUses): Promise<ControlResult | null> {
    return new Promise((resolve, reject) => {
      const reason = whyStopped()
      if (reason) return reject(reason)
      controls.push({ resolve, reject })
      send(ask.control, batch, clock.now())
    })
  }

  function whyNotAdmitted(): PurserError | undefined {
    const stopped = whyStopped()
    if (stopped) return stopped
    if (intents.size + settlements.size >= limits.entries || bytes >= limits.bytes) return behind('The ledger has a full queue')
    if (syncLagMs() > limits.syncLagMs) return behind('The disk is slow to confirm what the ledger wrote')
    return undefined
  }

  function whyStopped(): PurserError | undefined {
    if (dead) return dead
    return closing ? new PurserError('unavailable', 'The store is closing and takes nothing more.', { code: 'store_down' }) : undefined
  }

  function syncLagMs(): number {
    const oldest = unsynced.peek()
    return oldest === undefined ? 0 : clock.monotonic() - oldest.committedAt
  }

  function hear(answers: Message): void {
    for (let index = 0; index < answers.length; index += 3)
      heard[answers[index] as number]?.(answers[index + 1] as number, answers[index + 2])
    if (idle && intents.size + unsynced.size + settlements.size + controls.size === 0) idle()
  }

  const heard: Record<number, (count: number, payload: unknown) => void> = {
    [answer.committed]: (count) => {
      const committedAt = clock.monotonic()
      each(intents, count, (intent) => {
        bytes -= intent.bytes
        intent.committedAt = committedAt
        unsynced.push(intent)
        intent.committed()
      })
    },
    [answer.refused]: (count, plain) =>
      each(intents, count, (intent) => {
        bytes -= intent.bytes
        refuse(intent, errorOf(plain))
      }),
    [answer.durable]: (count) => each(unsynced, count, (intent) => intent.durable()),
    [answer.notDurable]: (count, plain) => each(unsynced, count, (intent) => intent.durable(errorOf(plain))),
    [answer.settled]: (count) =>
      each(settlements, count, (settlement) => {
        bytes -= settlement.bytes
        settlement.done()
      }),
    [answer.notSettled]: (count, plain) =>
      each(settlements, count, (settlement) => {
        bytes -= settlement.bytes
        settlement.done(errorOf(plain))
      }),
    [answer.controlled]: (_count, result) => controls.shift()?.resolve(result as ControlResult | null),
    [answer.notControlled]: (_count, plain) => controls.shift()?.reject(errorOf(plain)),
    [answer.parked]: (count) => {
      parked += count
    },
    [answer.batches]: (count) => {
      batches += count
    },
    [answer.fatal]: (exitCode, plain) => die(errorOf(plain), exitCode),
  }

  function die(error: PurserError, exitCode: number): void {
    if (dead) return
    dead = error
    each(intents, intents.size, (intent) => refuse(intent, error))
    each(unsynced, unsynced.size, (intent) => intent.durable(error))
    each(settlements, settlements.size, (settlement) => settlement.done(error))
    each(controls, controls.size, (control) => control.reject(error))
    options.onFatal?.(error, exitCode)
  }

  return {
    insertTemplate: (table, columns, fixed = {}) => define('insert', table, columns, fixed),
    deleteTemplate: (table, keyColumn) => define('delete', table, [keyColumn], {}),
    intend(writes, committed, durable) {
      const reason = whyNotAdmitted() ?? whyMisshapen(writes)
      const intent = { committed, durable, bytes: 0, committedAt: 0 }
      if (reason) return void queueMicrotask(() => refuse(intent, reason))
      intents.push({ ...intent, bytes: sendEntry(ask.intend, writes) })
    },
    settle(writes, done) {
      const reason = whyStopped() ?? whyMisshapen(writes)
      if (reason) return void queueMicrotask(() => done(reason))
      settlements.push({ done, bytes: sendEntry(ask.settle, writes) })
    },
    control: (batch) => sendControl(batch) as Promise<ControlResult>,
    noteKeyUses: async (uses) => void (await sendControl({ keyUses: uses })),
    status: () => ({ queued: intents.size + settlements.size + controls.size, syncLagMs: syncLagMs(), batches, parked }),
    close() {
      closing ??= new Promise<void>((resolve) => {
        idle = resolve
        flush()
        hear([])
        if (dead) resolve()
      }).then(() => link.close())
      return closing
    },
  }
}

/** Both callbacks of an intent hear of a refusal, so that whoever waits for the later one waits no longer. */
function refuse(intent: Intent, error: PurserError): void {
  intent.committed(error)
  intent.durable(error)
}

function whyMisshapen(writes: readonly Write[]): PurserError | undefined {
  const wrong = writes.find(({ template, values }) => values.length !== template.columns.length)
  if (wrong === undefined) return undefined
  const { template, values } = wrong
  return new PurserError('internal', `A row of ${template.table} has ${values.length} values for ${template.columns.length} columns.`)
}

function behind(reason: string): PurserError {
  return new PurserError('unavailable', `${reason}. No new call is taken until it has caught up.`, { code: 'ledger_behind', retryAfter: 1 })
}

/** Each of the next entries. One callback that throws does not keep the others from being heard; the process hears of it as uncaught. */
function each<T>(queue: Fifo<T>, count: number, visit: (item: T) => void): void {
  for (let left = count; left > 0; left -= 1) {
    const item = queue.shift()
    if (item === undefined) return
    try {
      visit(item)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}

/** About what an entry weighs in memory. */
function sizeOf(writes: readonly Write[]): number {
  let size = 64
  for (const { values } of writes) {
    for (const value of values) size += typeof value === 'string' ? value.length + 16 : 16
  }
  return size
}
