/** One try at one target, from its request to its end. Every exit path ends in one settlement; the caller's stream never decides. */

import type { Codec } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { UpstreamHandle, UpstreamSink } from '../core/ports.ts'
import { attemptIdOf, type CallFacts, type Outcome, type SettlementFacts } from '../ledger/facts.ts'
import type { Directory } from '../routing/directory.ts'
import type { GatewayDeps } from './deps.ts'
import { failureOf } from './failures.ts'
import { createMeter, type Reading } from './meter.ts'
import type { Outlet } from './outlet.ts'
import type { Failure } from './policy.ts'
import type { Prepared } from './prepare.ts'
import { createReply, type Release } from './reply.ts'
import { priceSettingsOf, wholeRequest } from './request-facts.ts'
import { askedWaitMs } from './retry-after.ts'
import { type Owed, owedFor, settlementOf, unknownOwed } from './settlement.ts'
import { collectWarnings } from './warnings.ts'

export type AttemptInput = {
  readonly call: CallFacts
  readonly attemptNo: number
  /** T: prices are those of this instant. */
  readonly pricedAt: number
  readonly prepared: Prepared
  readonly directory: Directory
  readonly callerCodec: Codec
  readonly outlet: Outlet
  readonly wantsCost: boolean
  /** Runs once, with all that is to be written and said. */
  readonly ended: (end: AttemptEnd) => void
}

export type AttemptEnd = {
  readonly settlement: SettlementFacts
  /** Set where another try is thinkable: it failed by itself, and the caller has seen nothing of it. */
  readonly failure: Failure | null
  /** Gives the caller what waited for the settlement. `usedUp`: there is no use in his trying again. */
  release(usedUp: boolean): void
}

export interface Attempt {
  send(): void
  resume(): void
  /** It ends unsent, and owes nothing. */
  drop(error: PurserError): void
  /** The caller is gone. */
  abandon(): void
  /** Something on our side ends it. */
  cut(error: PurserError): void
}

export function createAttempt(deps: GatewayDeps, input: AttemptInput): Attempt {
  const { call, prepared } = input
  const { target } = prepared
  const { codec, provider } = target
  const startedAt = deps.clock.monotonic()
  const elapsed = (): number => Math.round(deps.clock.monotonic() - startedAt)
  const meter = createMeter(codec)
  const warnings = collectWarnings(prepared.warnings)
  let over = false
  /** We ended it ourselves, so nothing follows. */
  let ours = false
  let firstByteMs: number | null = null
  let handle: UpstreamHandle | undefined

  /** Whatever goes wrong in the sums, the attempt settles and its caller is answered. */
  const owedSafely = (work: () => Owed): Owed => {
    try {
      return work()
    } catch (thrown) {
      deps.log.error({ requestId: call.id, err: thrown }, 'what an attempt owes could not be worked out')
      return unknownOwed(target)
    }
  }

  const ended = (outcome: Outcome, error: PurserError | null, release: Release): void => {
    if (over) return
    over = true
    if (error?.kind === 'internal') deps.log.error({ requestId: call.id, err: error.cause ?? error }, error.message)
    const { status, headers, bytes, streams, complete, begun } = reply
    const answered = status >= 200 && status < 300 && bytes > 0
    const reading = answered && !streams && !complete ? unread(meter.reading(), bytes) : meter.reading()
    const known = {
      outcome,
      reading,
      complete,
      answered,
      settings: () => priceSettingsOf(prepared.sent()),
      request: () => wholeRequest(prepared.retargeted.body),
    }
    const owed = owedSafely(() => owedFor(target, input.directory, input.pricedAt, known))
    const settlement = settlementOf(target, known, owed, {
      attemptId: attemptIdOf(call.id, input.attemptNo),
      errorKind: error?.kind ?? null,
      status,
      warnings: warnings.list(),
      firstByteMs,
      durationMs: elapsed(),
      responseBytes: bytes,
      settledAt: deps.clock.now(),
      headers,
    })
    const hasRun = reading.raw !== null || reading.contentBytes > 0 || error?.kind === 'provider_timeout'
    const failure: Failure | null =
      error === null || ours || begun
        ? null
        : {
            kind: error.kind,
            status,
            mayHaveRun: outcome === 'provider_error' ? hasRun : outcome !== 'not_sent',
            askedWaitMs: askedWaitMs(headers, deps.clock.now()),
            refusesRetry: headers['x-should-retry'] === 'false',
          }
    input.ended({ settlement, failure, release: (usedUp) => release(owed, usedUp) })
  }

  const reply = createReply({
    requestId: call.id,
    prepared,
    callerCodec: input.callerCodec,
    outlet: input.outlet,
    meter,
    warnings,
    wantsCost: input.wantsCost,
    ended,
  })

  const guarded = <T>(run: () => T, otherwise: T, outcome: Outcome = 'cut'): T => {
    try {
      return run()
    } catch (thrown) {
      reply.fail(outcome, asPurserError(thrown))
      handle?.abort()
      return otherwise
    }
  }

  const sink: UpstreamSink = {
    onHead(status, headers) {
      if (over) return
      firstByteMs = elapsed()
      guarded(() => reply.head(status, headers), undefined)
    },
    onData: (chunk) => over || guarded(() => reply.data(chunk), true),
    onEnd() {
      if (!over) guarded(reply.end, undefined)
    },
    onFailure(failure) {
      if (over) return
      deps.log.warn({ requestId: call.id, provider: provider.name, reason: failure.reason, detail: failure.message }, 'an upstream failed')
      const { outcome, error } = failureOf(failure, provider.name)
      reply.fail(outcome, error)
    },
  }

  const send = (): void => {
    const { retargeted, secret, origin } = prepared
    const request = {
      destination: target.destination,
      method: retargeted.method,
      path: retargeted.path,
      headers: { ...retargeted.headers, ...codec.authorise(secret, origin) },
      body: retargeted.body,
      timeouts: target.timeouts,
      boundTo: secret?.origin ?? null,
    }
    handle = deps.upstream.send(request, sink)
  }

  const endOurselves = (outcome: Outcome, error: PurserError): void => {
    ours = true
    reply.fail(outcome, error)
    handle?.abort()
  }

  return {
    send: () => guarded(send, undefined, 'not_sent'),
    resume: () => handle?.resume(),
    drop: (error) => endOurselves('not_sent', error),
    abandon: () => endOurselves('abandoned', new PurserError('canceled', 'The caller left before the answer was complete.')),
    cut: (error) => endOurselves('cut', error),
  }
}

/** A plain answer that never became JSON: what it said is in its bytes, and an estimate errs upward. */
function unread(reading: Reading, bytes: number): Reading {
  return { ...reading, contentBytes: bytes }
}
