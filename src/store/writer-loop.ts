/** The writer's loop: intents in one transaction, settlements in the next, control batches in their own, over and over while anything waits. */

import type { PurserError } from '../core/errors.ts'
import { faultOf, storeError } from './faults.ts'
import { Fifo } from './fifo.ts'
import type { Gate } from './gate.ts'
import type { ControlBatch, SqlValue } from './store.ts'
import { runBatch, type Verdict } from './writer-batch.ts'
import { runControl } from './writer-control.ts'
import type { Entry, EntryWrite, WriterEngine } from './writer-engine.ts'
import { writeKeyUses } from './writer-key-uses.ts'
import { answer, ask, type Definition, type KeyUses, type Message, plainError } from './writer-messages.ts'

export type LoopOptions = {
  readonly engine: WriterEngine
  /** The `instances` row that counts up with every sync. */
  readonly instanceId: string
  readonly now: () => number
  readonly say: (answers: Message) => void
  readonly gate: Gate
  /** Messages that have come meanwhile, where a busy thread has to look for them itself. */
  readonly more?: () => Message | undefined
  /** Waits a moment between A's answer and B, so that more goes into one batch. */
  readonly nap?: () => void
}

export interface WriterLoop {
  hear(message: Message): void
  /** Waits until nothing is left, and closes the engine. */
  close(): Promise<void>
}

/** One batch takes at most this much of what waits. */
const limits = { entries: 1_000, bytes: 2 * 1024 * 1024 } as const
const napFromCalls = 8

type Control = { readonly batch: ControlBatch | KeyUses; readonly now: number }

export function createLoop(options: LoopOptions): WriterLoop {
  const { engine, say, gate, now } = options
  const definitions = new Map<number, Definition>()
  const intents = new Fifo<Entry>()
  const settlements = new Fifo<Entry>()
  const controls = new Fifo<Control>()
  /** Intents committed and not yet synced. */
  let unsynced = 0
  /** Calls between their intent and their settlement. */
  let inFlight = 0
  let working: Promise<void> | undefined
  let dead = false

  function read(message: Message): void {
    let index = 0
    const entry = (): Entry => {
      const bytes = message[index++] as number
      const writes: EntryWrite[] = []
      for (let left = message[index++] as number; left > 0; left -= 1) {
        const definition = definitions.get(message[index++] as number)!
        const from = index
        index += definition.columns.length
        writes.push({ definition, values: message.slice(from, index) as SqlValue[] })
      }
      return { writes, bytes }
    }
    while (index < message.length) {
      switch (message[index++]) {
        case ask.intend:
          intents.push(entry())
          break
        case ask.settle:
          settlements.push(entry())
          break
        case ask.control:
          controls.push({ batch: message[index++] as ControlBatch | KeyUses, now: message[index++] as number })
          break
        case ask.define: {
          const definition = message[index++] as Definition
          definitions.set(definition.id, definition)
        }
      }
    }
  }

  function readMore(): void {
    for (let message = options.more?.(); message !== undefined; message = options.more?.()) read(message)
  }

  async function work(): Promise<void> {
    for (readMore(); !dead && intents.size + settlements.size + controls.size + unsynced > 0; readMore()) {
      try {
        await turn()
      } catch (error) {
        die(error)
      }
    }
    // In the same breath as the last look at the queues, so that no message falls between.
    working = undefined
  }

  async function turn(): Promise<void> {
    let batches = 0
    const begun = take(intents)
    if (begun.length > 0) {
      await gate(() => intend(begun))
      batches += 1
      if (options.nap && inFlight >= napFromCalls) options.nap()
      readMore()
    }
    const ended = take(settlements)
    if (ended.length + unsynced > 0) {
      await gate(() => settle(ended))
      batches += 1
    }
    const control = controls.shift()
    if (control) await gate(() => runControlBatch(control))
    await gate(maintain)
    if (batches > 0) say([answer.batches, batches, null])
  }

  /** A: committed to the log, not yet synced. */
  async function intend(entries: Entry[]): Promise<void> {
    try {
      const verdicts = await runBatch(engine, { durability: 'log', entries, parks: false, now: now() })
      const landed = entries.filter((_entry, index) => verdicts[index] === undefined)
      unsynced += landed.length
      inFlight += landed.filter((entry) => !endsAnother(entry)).length
      say(runsOf(verdicts))
    } catch (error) {
      passOn(error, [answer.refused, entries.length])
    }
  }

  /** B: synced, and with it all that A committed. */
  async function settle(entries: Entry[]): Promise<void> {
    const covered = unsynced
    unsynced = 0
    inFlight = Math.max(0, inFlight - entries.length)
    try {
      const batch = { durability: 'disk', entries, tick: options.instanceId, parks: true, now: now() } as const
      const verdicts = await runBatch(engine, batch)
      const parked = verdicts.filter((verdict) => verdict !== undefined).length
      say([answer.durable, covered, null, answer.settled, entries.length, null, answer.parked, parked, null])
    } catch (error) {
      passOn(error, [answer.notDurable, covered], [answer.notSettled, entries.length])
    }
  }

  async function runControlBatch({ batch, now: at }: Control): Promise<void> {
    try {
      const result = 'keyUses' in batch ? await writeKeyUses(engine, batch.keyUses) : await runControl(engine, batch, at)
      say([answer.controlled, 1, result])
    } catch (error) {
      passOn(error, [answer.notControlled, 1])
    }
  }

  /** What is answered stands in the log, so a checkpoint that finds no room or no turn may wait. */
  async function maintain(): Promise<void> {
    try {
      await engine.maintain()
    } catch (error) {
      if (isFatal(storeError(error))) throw error
    }
  }

  /** Tells the callers of one batch. Where the disk itself failed, nothing more can be trusted, and everybody is told. */
  function passOn(thrown: unknown, ...callers: readonly (readonly [number, number])[]): void {
    const error = storeError(thrown)
    if (isFatal(error)) throw error
    say(callers.flatMap(([kind, count]) => [kind, count, plainError(error)]))
  }

  function die(thrown: unknown): void {
    const error = storeError(thrown)
    dead = true
    say([answer.fatal, exitCodeOf(error), plainError(error)])
  }

  function hear(message: Message): void {
    if (dead) return
    read(message)
    working ??= Promise.resolve().then(work)
  }

  return {
    hear,
    async close() {
      hear([])
      await working
      if (!dead) await gate(() => signOff(engine, options.instanceId, now()))
      await engine.close()
    },
  }
}

