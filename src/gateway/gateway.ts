/** The data plane: a caller's request in, a priced answer out. `dispatch` is the list of steps, in their order. */

import type { ContractId, ListedModel } from '../contracts/contract.ts'
import type { CallGrant } from '../core/call-scope.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import { canonicalJson } from '../core/json.ts'
import type { Exchange } from '../core/ports.ts'
import type { Fault } from '../core/wire.ts'
import type { TargetFacts } from '../ledger/facts.ts'
import { originOf } from '../net/destination.ts'
import { callerCodec } from '../routing/codecs.ts'
import type { Directory } from '../routing/directory.ts'
import { resolve } from '../routing/resolve.ts'
import { nameFor, visibleTo } from '../routing/scope.ts'
import type { Decision, Skipped, Target } from '../routing/target.ts'
import { type RunningCall, runCall } from './attempts.ts'
import type { GatewayDeps } from './deps.ts'
import { type Candidate, lineUp, type Prepared, prepare, warmUp } from './prepare.ts'
import { createRepeats } from './repeats.ts'
import { callerRetryOf, clientOf, sessionOf } from './request-facts.ts'
import { tellOperator } from './tell-operator.ts'

/** Who calls, as the edge has established it. `keyId` is null for the process itself: the program that Purser lives in, or one of its own operations. */
export type Caller = {
  readonly tenantId: string
  readonly keyId: string | null
  /** What its key may ask for, or null for a caller without limits. */
  readonly grant: CallGrant | null
}

export type Dispatched = {
  readonly exchange: Exchange
  readonly requestId: string
  readonly caller: Caller
  readonly contract: ContractId
  readonly endpoint: string
}

export interface Gateway {
  dispatch(request: Dispatched): void
  /** The names a caller of this contract may send, in the shape of that contract's model list. */
  models(contract: ContractId, grant: CallGrant | null): Fault
  /** Calls between their first intent and their last settlement. */
  active(): number
  /** Stops admitting; what runs goes on. */
  drain(): void
  /** Ends every running call, with its settlements. */
  stopAll(): void
}

/** A resolved name. */
type Choice = {
  readonly candidates: readonly Candidate[]
  readonly decision: Decision
  readonly decisionText: string
  /** When something was passed over: it may have come back by then. */
  readonly until: number
}

/** A request that was looked at: what it asks for, and what answers it. */
type Chosen = {
  readonly asked: ReturnType<ReturnType<typeof callerCodec>['peek']>
  readonly directory: Directory
  readonly choice: Choice
  /** Set where a default answers for a name that nobody has. */
  readonly substitute: Substitute | null
}

const limits = { process: 5_000, key: 100, choices: 2_000, passedOverMs: 5_000 }

