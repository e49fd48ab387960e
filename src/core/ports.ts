/** What the outside world looks like from inside. The adapters stand at the rim, so a test passes its own clock, network and caller. */

import type { Headers, WireRequest } from './wire.ts'

export interface Clock {
  /** Wall time in epoch milliseconds. */
  now(): number
  /** Monotonic milliseconds with fractions: the only source of durations. */
  monotonic(): number
}

export interface Timers {
  /** Calls back once, no earlier than `ms` from now; the returned function cancels it. */
  after(ms: number, run: () => void): () => void
}

export interface Random {
  bytes(count: number): Uint8Array
}

/** The caller of one request: what came in, and where the answer goes. */
export interface Exchange {
  readonly request: WireRequest
  /** Sends status and headers. Once only, before any write. */
  head(status: number, headers: Headers): void
  /** False when the caller reads slower than we write: wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  end(bytes?: Uint8Array): void
  /** Sends what is given, then breaks the connection, so that the caller sees no clean end. */
  destroy(last?: Uint8Array): void
  onDrain(run: () => void): void
  /** Runs once when the caller has gone before `end` was called. */
  onAbort(run: () => void): void
}

/** Where an upstream stands, as far as egress must know it. */
export type Destination = {
  /** The provider's base URL, already checked as a URL. The final URL starts with it. */
  readonly baseUrl: string
  readonly network: 'public' | 'loopback' | 'private'
  /** Allowed ranges where `network` is `private`. */
  readonly cidrs: readonly string[]
  /** Pools are kept by connection row. */
  readonly poolKey: string
}

export type UpstreamRequest = {
  readonly destination: Destination
  readonly method: string
  /** Path and query, to be appended to the base URL's own path. Starts with a slash. */
  readonly path: string
  readonly headers: Headers
  readonly body: Uint8Array | null
  readonly timeouts: Timeouts
  /** `scheme://host:port` of the only place that may see a secret in these headers. Null, or nothing, where there is none. */
  readonly boundTo?: string | null
}

/** Milliseconds. `firstByte` counts from the moment the request was sent. */
export type Timeouts = { readonly connect: number; readonly firstByte: number; readonly idle: number; readonly total: number }

/** Why an exchange with an upstream ended early. `sent` is false only with proof that no request byte left. */
export type UpstreamFailure = {
  readonly reason:
    | 'policy'
    | 'dns'
    | 'connect'
    | 'tls'
    | 'overloaded'
    | 'reset'
    | 'malformed'
    | 'first_byte_timeout'
    | 'idle_timeout'
    | 'total_timeout'
    | 'aborted'
  readonly sent: boolean
  /** A sentence without any secret. */
  readonly message: string
  readonly cause?: unknown
}

/** Exactly one of `onEnd` and `onFailure` is called, once and last. */
export interface UpstreamSink {
  onHead(status: number, headers: Headers): void
  /** False asks the upstream to pause until `resume`. */
  onData(chunk: Uint8Array): boolean
  onEnd(): void
  onFailure(failure: UpstreamFailure): void
}

export interface UpstreamHandle {
  resume(): void
  /** Destroys the socket. The sink hears `onFailure` with reason `aborted`. */
  abort(): void
}

export interface Upstream {
  send(request: UpstreamRequest, sink: UpstreamSink): UpstreamHandle
}
