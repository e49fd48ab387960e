/** Rate rows as the database has them, column for column: what a rate book is built from. */

import type { Json } from '../core/json.ts'

export type MatchMode = 'exact' | 'prefix' | 'glob'

export type CardRow = {
  readonly id: string
  readonly provider_id: string
  readonly connection_id: string | null
  readonly model: string
  readonly match_mode: string
  readonly input_token_nanos_per_1m: bigint
  readonly output_token_nanos_per_1m: bigint
  readonly cache_write_token_nanos_per_1m: bigint | null
  readonly cache_read_token_nanos_per_1m: bigint | null
  readonly currency: string
  readonly effective_from: number
  readonly revision: bigint
  readonly recorded_at: number
  readonly source: string
  readonly source_ref: Json
}

export type ComponentRow = {
  readonly id: string
  readonly rate_card_id: string
  readonly meter: string
  /** Null: not sold. */
  readonly price_nanos: bigint | null
  readonly per_units: bigint
  readonly conditions: Json
  readonly condition_key: string
  readonly priority: bigint
}

export type MultiplierRow = {
  readonly id: string
  readonly rate_card_id: string
  readonly meters: Json
  readonly num: bigint
  readonly den: bigint
  readonly conditions: Json
}

export type VoidRow = { readonly rate_card_id: string; readonly recorded_at: number }

export type AliasRow = {
  readonly provider_id: string
  readonly alias: string
  /** Null: retired. */
  readonly model: string | null
  readonly effective_from: number
  readonly revision: bigint
  readonly recorded_at: number
}

export type RateRows = {
  readonly cards: readonly CardRow[]
  readonly components?: readonly ComponentRow[]
  readonly multipliers?: readonly MultiplierRow[]
  readonly voids?: readonly VoidRow[]
  readonly aliases?: readonly AliasRow[]
}
