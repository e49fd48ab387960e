/** What a target needs before its intent: the request as its provider will get it, the secret, and the way back for the answer. */

import type { Codec, ContractId, Retargeted } from '../contracts/contract.ts'
import type { Warning } from '../core/call.ts'
import { asPurserError, PurserError } from '../core/errors.ts'
import { scan } from '../core/scan.ts'
import type { Secret } from '../core/secret.ts'
import type { WireRequest } from '../core/wire.ts'
import type { TargetFacts } from '../ledger/facts.ts'
import type { Skipped, Target } from '../routing/target.ts'
import type { Carrier } from './carrier.ts'
import type { GatewayDeps } from './deps.ts'
import type { Meter } from './meter.ts'
import { passesOn } from './policy.ts'
import { relay } from './relay.ts'
import type { Scanned } from './request-facts.ts'
import { translate, translateRequest } from './translate.ts'
import { collectWarnings, type Warnings } from './warnings.ts'

/** A resolved target, with what every call at it needs. */
export type Candidate = {
  readonly target: Target
  readonly facts: TargetFacts
  readonly origin: string
}

/** What has to be waited for before these can be prepared: secrets that only a command can tell. Undefined where all is at hand. */
export function warmUp({ secrets }: GatewayDeps, candidates: readonly Candidate[]): Promise<unknown> | undefined {
  const waits = candidates.flatMap(({ target, origin }) => {
    const wait = target.credential?.startsWith('command:') ? secrets.warm(target.credential, origin) : undefined
    return wait === undefined ? [] : [wait]
  })
  return waits.length === 0 ? undefined : Promise.all(waits)
}

export type Prepared = Candidate & {
  readonly retargeted: Retargeted
  /** What the provider gets, as far as settings in it decide a price. */
  readonly sent: () => Scanned
  /** Null for auth `none`. `origin` is the only place the secret may go. */
  readonly secret: Secret | null
  /** What the caller said and this provider cannot be told. */
  readonly warnings: readonly Warning[]
  readonly carrier: (meter: Meter, warnings: Warnings) => Carrier
}

export type Asked = { readonly request: WireRequest; readonly contract: ContractId; readonly codec: Codec }

export function prepare(deps: GatewayDeps, asked: Asked, candidate: Candidate): Prepared {
  const { target, origin } = candidate
  const made = target.contract === asked.contract ? sameContract(asked, target) : betweenContracts(asked, target, deps.clock.now)
  const secret = target.credential === null ? null : deps.secrets.secretOf(target.credential, origin)
  return { ...candidate, ...made, secret }
}

type Made = Pick<Prepared, 'retargeted' | 'sent' | 'warnings' | 'carrier'>

function sameContract({ request }: Asked, { codec, model, defaults }: Target): Made {
  const retargeted = codec.retarget(request, { model, defaults })
  const sent = () => (defaults.params === undefined ? request : { body: retargeted.body, scan: scan(retargeted.body) })
  return { retargeted, sent, warnings: [], carrier: (meter) => relay(codec, meter, retargeted.askedForUsage) }
}

function betweenContracts({ request, codec: caller }: Asked, target: Target, now: () => number): Made {
  const pair = { caller, provider: target.codec, now }
  const warnings = collectWarnings()
  const { retargeted, includeUsage } = translateRequest(pair, request, target.model, target.defaults, warnings.warn)
  const said = warnings.list()
  if (target.profile?.strict && said[0]) throw refused(target.profile.name, target.contract, said[0])
  const sent = () => ({ body: retargeted.body, scan: scan(retargeted.body) })
  return { retargeted, sent, warnings: said, carrier: (meter, { warn }) => translate(pair, meter, includeUsage, warn) }
}

function refused(profile: string, contract: ContractId, { field, reason }: Warning): PurserError {
  return new PurserError('unsupported', `The profile "${profile}" is strict, and ${contract} cannot be told "${field}": ${reason}.`, {
    code: 'strict',
    field,
    hint: `Leave "${field}" out, or ask for a profile that is not strict.`,
  })
}

/** Targets in their order, each prepared when its turn comes. One that cannot be is passed over; where no other could be either, the line ends. */
export interface Line {
  peek(): Prepared | undefined
  take(): Prepared | undefined
  readonly skipped: readonly Skipped[]
  /** Why the first of those could not be prepared. */
  readonly error: PurserError | undefined
}

export function lineUp(candidates: readonly Candidate[], make: (candidate: Candidate) => Prepared): Line {
  const waiting = [...candidates]
  const skipped: Skipped[] = []
  let ready: Prepared | undefined
  let error: PurserError | undefined
  const peek = (): Prepared | undefined => {
    while (!ready) {
      const candidate = waiting.shift()
      if (!candidate) return undefined
      try {
        ready = make(candidate)
      } catch (thrown) {
        const why = asPurserError(thrown)
        error ??= why
        skipped.push({ name: candidate.target.profile?.name ?? candidate.target.model, reason: why.message })
        if (!passesOn(why.kind)) waiting.length = 0
      }
    }
    return ready
  }
  return {
    peek,
    take() {
      const taken = peek()
      ready = undefined
      return taken
    },
    skipped,
    get error() {
      return error
    },
  }
}
