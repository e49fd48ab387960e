/** One call: its attempts one after the other, each in the books before its provider hears of it, and all of them settled. */

import type { Codec } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { Exchange } from '../core/ports.ts'
import type { Secret } from '../core/secret.ts'
import type { CallFacts } from '../ledger/facts.ts'
import type { Directory } from '../routing/directory.ts'
import { type Attempt, type AttemptEnd, createAttempt } from './attempt.ts'
import type { GatewayDeps } from './deps.ts'
import { createOutlet } from './outlet.ts'
import { decide } from './policy.ts'
import type { Line, Prepared } from './prepare.ts'
import type { Repeats } from './repeats.ts'
import { tellOperator } from './tell-operator.ts'

/** Terminal bytes wait at most this long for their settlement; then the connection is cut without them. */
const holdLimitMs = 10_000

export type CallInput = {
  readonly exchange: Exchange
  readonly call: CallFacts
  readonly directory: Directory
  readonly callerCodec: Codec
  readonly first: Prepared
  /** What may be tried after it. */
  readonly line: Line
  readonly repeats: Repeats
  readonly wantsCost: boolean
  /** Runs once, when the last attempt is settled or was refused before it began. */
  readonly done: () => void
}

/** What the running call offers to those who must stop it. */
export type RunningCall = { stop(): void }

type Phase = 'intending' | 'sent' | 'settling' | 'waiting' | 'over'

/** What follows a failed attempt. */
type Next = { readonly prepared: Prepared; readonly waitMs: number } | { readonly prepared: null; readonly usedUp: boolean }

