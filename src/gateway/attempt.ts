/** One try at one target, from its intent to its settlement. The attempt settles, on every exit path; the caller's stream never does. */

import type { Codec, Retargeted } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import { isObject, type JsonObject, parseJson } from '../core/json.ts'
import type { Exchange, UpstreamFailure, UpstreamHandle, UpstreamSink } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'
import type { Fault, Headers } from '../core/wire.ts'
import { type AttemptFacts, attemptIdOf, type CallFacts, type Outcome } from '../ledger/facts.ts'
import { printAmount } from '../pricing/money.ts'
import type { Directory } from '../routing/directory.ts'
import type { Target } from '../routing/target.ts'
import { answerHeaders } from './answer-headers.ts'
import type { GatewayDeps } from './deps.ts'
import { failureOf } from './failures.ts'
import { createMeter, type Reading } from './meter.ts'
import { createOutlet } from './outlet.ts'
import { priceSettingsOf, wholeRequest } from './request-facts.ts'
import { type Owed, owedFor } from './settlement.ts'
import { createStreamRelay, type Relayed, type StreamRelay } from './stream-relay.ts'

/** Terminal bytes wait at most this long for their settlement; then the connection is cut without them. */
const holdLimitMs = 10_000

export type AttemptInput = {
  readonly exchange: Exchange
  readonly call: CallFacts
  readonly facts: AttemptFacts
  readonly target: Target
  readonly directory: Directory
  readonly retargeted: Retargeted
  /** Null for auth `none`. `origin` is the only place the secret may go. */
  readonly secret: Secret | null
  readonly origin: string
  readonly callerCodec: Codec
  readonly wantsCost: boolean
  /** Runs once, when the attempt is settled or was refused before it began. */
  readonly done: () => void
}

/** What the running attempt offers to those who must stop it. */
export type RunningAttempt = { stop(): void }

type Phase = 'intending' | 'sent' | 'settling' | 'over'

