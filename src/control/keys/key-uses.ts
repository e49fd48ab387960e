/** When keys were last used, by the hour. Uses are collected in memory and written now and then: no call waits for it, and it is no change of the configuration. */

import type { Timers } from '../../core/ports.ts'
import type { KeyUse, Writer } from '../../store/store.ts'

export interface KeyUses {
  /** Costs a look into a map, but for the first use of a key in an hour. */
  used(keyId: string, now: number): void
  /** Writes what is collected, and collects no more. */
  close(): Promise<void>
}

const hourMs = 3_600_000
const everyMs = 60_000

export function collectKeyUses(writer: Pick<Writer, 'noteKeyUses'>, timers: Timers): KeyUses {
  const newest = new Map<string, number>()
  let waiting = new Map<string, number>()
  let cancel = timers.after(everyMs, turn)

  async function write(): Promise<void> {
    if (waiting.size === 0) return
    const uses = [...waiting].map(([keyId, at]): KeyUse => ({ keyId, at }))
    waiting = new Map()
    try {
      await writer.noteKeyUses(uses)
    } catch {
      // Told again with the next use of the hour after; a call never fails for it.
      for (const { keyId } of uses) newest.delete(keyId)
    }
  }

  function turn(): void {
    void write()
    cancel = timers.after(everyMs, turn)
  }

  return {
    used(keyId, now) {
      const hour = now - (now % hourMs)
      if ((newest.get(keyId) ?? -1) >= hour) return
      newest.set(keyId, hour)
      waiting.set(keyId, hour)
    },
    close() {
      cancel()
      return write()
    },
  }
}