export function runCall(deps: GatewayDeps, input: CallInput): RunningCall {
  const { exchange, call, callerCodec, line, repeats } = input
  let phase: Phase = 'intending'
  let callerGone = false
  let stopping = false
  let attemptNo = 0
  let triesHere = 0
  let repeating = false
  let reloaded = false
  let prepared: Prepared | undefined
  let attempt: Attempt | undefined
  let endWait = (): void => {}

  const outlet = createOutlet(exchange, deps.timers, {
    onDrain: () => attempt?.resume(),
    onStalled: () => {
      exchange.destroy()
      leave()
    },
  })

  // --- the end of the call ---

  const finish = (): void => {
    phase = 'over'
    if (repeating) repeats.giveBack()
    input.done()
  }

  /** Without the last bytes: nobody may take this for a clean end. */
  const breakOff = (): void => {
    callerGone = true
    exchange.destroy()
  }

  const refuse = (error: PurserError): void => {
    tellOperator(deps.log, call.id, error)
    if (callerGone) return
    const fault = callerCodec.encodeError(error, call.id)
    outlet.head(fault.status, fault.headers)
    outlet.finish(fault.body)
  }

  /** Writes how an attempt ended, and then does what waited for it. */
  const settle = ({ settlement }: AttemptEnd, then: () => void): void => {
    phase = 'settling'
    const cancelHold = deps.timers.after(holdLimitMs, breakOff)
    deps.ledger.settle(settlement, (failed) => {
      cancelHold()
      if (!failed) return then()
      deps.log.error({ requestId: call.id, err: failed }, 'a settlement could not be written')
      breakOff()
      finish()
    })
  }

  const settleLast = (end: AttemptEnd, tell: () => void): void =>
    settle(end, () => {
      if (!callerGone) tell()
      finish()
    })

  // --- between two attempts ---

  const nextAfter = ({ failure }: AttemptEnd): Next => {
    if (!failure || callerGone || stopping) return { prepared: null, usedUp: false }
    const following = line.peek()
    const step = decide(failure, {
      retries: attemptNo - 1,
      triesHere,
      hasNext: following !== undefined,
      idempotent: prepared?.target.profile?.idempotent ?? false,
      mayRepeat: repeating || repeats.mayTake(),
      chance: chanceOf(deps.random.bytes(2)),
    })
    if (step.type === 'stop') return { prepared: null, usedUp: step.usedUp }
    if (step.type === 'next') {
      triesHere = 0
      return { prepared: line.take()!, waitMs: 0 }
    }
    if (!repeating) repeats.take()
    repeating = true
    return { prepared: prepared!, waitMs: step.waitMs }
  }

  const ended = (end: AttemptEnd): void => {
    const fresh = mayBeStale(end) ? reload() : null
    if (fresh instanceof Promise) return settle(end, () => waitForSecret(end, fresh))
    if (fresh) return open({ ...prepared!, secret: fresh }, end)
    const next = nextAfter(end)
    if (next.prepared === null) return settleLast(end, () => end.release(next.usedUp))
    if (next.waitMs === 0) return open(next.prepared, end)
    settle(end, () => wait(end, next))
  }

  /** All is settled while a call waits, so nothing is lost whatever becomes of it. `began` starts the wait, and answers what ends it early. */
  const waitWith = (end: AttemptEnd, began: () => () => void): void => {
    phase = 'waiting'
    const giveUp = (): void => {
      if (!callerGone) end.release(false)
      finish()
    }
    if (callerGone || stopping) return giveUp()
    const cancel = began()
    endWait = () => {
      cancel()
      giveUp()
    }
  }

  const wait = (end: AttemptEnd, next: { readonly prepared: Prepared; readonly waitMs: number }): void =>
    waitWith(end, () => deps.timers.after(next.waitMs, () => open(next.prepared, null)))

  // --- a secret that was refused: it may have been replaced where it lives ---

  const mayBeStale = ({ failure }: AttemptEnd): boolean =>
    failure?.kind === 'provider_auth' && failure.status === 401 && prepared?.secret != null && !reloaded && !callerGone && !stopping

  /** Once a call. The same value again is no reason for another try. */
  const reload = (): ReturnType<GatewayDeps['secrets']['reload']> => {
    reloaded = true
    return deps.secrets.reload(prepared!.secret!, prepared!.target.credential!)
  }

  const waitForSecret = (end: AttemptEnd, asked: Promise<Secret | null>): void =>
    waitWith(end, () => {
      let canceled = false
      const goOn = (fresh: Secret | null): void => {
        if (canceled) return
        if (fresh) return open({ ...prepared!, secret: fresh }, null)
        const next = nextAfter(end)
        if (next.prepared) return wait(end, next)
        end.release(next.usedUp)
        finish()
      }
      asked.then(goOn, () => goOn(null))
      return () => {
        canceled = true
      }
    })

  // --- the beginning of an attempt: its intent, in one transaction with the settlement before it ---

  const open = (chosen: Prepared, before: AttemptEnd | null): void => {
    phase = 'intending'
    attemptNo += 1
    triesHere += 1
    prepared = chosen
    const pricedAt = attemptNo === 1 ? call.createdAt : deps.clock.now()
    const facts = { attemptNo, target: chosen.facts, model: chosen.target.model, pricedAt, knownAt: input.directory.knownAt }
    outlet.shut()
    const mine = createAttempt(deps, {
      call,
      attemptNo,
      pricedAt,
      prepared: chosen,
      directory: input.directory,
      callerCodec,
      outlet,
      wantsCost: input.wantsCost,
      ended,
    })
    attempt = mine
    const committed = (refused?: Error): void => {
      if (!refused) return begin(mine)
      attempt = undefined
      const error = asPurserError(refused)
      if (before) return settleLast(before, () => refuse(error))
      refuse(error)
      finish()
    }
    /** The first byte to the caller waits for this, and only for that of the attempt which gives it. */
    const durable = (lost?: Error): void => {
      if (attempt !== mine || phase === 'over' || callerGone) return
      if (!lost) return outlet.open()
      breakOff()
      mine.cut(new PurserError('unavailable', 'The ledger could not keep this call.', { code: 'ledger_lost', cause: lost }))
    }
    if (before) deps.ledger.follow(before.settlement, call, facts, committed, durable)
    else deps.ledger.intend(call, facts, committed, durable)
  }

  const begin = (mine: Attempt): void => {
    phase = 'sent'
    if (callerGone) return mine.drop(new PurserError('canceled', 'The caller left before the request was sent.'))
    if (stopping) return mine.drop(stopped())
    mine.send()
  }

  const leave = (): void => {
    if (callerGone) return
    callerGone = true
    if (phase === 'sent') attempt?.abandon()
    else if (phase === 'waiting') endWait()
  }

  exchange.onAbort(leave)
  open(input.first, null)

  return {
    stop() {
      stopping = true
      if (phase === 'sent') attempt?.cut(stopped())
      else if (phase === 'waiting') endWait()
    },
  }
}

function stopped(): PurserError {
  return new PurserError('unavailable', 'Purser is stopping. Send the request again.', { code: 'stopping', retryAfter: 1 })
}

/** Two random bytes as a number from 0 to 1. */
function chanceOf([high = 0, low = 0]: Uint8Array): number {
  return (high * 256 + low) / 65_535
}
