/** The data plane: a caller's request in, a priced answer out. `dispatch` is the list of steps, in their order. */

import type { ContractId, ListedModel } from '../contracts/contract.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import { canonicalJson } from '../core/json.ts'
import type { Exchange } from '../core/ports.ts'
import type { Fault } from '../core/wire.ts'
import type { TargetFacts } from '../ledger/facts.ts'
import { originOf } from '../net/destination.ts'
import { callerCodec } from '../routing/codecs.ts'
import type { Directory } from '../routing/directory.ts'
import { resolve } from '../routing/resolve.ts'
import type { Target } from '../routing/target.ts'
import { type RunningAttempt, runAttempt } from './attempt.ts'
import type { GatewayDeps } from './deps.ts'
import { callerRetryOf, clientOf, sessionOf } from './request-facts.ts'

/** Who calls, as the edge has established it. */
export type Caller = { readonly tenantId: string; readonly keyId: string | null }

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
  models(contract: ContractId): Fault
  /** Attempts between intent and settlement. */
  active(): number
  /** Stops admitting; what runs goes on. */
  drain(): void
  /** Ends every running attempt with its settlement. */
  stopAll(): void
}

/** A resolved name, with what every call at it needs. */
type Choice = { readonly target: Target; readonly facts: TargetFacts; readonly decision: string; readonly origin: string }

const limits = { process: 5_000, key: 100, choices: 2_000 }

export function createGateway(deps: GatewayDeps): Gateway {
  const running = new Set<RunningAttempt>()
  const byKey = new Map<string, number>()
  let draining = false

  const admit = (caller: Caller): void => {
    if (draining) throw new PurserError('unavailable', 'Purser is stopping. Send the request again.', { code: 'stopping', retryAfter: 1 })
    if (running.size >= limits.process)
      throw new PurserError('unavailable', `Purser serves ${limits.process} calls at a time and all are taken. Try again shortly.`, {
        code: 'overloaded',
        retryAfter: 1,
      })
    if ((byKey.get(caller.keyId ?? '') ?? 0) >= limits.key)
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

  /** The same name in the same directory resolves once: its target is then one object from call to call. */
  const choices = new WeakMap<Directory, Map<string, Choice>>()
  const choiceOf = (directory: Directory, name: string): Choice => {
    let known = choices.get(directory)
    if (!known) choices.set(directory, (known = new Map()))
    const found = known.get(name)
    if (found) return found
    const { targets, decision } = resolve(directory, name, deps.presenceOf)
    const target = targets[0]!
    const made = { target, facts: factsOf(target), decision: canonicalJson(decision), origin: originOf(target.destination.baseUrl) }
    if (known.size < limits.choices) known.set(name, made)
    return made
  }

  const dispatch = (request: Dispatched): void => {
    const { exchange, requestId, caller } = request
    const codec = callerCodec(request.contract)
    try {
      admit(caller)
      const asked = codec.peek(exchange.request)
      const directory = deps.directory()
      const { target, facts, decision, origin } = choiceOf(directory, asked.model)
      if (target.contract !== request.contract) throw untranslatable(request.contract, target)
      const retargeted = target.codec.retarget(exchange.request, { model: target.model, defaults: target.defaults })
      const secret = target.credential === null ? null : deps.secretOf(target.credential, origin)
      const now = deps.clock.now()
      const keySlot = caller.keyId ?? ''
      let over = false
      let attempt: RunningAttempt | undefined
      attempt = runAttempt(deps, {
        exchange,
        call: {
          id: requestId,
          tenantId: caller.tenantId,
          keyId: caller.keyId,
          contract: request.contract,
          endpoint: request.endpoint,
          stream: asked.stream,
          requestedName: asked.model,
          decision,
          configRevision: directory.revision,
          labels: {},
          client: clientOf(exchange.request),
          sessionId: sessionOf(exchange.request),
          requestBytes: exchange.request.body.length,
          callerRetry: callerRetryOf(exchange.request),
          createdAt: now,
        },
        facts: { attemptNo: 1, target: facts, model: target.model, pricedAt: now, knownAt: directory.knownAt },
        target,
        directory,
        retargeted,
        secret,
        origin,
        callerCodec: codec,
        wantsCost: exchange.request.headers['x-purser-include'] === 'cost',
        done: () => {
          over = true
          if (attempt && running.delete(attempt)) leave(keySlot)
        },
      })
      if (over) return
      running.add(attempt)
      byKey.set(keySlot, (byKey.get(keySlot) ?? 0) + 1)
    } catch (thrown) {
      const error = asPurserError(thrown)
      if (error.kind === 'internal') deps.log.error({ requestId, err: error.cause ?? error }, error.message)
      answer(exchange, codec.encodeError(error, requestId))
    }
  }

  return {
    dispatch,
    models: (contract) => callerCodec(contract).encodeModels(listed(deps.directory())),
    active: () => running.size,
    drain: () => {
      draining = true
    },
    stopAll: () => {
      for (const attempt of running) attempt.stop()
    },
  }
}

function listed(directory: Directory): ListedModel[] {
  return [...directory.profiles.values()]
    .filter((profile) => !profile.disabled)
    .map((profile) => ({
      name: profile.name,
      provider: directory.providers.get(profile.provider_id)?.name ?? '',
      createdAt: profile.created_at,
    }))
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

function untranslatable(asked: ContractId, target: Target): PurserError {
  return new PurserError(
    'unsupported',
    `"${target.profile?.name ?? target.model}" speaks ${target.contract}, and this request came in as ${asked}. Purser does not translate between the two yet: call it through a ${target.contract} client.`,
    {
      code: 'contract_mismatch',
      field: 'model',
    },
  )
}

function answer(exchange: Exchange, fault: Fault): void {
  exchange.head(fault.status, fault.headers)
  exchange.end(fault.body)
}
