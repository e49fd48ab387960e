/** The machine's own clock, timers and randomness, as the ports have them. */

import { randomBytes } from 'node:crypto'
import type { Clock, Random, Timers } from './ports.ts'

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** A waiting timer does not keep the process alive. */
export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) }
