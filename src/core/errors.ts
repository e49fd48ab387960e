/** One error class and the one table of its kinds: HTTP status, whose fault it is, whether the caller may well try again by himself. */

import type { JsonObject } from './json.ts'

type Row = { readonly status: number; readonly fault: 'caller' | 'operator' | 'provider' | 'gateway'; readonly retry: boolean }

/** `retry` is false where Purser has already tried what could be tried. */
export const errorKinds = {
  invalid_request: { status: 400, fault: 'caller', retry: false },
  context_length: { status: 400, fault: 'caller', retry: false },
  content_filtered: { status: 400, fault: 'caller', retry: false },
  unauthenticated: { status: 401, fault: 'caller', retry: false },
  budget_exhausted: { status: 402, fault: 'operator', retry: false },
  forbidden: { status: 403, fault: 'caller', retry: false },
  not_found: { status: 404, fault: 'caller', retry: false },
  conflict: { status: 409, fault: 'caller', retry: false },
  too_large: { status: 413, fault: 'caller', retry: false },
  unsupported: { status: 422, fault: 'caller', retry: false },
  rate_limited: { status: 429, fault: 'caller', retry: true },
  canceled: { status: 499, fault: 'caller', retry: false },
  internal: { status: 500, fault: 'gateway', retry: false },
  provider_auth: { status: 502, fault: 'operator', retry: false },
  provider_malformed: { status: 502, fault: 'provider', retry: false },
  provider_rate_limited: { status: 429, fault: 'provider', retry: false },
  provider_overloaded: { status: 503, fault: 'provider', retry: false },
  provider_timeout: { status: 504, fault: 'provider', retry: false },
  unavailable: { status: 503, fault: 'gateway', retry: true },
} as const satisfies Record<string, Row>

export type ErrorKind = keyof typeof errorKinds

export type ErrorExtras = {
  /** What callers of inference are told instead of message and hint, where those speak of this machine to its operator. */
  readonly told?: string
  /** The next step for the person who must act, as a sentence or a command. */
  readonly hint?: string
  /** A finer, stable word inside the kind (`ledger_behind`, `overloaded`). */
  readonly code?: string
  /** The field that is wrong, as a dotted path into what was sent. */
  readonly field?: string
  readonly details?: JsonObject
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number
  /** What the upstream answered, where one did. */
  readonly upstreamStatus?: number
  readonly cause?: unknown
}

/** Everything that goes wrong on purpose. The message is a sentence for the person who must act; the cause is for the log and is never sent. */
export class PurserError extends Error {
  readonly kind: ErrorKind
  readonly told: string | undefined
  readonly hint: string | undefined
  readonly code: string | undefined
  readonly field: string | undefined
  readonly details: JsonObject | undefined
  readonly retryAfter: number | undefined
  readonly upstreamStatus: number | undefined

  constructor(kind: ErrorKind, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'PurserError'
    this.kind = kind
    this.told = extras.told
    this.hint = extras.hint
    this.code = extras.code
    this.field = extras.field
    this.details = extras.details
    this.retryAfter = extras.retryAfter
    this.upstreamStatus = extras.upstreamStatus
  }

  get status(): number {
    return errorKinds[this.kind].status
  }
}

/** Anything thrown, as a PurserError: ours as it is, a stranger as `internal` with its cause kept. */
export function asPurserError(thrown: unknown): PurserError {
  if (thrown instanceof PurserError) return thrown
  return new PurserError('internal', 'Purser failed while it handled this request. The log has the cause under this request id.', {
    cause: thrown,
  })
}
