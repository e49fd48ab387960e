/** What the data plane is handed: everything that touches the outside world. */

import type { Clock, Random, Timers, Upstream } from '../core/ports.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Vault } from '../net/vault.ts'
import type { Directory } from '../routing/directory.ts'
import type { PresenceOf } from '../routing/profile.ts'

/** Where failures are told, in fields that were chosen; never a header, never a body. */
export interface Log {
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** Takes the secrets in use out of every line, whatever wrote it. */
  scrubWith?(clean: (line: string) => string): void
}

/** References as secrets, each for the one origin it may go to. */
export type Secrets = Pick<Vault, 'secretOf' | 'warm' | 'reload'>

export type GatewayDeps = {
  readonly directory: () => Directory
  readonly ledger: Ledger
  readonly upstream: Upstream
  readonly presenceOf: PresenceOf
  readonly secrets: Secrets
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly log: Log
}
