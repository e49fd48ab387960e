/** What follows on a failed attempt: the same target again, the next one, or the end. One table and one rule, pure. */

import type { ErrorKind } from '../core/errors.ts'

/** How an attempt failed before its caller had seen a byte. */
export type Failure = {
  readonly kind: ErrorKind
  /** What the provider answered: 0 where nothing, 200 where an answer that began well was an error. */
  readonly status: number
  /** The provider may have carried the request out, in whole or in part. */
  readonly mayHaveRun: boolean
  /** The wait that the provider asked for, or null. */
  readonly askedWaitMs: number | null
  /** The provider asks not to be tried again. */
  readonly refusesRetry: boolean
}

/** Where the call stands. */
export type Standing = {
  /** Attempts after the first, so far. */
  readonly retries: number
  /** Attempts at this target, the failed one included. */
  readonly triesHere: number
  readonly hasNext: boolean
  /** The profile says that its requests may be carried out twice. */
  readonly idempotent: boolean
  /** Few enough calls are asking a provider again. */
  readonly mayRepeat: boolean
  /** From 0 to 1. */
  readonly chance: number
}

export type Step =
  | { readonly type: 'again'; readonly waitMs: number }
  | { readonly type: 'next' }
  /** `usedUp`: Purser has tried what could be tried, and nobody else needs to. */
  | { readonly type: 'stop'; readonly usedUp: boolean }

const limits = { retries: 2, triesBesideAnother: 2, waitMs: 60_000, waitBesideAnotherMs: 2_000, backoffMs: 250, backoffMostMs: 2_000 }

type Row = { readonly again?: true; readonly next?: true }

/** A kind that is not here ends the call: another try, or another provider, would hear the same. */
const rows: Partial<Record<ErrorKind, Row>> = {
  provider_rate_limited: { again: true, next: true },
  provider_overloaded: { again: true, next: true },
  provider_timeout: { again: true, next: true },
  provider_malformed: { again: true, next: true },
  provider_auth: { next: true },
  not_found: { next: true },
  unsupported: { next: true },
  unavailable: { next: true },
}

/** No answer, an error inside a 200, too many requests, and the three ways of saying "not now". */
const statusesWorthAnother: ReadonlySet<number> = new Set([0, 200, 429, 502, 503, 529])
/** Only a profile that may be asked twice tries again after these. */
const statusesOfTimeouts: ReadonlySet<number> = new Set([408, 504, 524])

/** Whether a target that cannot even be prepared leaves room for the next one. */
export function passesOn(kind: ErrorKind): boolean {
  return rows[kind]?.next === true
}

export function decide(failure: Failure, standing: Standing): Step {
  const row = rows[failure.kind] ?? {}
  const ours = row.again === true && isWorthAnother(failure, standing)
  const stop: Step = { type: 'stop', usedUp: ours || standing.retries > 0 }
  if (standing.retries >= limits.retries) return stop
  if (failure.mayHaveRun && !standing.idempotent) return stop
  const waitMs = failure.askedWaitMs ?? backoff(standing)
  if (ours && mayRepeat(failure, standing, waitMs)) return { type: 'again', waitMs }
  return row.next && standing.hasNext ? { type: 'next' } : stop
}

function isWorthAnother({ status }: Failure, { idempotent }: Standing): boolean {
  return statusesWorthAnother.has(status) || (idempotent && statusesOfTimeouts.has(status))
}

/** With another target at hand nobody waits long, and one more try is enough. */
function mayRepeat(failure: Failure, standing: Standing, waitMs: number): boolean {
  if (failure.refusesRetry || !standing.mayRepeat) return false
  if (!standing.hasNext) return waitMs <= limits.waitMs
  return waitMs <= limits.waitBesideAnotherMs && standing.triesHere < limits.triesBesideAnother
}

/** Twice as long each time, and between half and the whole of that, so that callers who failed together do not return together. */
function backoff({ retries, chance }: Standing): number {
  const most = Math.min(limits.backoffMs * 2 ** retries, limits.backoffMostMs)
  return Math.round((most * (1 + chance)) / 2)
}
