/** The writer's loop in this thread: for a database in memory, for Postgres, for tests. */

import type { Clock } from '../core/ports.ts'
import type { Gate } from './gate.ts'
import type { WriterLink } from './writer.ts'
import type { WriterEngine } from './writer-engine.ts'
import { createLoop } from './writer-loop.ts'
import type { Message } from './writer-messages.ts'

export type InlineOptions = { readonly engine: WriterEngine; readonly instanceId: string; readonly clock: Clock; readonly gate: Gate }

export function inlineLink(options: InlineOptions): (hear: (answers: Message) => void) => WriterLink {
  const { engine, instanceId, clock, gate } = options
  return (hear) => {
    const loop = createLoop({ engine, instanceId, gate, now: () => clock.now(), say: hear })
    return { send: (message) => loop.hear(message), close: () => loop.close() }
  }
}