export function createGateway(deps: GatewayDeps): Gateway {
  const running = new Set<RunningCall>()
  const repeats = createRepeats(() => running.size)
  const byKey = new Map<string, number>()
  let draining = false

  const admit = (caller: Caller): void => {
    if (draining) throw new PurserError('unavailable', 'Purser is stopping. Send the request again.', { code: 'stopping', retryAfter: 1 })
    if (running.size >= limits.process)
      throw new PurserError('unavailable', `Purser serves ${limits.process} calls at a time and all are taken. Try again shortly.`, {
        code: 'overloaded',
        retryAfter: 1,
      })
    if (caller.keyId !== null && (byKey.get(caller.keyId) ?? 0) >= limits.key)
      throw new PurserError('rate_limited', `This key has ${limits.key} calls running, which is its limit. Wait for one to end.`, {
        code: 'concurrency',
        retryAfter: 1,
      })
  }

  const leave = (keySlot: string): void => {
    const left = (byKey.get(keySlot) ?? 1) - 1
    if (left > 0) byKey.set(keySlot, left)
    else byKey.delete(keySlot)
  }

  /** The same name in the same directory resolves once: its targets are then the same objects from call to call. But where weights are drawn, each call has its own order. */
  const choices = new WeakMap<Directory, Map<string, Choice>>()
  const choiceOf = (directory: Directory, name: string, callId: string): Choice => {
    let known = choices.get(directory)
    if (!known) choices.set(directory, (known = new Map()))
    const found = known.get(name)
    const now = deps.clock.monotonic()
    if (found && found.decision.weights === undefined && now < found.until) return found
    const { targets, decision } = resolve(directory, name, deps.presenceOf, callId)
    const candidates = targets.map((target) => ({ target, facts: factsOf(target), origin: originOf(target.destination.baseUrl) }))
    const until = decision.skipped.length === 0 ? Number.POSITIVE_INFINITY : now + limits.passedOverMs
    const made = { candidates, decision, decisionText: canonicalJson(decision), until }
    if (known.size < limits.choices) known.set(name, made)
    return made
  }

  const dispatch = (request: Dispatched): void =>
    guarded(request, () => {
      const { exchange, requestId, caller } = request
      admit(caller)
      const asked = callerCodec(request.contract).peek(exchange.request)
      const directory = deps.directory()
      const name = nameFor(directory, caller.grant, asked.model)
      const substitute = substituteOf(caller, asked.model, name)
      if (substitute !== null) deps.log.warn({ requestId, keyId: caller.keyId, asked: asked.model }, substitute.reason)
      const choice = choiceOf(visibleTo(directory, caller.grant), name, requestId)
      const chosen = { asked, directory, choice, substitute }
      const wait = warmUp(deps, choice.candidates)
      if (!wait) return start(request, chosen)
      let gone = false
      exchange.onAbort(() => {
        gone = true
      })
      void wait.then(() =>
        guarded(request, () => {
          if (gone) return
          admit(caller)
          start(request, chosen)
        }),
      )
    })

  const start = (request: Dispatched, { asked, directory, choice, substitute }: Chosen): void => {
    const { exchange, requestId, caller, contract } = request
    const codec = callerCodec(contract)
    const line = lineUp(choice.candidates, (candidate) => {
      const prepared = prepare(deps, { request: exchange.request, contract, codec }, candidate)
      if (substitute === null) return prepared
      return { ...prepared, warnings: [{ field: 'model', reason: substitute.reason }, ...prepared.warnings] }
    })
    const first = line.take()
    if (!first) throw line.error
    const keySlot = caller.keyId ?? ''
    let over = false
    let call: RunningCall | undefined
    call = runCall(deps, {
      exchange,
      call: {
        id: requestId,
        tenantId: caller.tenantId,
        keyId: caller.keyId,
        contract,
        endpoint: request.endpoint,
        stream: asked.stream,
        requestedName: asked.model,
        decision: decisionOf(choice, first, line.skipped, substitute),
        configRevision: directory.revision,
        labels: {},
        client: clientOf(exchange.request),
        sessionId: sessionOf(exchange.request),
        requestBytes: exchange.request.body.length,
        callerRetry: callerRetryOf(exchange.request),
        createdAt: deps.clock.now(),
      },
      directory,
      callerCodec: codec,
      first,
      line,
      repeats,
      wantsCost: exchange.request.headers['x-purser-include'] === 'cost',
      done: () => {
        over = true
        if (call && running.delete(call)) leave(keySlot)
      },
    })
    if (over) return
    running.add(call)
    byKey.set(keySlot, (byKey.get(keySlot) ?? 0) + 1)
  }

  const guarded = ({ exchange, requestId, contract }: Dispatched, run: () => void): void => {
    try {
      run()
    } catch (thrown) {
      const error = asPurserError(thrown)
      tellOperator(deps.log, requestId, error)
      answer(exchange, callerCodec(contract).encodeError(error, requestId))
    }
  }

  return {
    dispatch,
    models: (contract, grant) => callerCodec(contract).encodeModels(listed(visibleTo(deps.directory(), grant))),
    active: () => running.size,
    drain: () => {
      draining = true
    },
    stopAll: () => {
      for (const call of running) call.stop()
    },
  }
}

function listed(directory: Directory): ListedModel[] {
  const profiles = [...directory.profiles.values()].map((row) => ({ row, by: directory.providers.get(row.provider_id)?.name ?? '' }))
  const routes = [...directory.routes.values()].map((row) => ({ row, by: 'purser' }))
  return [...profiles, ...routes]
    .filter(({ row }) => !row.disabled)
    .map(({ row, by }) => ({ name: row.name, provider: by, createdAt: row.created_at }))
}

/** A default in the place of a name that nobody has: whose it is, as the decision says it, and why, as the caller is told. */
type Substitute = { readonly by: 'key_default' | 'default_profile'; readonly reason: string }

function substituteOf({ grant }: Caller, sent: string, name: string): Substitute | null {
  if (name === sent) return null
  return grant?.fallback === null
    ? { by: 'default_profile', reason: `nobody has this name: the default ${name} answers` }
    : { by: 'key_default', reason: `nobody has this name: the key's default ${name} answers` }
}

/** What the call's row says of the choice: as resolved, or with the targets that could not be prepared among those passed over. */
function decisionOf(
  { decision, decisionText }: Choice,
  { target }: Prepared,
  unprepared: readonly Skipped[],
  substitute: Substitute | null,
): string {
  const byDefault = substitute === null ? {} : { [substitute.by]: true }
  if (unprepared.length === 0) return substitute === null ? decisionText : canonicalJson({ ...decision, ...byDefault })
  const winner = target.profile?.name ?? target.model
  const fallbacks = decision.fallbacks?.slice(decision.fallbacks.indexOf(winner) + 1)
  return canonicalJson({
    ...decision,
    winner,
    connection: target.connection.name,
    skipped: [...decision.skipped, ...unprepared],
    ...(fallbacks === undefined ? {} : { fallbacks }),
    ...byDefault,
  })
}

function factsOf(target: Target): TargetFacts {
  return {
    profileId: target.profile?.id ?? null,
    profileName: target.profile?.name ?? null,
    connectionId: target.connection.id,
    connectionName: target.connection.name,
    providerId: target.provider.id,
    providerName: target.provider.name,
    contract: target.contract,
    billing: target.billing,
    locality: target.locality,
  }
}

function answer(exchange: Exchange, fault: Fault): void {
  exchange.head(fault.status, fault.headers)
  exchange.end(fault.body)
}
