/** Looks now and then whether another process has changed the control tables, so that what it did (a key revoked, say) counts here too. */

import type { Timers } from '../core/ports.ts'

export type Watched = {
  /** The revision that the database is at. */
  revision(): Promise<bigint>
  /** The one that this process answers from. */
  current(): bigint
  refresh(): Promise<void>
  readonly timers: Timers
  /** A look that failed. The next one is made all the same. */
  onFailure(error: unknown): void
}

/** A tenth of the half minute within which a revoked key stops everywhere. */
export const watchEveryMs = 3_000

/** Begins to watch. What it answers with ends that, once a look that is under way is over. */
export function watchRevision(watched: Watched): () => Promise<void> {
  let isOver = false
  let looking = Promise.resolve()
  let cancel = watched.timers.after(watchEveryMs, turn)

  async function look(): Promise<void> {
    try {
      if ((await watched.revision()) !== watched.current()) await watched.refresh()
    } catch (error) {
      if (!isOver) watched.onFailure(error)
    }
    if (!isOver) cancel = watched.timers.after(watchEveryMs, turn)
  }

  function turn(): void {
    looking = look()
  }

  return () => {
    isOver = true
    cancel()
    return looking
  }
}
