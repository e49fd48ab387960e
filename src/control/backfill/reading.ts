/** What the file is read against: the store as it stands, the other documents, and what the operator asked for. Values only. */

import type { Presence } from '../../core/auth.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Notes, Wanted } from './notes.ts'
import type { SourceRow } from './source-rows.ts'

export type PresentProvider = { readonly name: string; readonly contract: string; readonly network: string }
export type PresentConnection = {
  readonly name: string
  readonly provider: string
  readonly billing: string
  readonly auth: JsonObject
  readonly platform: string | null
}

/** The platform's connection that the operator named: what the file calls managed goes through it. */
export type Platform = PresentConnection & { readonly contract: string }

export type Asked = {
  readonly platform: string | null
  readonly prefixPrices: boolean
  readonly leaveUndecided: boolean
}

export type Reading = {
  readonly config: JsonObject
  readonly rows: ReadonlyMap<string, SourceRow>
  /** By `credential/<service>/<field>`. Null: nobody said which there are. */
  readonly credentials: ReadonlyMap<string, Presence> | null
  readonly asked: Asked
  readonly platform: Platform | null
  readonly providers: ReadonlyMap<string, PresentProvider>
  readonly connections: ReadonlyMap<string, PresentConnection>
  /** By model: the providers under whom the catalogue lists it. */
  readonly models: ReadonlyMap<string, ReadonlySet<string>>
  /** Tells two secrets apart and gives neither away. */
  fingerprint(secret: string): string
  /** Whether what is found in clear can be sealed. */
  readonly seals: boolean
  readonly notes: Notes
  /** Connections wanted so far, by name. */
  readonly paying: Map<string, Paying>
  /** Names that would leave the user's own machine, or come to be paid by another. One is enough to refuse the plan. */
  readonly refusals: string[]
}

/** A connection as profiles need it. */
export type Paying = { readonly name: string; readonly provider: string; readonly billing: string; readonly local: boolean }

export type Mode = 'your-own' | 'managed'

/** A profile that can be had: what others may stand on. */
export type Body = { readonly target: Target; readonly tuning: Wanted['cells'] }

export type Target = { readonly paying: Paying | null; readonly provider: string; readonly model: string; readonly local: boolean }
