/** The way to the caller: closed until the intent is durable, then open, with back-pressure and a watch on callers who stop reading. */

import type { Exchange, Timers } from '../core/ports.ts'

/** Bytes that may wait behind the closed gate or a slow caller before the upstream is asked to pause. */
const bufferedLimit = 256 * 1024
const writeProgressMs = 30_000

export interface Outlet {
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** False when the upstream should pause until the drain. */
  write(bytes: Uint8Array): boolean
  /** From here on bytes go straight through. */
  open(): void
  /** Closed again for the next attempt. What the last one left behind, nobody is to see. */
  shut(): void
  /** The last bytes and a clean end. */
  finish(last?: Uint8Array): void
  /** The last bytes and a broken connection: the caller sees that this is no clean end. */
  break(last?: Uint8Array): void
}

export type OutletEvents = { onDrain(): void; onStalled(): void }

export function createOutlet(exchange: Exchange, timers: Timers, events: OutletEvents): Outlet {
  let isOpen = false
  let held: Uint8Array[] = []
  let heldBytes = 0
  let heldHead: { status: number; headers: Readonly<Record<string, string>> } | undefined
  let cancelWatch: (() => void) | undefined

  const unwatch = (): void => {
    cancelWatch?.()
    cancelWatch = undefined
  }
  const send = (bytes: Uint8Array): boolean => {
    if (exchange.write(bytes)) return true
    cancelWatch ??= timers.after(writeProgressMs, events.onStalled)
    return false
  }
  const flush = (): boolean => {
    if (heldHead) exchange.head(heldHead.status, heldHead.headers)
    heldHead = undefined
    let flowing = true
    for (const bytes of held) flowing = send(bytes) && flowing
    held = []
    heldBytes = 0
    return flowing
  }
  exchange.onDrain(() => {
    unwatch()
    events.onDrain()
  })

  return {
    head(status, headers) {
      if (isOpen) exchange.head(status, headers)
      else heldHead = { status, headers }
    },
    write(bytes) {
      if (isOpen) return send(bytes)
      held.push(bytes)
      heldBytes += bytes.length
      return heldBytes < bufferedLimit
    },
    open() {
      if (isOpen) return
      isOpen = true
      if (flush()) events.onDrain()
    },
    shut() {
      isOpen = false
      held = []
      heldBytes = 0
      heldHead = undefined
    },
    finish(last) {
      isOpen = true
      flush()
      unwatch()
      exchange.end(last)
    },
    break(last) {
      isOpen = true
      flush()
      unwatch()
      exchange.destroy(last)
    },
  }
}
