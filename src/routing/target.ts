/** A target: profile, connection, provider and codec, resolved for one name, ready to be called. */

import type { Codec, ContractId, Defaults } from '../contracts/contract.ts'
import type { Connection, Crossing, Profile, Provider } from '../core/nouns.ts'
import type { Destination, Timeouts } from '../core/ports.ts'

export type Target = {
  /** Null for a `provider/model` name. */
  readonly profile: Profile | null
  readonly provider: Provider
  readonly connection: Connection
  /** The provider's id of the model. */
  readonly model: string
  readonly contract: ContractId
  readonly codec: Codec
  readonly billing: Connection['billing']
  readonly locality: 'local' | 'cloud'
  readonly defaults: Defaults
  readonly timeouts: Timeouts
  readonly destination: Destination
  /** The credential's reference, or null for auth `none`. */
  readonly credential: string | null
}

/** Why a choice was passed over, for the decision on the call's row, for `explain` and for the error. */
export type Skipped = { readonly name: string; readonly reason: string }

export type Decision = {
  readonly via: 'profile' | 'route' | 'anthropic-prefix' | 'provider-model'
  readonly winner: string
  readonly connection: string
  readonly skipped: readonly Skipped[]
  /** Of a route: the profiles that follow the winner, and the boundaries that the route itself lets a call cross. */
  readonly fallbacks?: readonly string[]
  readonly allow_cross?: readonly Crossing[]
  /** Nobody has the name that was sent, and the key's default answered. */
  readonly key_default?: true
  /** The same, and the installation's default answered. */
  readonly default_profile?: true
  /** Of a route with weights: what they were, by profile. The call's id drew the order. */
  readonly weights?: Readonly<Record<string, number>>
}

export const defaultTimeouts: Timeouts = { connect: 10_000, firstByte: 120_000, idle: 120_000, total: 3_600_000 }
