/** One request on its way to a provider: what undici tells it, what its deadlines tell it, and the one ending that the sink hears. */

import type { Dispatcher, Pool } from 'undici'
import type { UpstreamHandle, UpstreamRequest, UpstreamSink } from '../core/ports.ts'
import type { Headers } from '../core/wire.ts'
import { pathUnder, type Target } from './destination.ts'
import { type Reason, reasonOf, sentences, Unsent } from './failures.ts'
import { limits } from './limits.ts'
import type { Alarm, Wheel } from './wheel.ts'

/** The way to one origin for one connection row: its pool, and who uses it. */
export type Channel = {
  readonly target: Target
  readonly pool: Pool
  readonly wheel: Wheel
  readonly caps: { readonly connections: number; readonly waiting: number }
  readonly waiting: Set<Sending>
  /** The longest connect timeout asked for so far: how long an attempt at a new socket may last. */
  readonly connecting: { limitMs: number }
  active: number
  destroy(): Promise<void>
}

/** Names that only this house may set: they decide framing, identity and encoding. */
const ours: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

type Phase = 'waiting' | 'connecting' | 'sent' | 'answering' | 'over'

/** At once the handle that the gateway holds, the handler that undici calls, and the alarm that the wheel rings: one object a call. */
export class Sending implements UpstreamHandle, Alarm, Dispatcher.DispatchHandler {
  due = 0
  next: Alarm | null = null
  previous: Alarm | null = null

  readonly #channel: Channel
  readonly #request: UpstreamRequest
  readonly #sink: UpstreamSink
  readonly #path: string | undefined
  readonly #headers: string[] | undefined
  readonly #began: number
  #phase: Phase = 'waiting'
  /** Start of the phase; while answering, the last time anything came. */
  #since: number
  #controller: Dispatcher.DispatchController | null = null
  #informational = 0
  #paused = false

  constructor(channel: Channel, request: UpstreamRequest, sink: UpstreamSink) {
    this.#channel = channel
    this.#request = request
    this.#sink = sink
    this.#path = pathUnder(channel.target, request.path)
    this.#headers = headersOf(request.headers)
    this.#began = channel.wheel.exactly()
    this.#since = this.#began
  }

