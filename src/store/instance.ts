/** The row by which a serving process is known: who it is, since when, and whether the one before it ended well. */

import type { Clock } from '../core/ports.ts'
import type { Executor } from './engine.ts'
import { bootId } from './lock.ts'

export type Instance = {
  readonly id: string
  readonly name: string
  /** One more than that of the instance before. */
  readonly epoch: bigint
  readonly bootId: string
  readonly previous: PreviousInstance | null
}

/** `clean` is false where it never said goodbye; `sameBoot` where the machine has not started anew since. */
export type PreviousInstance = {
  readonly id: string
  readonly epoch: bigint
  readonly seenAt: number
  readonly clean: boolean
  readonly sameBoot: boolean
}

/** Writes the row of this process. The lock is held, so no other can take the same epoch. */
export async function register(executor: Executor, id: string, name: string, clock: Clock): Promise<Instance> {
  const now = clock.now()
  const boot = bootId()
  return executor.transaction(async () => {
    const [last] = await executor.all('SELECT id, epoch, boot_id, seen_at, stopped_at FROM instances ORDER BY epoch DESC LIMIT 1')
    const epoch = last === undefined ? 1n : BigInt(last.epoch as bigint) + 1n
    await executor.all(
      'INSERT INTO instances (id, name, epoch, boot_id, pid, ticks, started_at, seen_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?)',
      [id, name, epoch, boot, process.pid, now, now],
    )
    const previous =
      last === undefined
        ? null
        : {
            id: last.id as string,
            epoch: epoch - 1n,
            seenAt: Number(last.seen_at),
            clean: last.stopped_at !== null,
            sameBoot: last.boot_id === boot && boot !== '',
          }
    return { id, name, epoch, bootId: boot, previous }
  })
}

/** Rows that an operator has to look at. */
export async function parkedCount(executor: Executor): Promise<number> {
  const [row] = await executor.all('SELECT count(*) AS waiting FROM parked WHERE resolved_at IS NULL')
  return Number(row?.waiting)
}
