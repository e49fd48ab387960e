/** How late this process's event loop runs: what every stream on it waits, whatever keeps the loop busy. */

import { monitorEventLoopDelay } from 'node:perf_hooks'

export type LoopDelay = {
  /** The 99th percentile of the last seconds, in milliseconds beyond what was due. */
  p99Ms(): number
  close(): void
}

const resolutionMs = 10
/** Two windows are looked at, the running one and the one before: the last 5 to 10 seconds. */
const windowMs = 5_000
const nanosecondsAMs = 1e6

export function watchLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
  const running = (): number => (histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / nanosecondsAMs - resolutionMs))
  let before = 0
  histogram.enable()
  const turn = setInterval(() => {
    before = running()
    histogram.reset()
  }, windowMs)
  turn.unref()
  return {
    p99Ms: () => Math.max(before, running()),
    close() {
      clearInterval(turn)
      histogram.disable()
    },
  }
}
