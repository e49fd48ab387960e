/** A clock that moves only when the test says so, and the helpers that wait for the network without waiting for time. */

import type { Clock, Timers, Upstream, UpstreamFailure, UpstreamHandle, UpstreamRequest } from '../../src/core/ports.ts'

export type HandClock = Clock & Timers & { advance(ms: number): void; readonly armed: number }

export function handClock(): HandClock {
  let time = 0
  const timers = new Set<{ readonly due: number; readonly run: () => void }>()
  return {
    now: () => 1_767_225_600_000 + time,
    monotonic: () => time,
    after(ms, run) {
      const timer = { due: time + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        const next = [...timers].sort((a, b) => a.due - b.due)[0]
        if (next === undefined || next.due > end) break
        timers.delete(next)
        time = Math.max(time, next.due)
        next.run()
      }
      time = end
    },
    get armed() {
      return timers.size
    },
  }
}

/** Lets the event loop turn until something holds. Fails, rather than hangs, after very many turns. */
export async function until(holds: () => boolean, what = 'the condition'): Promise<void> {
  for (let turn = 0; turn < 200_000; turn += 1) {
    if (holds()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`Waited too long for ${what}.`)
}

/** Lets the event loop turn so many times. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

export type Heard = {
  status: number | undefined
  headers: Readonly<Record<string, string>>
  body: string
  bytes: number
  failure: UpstreamFailure | undefined
  endings: number
  over: boolean
}

/** Sends a request and keeps what the sink hears. `reads` may hold back or act on each chunk. */
export function listen(
  upstream: Upstream,
  request: UpstreamRequest,
  reads: (heard: Heard, handle: () => UpstreamHandle) => boolean = () => true,
) {
  const heard: Heard = { status: undefined, headers: {}, body: '', bytes: 0, failure: undefined, endings: 0, over: false }
  const decoder = new TextDecoder()
  const handle: UpstreamHandle = upstream.send(request, {
    onHead(status, headers) {
      heard.status = status
      heard.headers = headers
    },
    onData(chunk) {
      heard.bytes += chunk.length
      if (heard.bytes < 1_000_000) heard.body += decoder.decode(chunk, { stream: true })
      return reads(heard, () => handle)
    },
    onEnd() {
      heard.endings += 1
      heard.over = true
    },
    onFailure(failure) {
      heard.endings += 1
      heard.over = true
      heard.failure = failure
    },
  })
  return { heard, handle, over: () => until(() => heard.over, 'the answer') }
}