  /** Takes a connection, or a place in the queue, or fails. Nothing is heard of it before `send` has returned. */
  begin(): void {
    const { caps, waiting, active, wheel } = this.#channel
    const bad =
      this.#path === undefined ? 'The path leaves the base URL.' : this.#headers === undefined ? 'A header cannot be sent.' : undefined
    if (bad !== undefined) this.#failSoon('policy', new Error(bad))
    else if (active < caps.connections) this.#dispatch()
    else if (waiting.size >= caps.waiting) this.#failSoon('overloaded')
    else {
      waiting.add(this)
      wheel.set(this, this.#limit(this.#began))
    }
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#since = this.#channel.wheel.now
    // Not within another connection's parser, which cannot be entered twice.
    queueMicrotask(() => {
      if (!this.#paused && this.#phase !== 'over') this.#controller?.resume()
    })
  }

  abort(): void {
    this.#fail('aborted')
  }

  ring(now: number): void {
    const end = this.#began + this.#request.timeouts.total
    const limit = this.#limit(now)
    if (now >= end && this.#phase !== 'waiting') this.#fail('total_timeout')
    else if (now >= limit) this.#fail(overdue[this.#phase])
    else this.#channel.wheel.set(this, Math.min(limit, end))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#phase === 'over') {
      controller.abort(new Error('Given up before it was sent.'))
      return
    }
    this.#controller = controller
    this.#enter('sent')
  }

  onRequestSent(): void {
    if (this.#phase === 'sent') this.#enter('sent')
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (this.#phase === 'over') return
    if (status < 200) {
      this.#informational += 1
      if (this.#informational > limits.informational) this.#fail('malformed', new Error('Too many informational answers.'))
      return
    }
    const fault = faultOf(controller.rawHeaders, headers['content-encoding'])
    if (fault !== undefined) {
      this.#fail('malformed', new Error(fault))
      return
    }
    this.#enter('answering')
    this.#sink.onHead(status, flatten(headers))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // After a pause undici may hand over nothing at all.
    if (this.#phase === 'over' || chunk.length === 0) return
    this.#since = this.#channel.wheel.now
    if (this.#sink.onData(chunk) || this.#phaseNow() === 'over') return
    this.#paused = true
    controller.pause()
  }

  onResponseEnd(): void {
    if (this.#phase === 'over') return
    this.#finish()
    this.#sink.onEnd()
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#controller === null) this.#failSoon(reasonOf(error), error)
    else this.#fail(reasonOf(error), error)
  }

  #dispatch(): void {
    const { pool, connecting } = this.#channel
    const { method, body, timeouts } = this.#request
    this.#channel.active += 1
    if (timeouts.connect > connecting.limitMs) connecting.limitMs = timeouts.connect
    this.#enter('connecting')
    pool.dispatch({ method, path: this.#path!, headers: this.#headers!, body, idempotent: false }, this)
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#since = this.#channel.wheel.exactly()
    this.#channel.wheel.set(this, Math.min(this.#limit(this.#since), this.#began + this.#request.timeouts.total))
  }

  /** When the present phase is overdue. While paused it is looked at again later. */
  #limit(now: number): number {
    const { timeouts } = this.#request
    if (this.#phase === 'waiting') return this.#began + Math.min(limits.waitMs, timeouts.total)
    if (this.#phase === 'connecting') return this.#since + timeouts.connect
    if (this.#phase === 'sent') return this.#since + timeouts.firstByte
    return (this.#paused ? now : this.#since + this.#channel.wheel.tickMs) + timeouts.idle
  }

  /** Ends the request towards undici, the wheel and the queue. Whoever waits goes next. */
  #finish(): void {
    const channel = this.#channel
    channel.wheel.clear(this)
    const holdsConnection = this.#phase !== 'waiting'
    this.#phase = 'over'
    channel.waiting.delete(this)
    if (!holdsConnection) return
    channel.active -= 1
    for (const next of channel.waiting) {
      channel.waiting.delete(next)
      next.#dispatch()
      break
    }
  }

  #fail(reason: Reason, cause?: unknown): void {
    if (this.#phase === 'over') return
    const controller = this.#controller
    this.#finish()
    controller?.abort(new Error('Given up.'))
    const { origin } = this.#channel.target
    const message = cause instanceof Unsent ? cause.message : sentences[reason](origin)
    this.#sink.onFailure({ reason, sent: controller !== null, message, cause: cause instanceof Unsent ? cause.cause : cause })
  }

  #failSoon(reason: Reason, cause?: unknown): void {
    queueMicrotask(() => this.#fail(reason, cause))
  }

  #phaseNow(): Phase {
    return this.#phase
  }
}

const overdue: Readonly<Record<Phase, Reason>> = {
  waiting: 'overloaded',
  connecting: 'connect',
  sent: 'first_byte_timeout',
  answering: 'idle_timeout',
  over: 'aborted',
}

const unsendable = /[^\t\x20-\x7e\x80-\xff]/
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/

/** Names and values in turn, as undici takes them without another look; undefined where one cannot stand in a header. */
function headersOf(headers: Headers): string[] | undefined {
  const lines = ['accept-encoding', 'identity']
  for (const name in headers) {
    if (ours.has(name)) continue
    const value = headers[name]!
    if (!token.test(name) || unsendable.test(value)) return undefined
    lines.push(name, value)
  }
  return lines
}

function faultOf(lines: unknown, encoding: string | string[] | undefined): string | undefined {
  if (Array.isArray(lines) && lines.length > limits.headerLines * 2) return 'Too many header lines.'
  if (encoding !== undefined && encoding !== 'identity') return 'The answer is compressed, although "identity" was asked for.'
  return undefined
}

/** Repeated headers joined. The usual case has none, and passes as it is. */
function flatten(headers: Record<string, string | string[] | undefined>): Headers {
  for (const name in headers) if (Array.isArray(headers[name])) headers[name] = headers[name].join(', ')
  return headers as Record<string, string>
}