/** Says on the instance's row that it ended well. What can not be said stays unsaid: then the next start looks for orphans, and finds none. */
async function signOff(engine: WriterEngine, instanceId: string, now: number): Promise<void> {
  try {
    await engine.begin('disk')
    await engine.run(`UPDATE instances SET stopped_at = ${engine.mark(1)}, seen_at = ${engine.mark(2)} WHERE id = ${engine.mark(3)}`, [
      now,
      now,
      instanceId,
    ])
    await engine.commit()
  } catch {
    if (engine.inTransaction()) await engine.rollback()
  }
}

function isFatal(error: PurserError): boolean {
  return error.code === 'lock_lost' || ['io', 'corrupt'].includes(faultOf(error))
}

/** 74 for a disk that failed, 75 where another process holds the database, 70 for a fault of our own. */
function exitCodeOf(error: PurserError): number {
  if (error.code === 'lock_lost') return 75
  return isFatal(error) ? 74 : 70
}

/** An intent that also ends the attempt before it leaves as many calls in flight as there were. */
function endsAnother(entry: Entry): boolean {
  return entry.writes.some(({ definition }) => definition.table === 'settlements')
}

function take(queue: Fifo<Entry>): Entry[] {
  const taken: Entry[] = []
  let bytes = 0
  for (let entry = queue.peek(); entry && taken.length < limits.entries && bytes < limits.bytes; entry = queue.peek()) {
    taken.push(entry)
    bytes += entry.bytes
    queue.shift()
  }
  return taken
}

/** Verdicts as answers: a count for each stretch that landed, one answer for each entry that did not. */
function runsOf(verdicts: readonly Verdict[]): Message {
  const answers: Message = []
  let landed = 0
  for (const verdict of verdicts) {
    if (verdict === undefined) {
      landed += 1
      continue
    }
    if (landed > 0) answers.push(answer.committed, landed, null)
    landed = 0
    answers.push(answer.refused, 1, plainError(verdict))
  }
  if (landed > 0) answers.push(answer.committed, landed, null)
  return answers
}
