/** One coarse clock hand for every deadline in flight: setting, moving and clearing an alarm costs a few pointer writes, and no timer. */

import type { Clock, Timers } from '../core/ports.ts'

/** Something with a deadline. The three fields belong to the wheel. */
export interface Alarm {
  due: number
  next: Alarm | null
  previous: Alarm | null
  /** Called once, no earlier than `due`, and at most two ticks later. `now` is monotonic milliseconds. */
  ring(now: number): void
}

const slotCount = 512

/** Alarms stand in the slot of their due tick; those due a whole turn later stay for the next visit. It stands still while nothing is set. */
export class Wheel {
  readonly tickMs: number
  /** Monotonic milliseconds at the last tick: good enough to note when something last moved. */
  now: number
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #slots: readonly Alarm[] = Array.from({ length: slotCount }, ring)
  readonly #firing = ring()
  #visited = 0
  #count = 0
  #turning = false

  constructor(clock: Clock, timers: Timers, tickMs = 50) {
    this.#clock = clock
    this.#timers = timers
    this.tickMs = tickMs
    this.now = clock.monotonic()
  }

  /** Sets the alarm, or moves it when it is set already. `due` is monotonic milliseconds. */
  set(alarm: Alarm, due: number): void {
    if (alarm.next !== null) this.#unlink(alarm)
    if (!this.#turning) this.#start()
    alarm.due = due
    const slot = Math.max(Math.ceil(due / this.tickMs), this.#visited + 1)
    link(this.#slots[slot % slotCount]!, alarm)
    this.#count += 1
  }

  clear(alarm: Alarm): void {
    if (alarm.next !== null) this.#unlink(alarm)
  }

  /** Reads the clock itself: for the start of a phase, where a tick would be too coarse. */
  exactly(): number {
    return this.#clock.monotonic()
  }

  #start(): void {
    this.now = this.#clock.monotonic()
    this.#visited = Math.floor(this.now / this.tickMs)
    this.#turning = true
    this.#timers.after(this.tickMs, this.#tick)
  }

  readonly #tick = (): void => {
    this.now = this.#clock.monotonic()
    const reached = Math.floor(this.now / this.tickMs)
    for (let slot = Math.max(this.#visited + 1, reached - slotCount + 1); slot <= reached; slot += 1)
      this.#collect(this.#slots[slot % slotCount]!)
    this.#visited = Math.max(this.#visited, reached)
    for (let alarm = this.#firing.next!; alarm !== this.#firing; alarm = this.#firing.next!) {
      this.#unlink(alarm)
      alarm.ring(this.now)
    }
    this.#turning = this.#count > 0
    if (this.#turning) this.#timers.after(this.tickMs, this.#tick)
  }

  #collect(slot: Alarm): void {
    for (let alarm = slot.next!; alarm !== slot; ) {
      const following = alarm.next!
      if (alarm.due <= this.now) {
        cut(alarm)
        link(this.#firing, alarm)
      }
      alarm = following
    }
  }

  #unlink(alarm: Alarm): void {
    cut(alarm)
    this.#count -= 1
  }
}

/** An empty list: a link that leads to itself and never rings. */
function ring(): Alarm {
  const head: Alarm = { due: 0, next: null, previous: null, ring() {} }
  head.next = head
  head.previous = head
  return head
}

function link(head: Alarm, alarm: Alarm): void {
  alarm.previous = head.previous
  alarm.next = head
  head.previous!.next = alarm
  head.previous = alarm
}

function cut(alarm: Alarm): void {
  alarm.previous!.next = alarm.next
  alarm.next!.previous = alarm.previous
  alarm.next = null
  alarm.previous = null
}