export function runAttempt(deps: GatewayDeps, input: AttemptInput): RunningAttempt {
  const { exchange, target, call, callerCodec } = input
  const { codec, provider } = target
  const attemptId = attemptIdOf(call.id, input.facts.attemptNo)
  const startedAt = deps.clock.monotonic()
  const meter = createMeter(codec)
  let phase: Phase = 'intending'
  let callerGone = false
  let handle: UpstreamHandle | undefined
  let status = 0
  let headers: Headers = {}
  let firstByteMs: number | null = null
  let responseBytes = 0
  let complete = false
  let relay: StreamRelay | undefined
  let body: Uint8Array[] = []

  const outlet = createOutlet(exchange, deps.timers, {
    onDrain: () => handle?.resume(),
    onStalled: () => {
      exchange.destroy()
      abandon()
    },
  })

  // --- the end: one settlement, then what the caller gets ---

  /** Without the last bytes: nobody may take this for a clean end. */
  const breakOff = (): void => {
    callerGone = true
    exchange.destroy()
  }

  const settle = (outcome: Outcome, error: PurserError | null, release: (owed: Owed) => void): void => {
    if (phase === 'settling' || phase === 'over') return
    phase = 'settling'
    const answered = status >= 200 && status < 300 && responseBytes > 0
    const reading = answered && !relay && !complete ? unread(meter.reading(), responseBytes) : meter.reading()
    const ended = {
      outcome,
      reading,
      complete,
      answered,
      settings: () => priceSettingsOf(exchange.request),
      request: () => wholeRequest(exchange.request),
    }
    const owed = owedFor(target, input.directory, input.facts.pricedAt, ended)
    const cancelHold = deps.timers.after(holdLimitMs, breakOff)
    const settledAt = deps.clock.now()
    deps.ledger.settle(
      {
        attemptId,
        outcome,
        errorKind: error?.kind ?? null,
        upstreamStatus: status === 0 ? null : status,
        upstreamId: reading.upstreamId,
        stopReason: reading.stopReason,
        warnings: [],
        firstByteMs,
        durationMs: Math.round(deps.clock.monotonic() - startedAt),
        responseBytes,
        settledAt,
        usage: owed.usage,
        rawUsage: owed.rawUsage,
        usageSource: owed.usageSource,
        usageFlags: owed.charged.flags,
        priceContext: owed.priceContext,
        requestedModel: target.model,
        reportedModel: reading.reportedModel,
        charged: owed.charged,
      },
      (failed) => {
        cancelHold()
        phase = 'over'
        if (failed) {
          deps.log.error({ requestId: call.id, err: failed }, 'a settlement could not be written')
          breakOff()
        } else if (!callerGone) {
          release(owed)
        }
        input.done()
      },
    )
  }

  const sendFault = (fault: Fault): void => {
    outlet.head(fault.status, fault.headers)
    outlet.finish(fault.body)
  }

  /** An end in failure: a proper error where the caller has seen nothing, else the stream's own error event and a broken connection. */
  const fail = (outcome: Outcome, error: PurserError): void => {
    if (error.kind === 'internal') deps.log.error({ requestId: call.id, err: error.cause ?? error }, error.message)
    settle(outcome, error, () => {
      if (relay) outlet.break(callerCodec.encodeStreamError(error, call.id))
      else sendFault(callerCodec.encodeError(error, call.id))
    })
  }

  const abandon = (): void => {
    if (callerGone) return
    callerGone = true
    if (phase !== 'sent') return
    settle('abandoned', new PurserError('canceled', 'The caller left before the answer was complete.'), () => {})
    handle?.abort()
  }

  // --- the middle: what the upstream says ---

  const carry = (relayed: Relayed): boolean => {
    const flowing = relayed.forward === null || outlet.write(relayed.forward)
    const ending = relayed.ending
    if (ending) {
      complete = ending.kind === 'terminal'
      const error = ending.kind === 'error' ? codec.decodeError({ status, headers, body: Buffer.from(ending.data) }) : null
      const last = error ? redacted(ending.bytes, input.secret) : ending.bytes
      settle(error ? 'provider_error' : 'succeeded', error, () => outlet.finish(last))
    }
    return flowing
  }

  const guarded = <T>(run: () => T, otherwise: T): T => {
    try {
      return run()
    } catch (thrown) {
      fail('cut', asPurserError(thrown))
      handle?.abort()
      return otherwise
    }
  }

  const finishBody = (): void => {
    const bytes = body.length === 1 ? body[0]! : Buffer.concat(body)
    body = []
    if (status >= 300) return finishRefusal(bytes)
    const payload = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
    if (!isObject(payload)) return fail('cut', malformed(provider.name, 'its answer is no JSON object'))
    meter.take(payload)
    complete = true
    const error = saysError(payload) ? codec.decodeError({ status, headers, body: bytes }) : null
    const answer = error ? redacted(bytes, input.secret) : bytes
    settle(error ? 'provider_error' : 'succeeded', error, (owed) => {
      outlet.head(status, {
        ...answerHeaders(headers, call.id),
        ...(input.wantsCost ? costHeaders(owed) : {}),
        'content-length': String(answer.length),
      })
      outlet.finish(answer)
    })
  }

  /** A status that is no success. The provider's own words pass as bytes, but for those that speak of our credential. */
  const finishRefusal = (bytes: Uint8Array): void => {
    const clean = redacted(bytes, input.secret)
    const payload = parseJson(clean.toString('utf8'))
    if (isObject(payload)) meter.take(payload)
    const error =
      status < 400
        ? malformed(provider.name, `it answered ${status}, and redirects are not followed`)
        : codec.decodeError({ status, headers, body: clean })
    const passes = isObject(payload) && status >= 400 && status < 600 && status !== 401 && status !== 403
    settle('provider_error', error, () => {
      if (!passes) return sendFault(callerCodec.encodeError(error, call.id))
      sendFault({ status, headers: { ...answerHeaders(headers, call.id), 'content-length': String(clean.length) }, body: clean })
    })
  }

  const sink: UpstreamSink = {
    onHead(upstreamStatus, upstreamHeaders) {
      if (phase !== 'sent') return
      status = upstreamStatus
      headers = upstreamHeaders
      firstByteMs = Math.round(deps.clock.monotonic() - startedAt)
      const streamed = status < 300 && (upstreamHeaders['content-type'] ?? '').startsWith('text/event-stream')
      if (!streamed) return
      relay = createStreamRelay(codec, meter, input.retargeted.askedForUsage)
      outlet.head(status, answerHeaders(upstreamHeaders, call.id))
    },
    onData(chunk) {
      if (phase !== 'sent') return true
      responseBytes += chunk.length
      if (!relay) {
        body.push(chunk)
        return true
      }
      const stream = relay
      return guarded(() => carry(stream.push(chunk)), true)
    },
    onEnd() {
      if (phase !== 'sent') return
      guarded(() => {
        if (!relay) return finishBody()
        carry(relay.end())
        if (phase === 'sent') fail('cut', malformed(provider.name, 'its stream ended before the answer was complete'))
      }, undefined)
    },
    onFailure(failure: UpstreamFailure) {
      if (phase !== 'sent') return
      const { outcome, error } = failureOf(failure, provider.name)
      deps.log.warn({ requestId: call.id, provider: provider.name, reason: failure.reason, detail: failure.message }, 'an upstream failed')
      fail(outcome, error)
    },
  }

  // --- the beginning: the intent, then the first byte ---

  const send = (): void => {
    phase = 'sent'
    if (callerGone) return settle('not_sent', new PurserError('canceled', 'The caller left before the request was sent.'), () => {})
    const { retargeted, secret } = input
    const request = {
      destination: target.destination,
      method: retargeted.method,
      path: retargeted.path,
      headers: { ...retargeted.headers, ...codec.authorise(secret, input.origin) },
      body: retargeted.body,
      timeouts: target.timeouts,
    }
    guarded(() => {
      handle = deps.upstream.send(request, sink)
    }, undefined)
  }

  exchange.onAbort(abandon)
  deps.ledger.intend(
    call,
    input.facts,
    (refused) => {
      if (!refused) return send()
      phase = 'over'
      if (!callerGone) sendFault(callerCodec.encodeError(asPurserError(refused), call.id))
      input.done()
    },
    (lost) => {
      if (phase === 'over') return
      if (!lost) return outlet.open()
      breakOff()
      settle('cut', new PurserError('unavailable', 'The ledger could not keep this call.', { code: 'ledger_lost', cause: lost }), () => {})
      handle?.abort()
    },
  )

  return {
    stop() {
      if (phase !== 'sent') return
      fail('cut', new PurserError('unavailable', 'Purser is stopping. Send the request again.', { code: 'stopping', retryAfter: 1 }))
      handle?.abort()
    },
  }
}

/** Some providers report a failure inside a plain 200: as an object, or as a sentence. */
function saysError(payload: JsonObject): boolean {
  return isObject(payload.error) || (typeof payload.error === 'string' && payload.error !== '')
}

/** A plain answer that never became JSON: what it said is in its bytes, and an estimate errs upward. */
function unread(reading: Reading, bytes: number): Reading {
  return { ...reading, contentBytes: bytes }
}

function malformed(provider: string, why: string): PurserError {
  return new PurserError('provider_malformed', `The provider "${provider}" cannot be understood: ${why}.`)
}

function costHeaders(owed: Owed): Record<string, string> {
  const { charged } = owed
  return {
    'x-purser-pricing-status': charged.pricingStatus,
    ...(charged.chargedPico === null ? {} : { 'x-purser-cost': printAmount(charged.chargedPico) }),
  }
}

function redacted(bytes: Uint8Array, secret: Secret | null): Buffer {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!secret) return whole
  const text = whole.toString('utf8')
  const clean = secret.redact(text)
  return clean === text ? whole : Buffer.from(clean)
}
