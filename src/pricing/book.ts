/** All rates as one immutable value, indexed so that a card is found without a scan. */

import { asciiLower } from './candidates.ts'
import { compareBytes } from './patterns.ts'
import type { AliasRow, CardRow, ComponentRow, MatchMode, MultiplierRow, RateRows } from './rows.ts'

/** A card with what hangs on it. `rank` orders sources: 0 an operator's override, 1 an import, 2 a catalogue. */
export type RateCard = {
  readonly row: CardRow
  readonly matchMode: MatchMode
  readonly rank: 0 | 1 | 2
  /** The instant from which on the card counts as withdrawn. */
  readonly voidedAt: number
  readonly components: readonly ComponentRow[]
  readonly multipliers: readonly MultiplierRow[]
}

/** Cards and aliases by their ids as written, or all in ASCII lower case. */
export type Index = {
  readonly exact: ReadonlyMap<string, readonly RateCard[]>
  readonly patterns: readonly (readonly [text: string, card: RateCard])[]
  readonly aliases: ReadonlyMap<string, readonly AliasRow[]>
}

export type ProviderRates = {
  readonly asWritten: Index
  readonly lowerCase: Index
  /** Every instant at which an answer can change, in both times, oldest first. */
  readonly effectiveFroms: readonly number[]
  readonly recordedAts: readonly number[]
}

export type RateBook = { readonly providers: ReadonlyMap<string, ProviderRates> }

export function rateBook(rows: RateRows): RateBook {
  const components = Map.groupBy(rows.components ?? [], (row) => row.rate_card_id)
  const multipliers = Map.groupBy(rows.multipliers ?? [], (row) => row.rate_card_id)
  const voids = new Map((rows.voids ?? []).map((row) => [row.rate_card_id, row.recorded_at]))
  const cards = rows.cards.map(
    (row): RateCard => ({
      row,
      matchMode: row.match_mode as MatchMode,
      rank: sourceRank(row.source),
      voidedAt: voids.get(row.id) ?? Number.POSITIVE_INFINITY,
      components: components.get(row.id) ?? [],
      multipliers: multipliers.get(row.id) ?? [],
    }),
  )
  const cardsOf = Map.groupBy(cards, (card) => card.row.provider_id)
  const aliasesOf = Map.groupBy(rows.aliases ?? [], (row) => row.provider_id)
  const providers = new Map<string, ProviderRates>()
  for (const id of new Set([...cardsOf.keys(), ...aliasesOf.keys()]))
    providers.set(id, providerRates(cardsOf.get(id) ?? [], aliasesOf.get(id) ?? []))
  return { providers }
}

/** Operators outrank imports, and both outrank what a catalogue says. */
export function sourceRank(source: string): 0 | 1 | 2 {
  return source === 'user_override' ? 0 : source.startsWith('import') ? 1 : 2
}

function providerRates(cards: readonly RateCard[], aliases: readonly AliasRow[]): ProviderRates {
  const voided = cards.map((card) => card.voidedAt).filter(Number.isFinite)
  return {
    asWritten: index(cards, aliases, (text) => text),
    lowerCase: index(cards, aliases, asciiLower),
    effectiveFroms: ascending([...cards.map((card) => card.row.effective_from), ...aliases.map((row) => row.effective_from)]),
    recordedAts: ascending([...cards.map((card) => card.row.recorded_at), ...aliases.map((row) => row.recorded_at), ...voided]),
  }
}

function index(cards: readonly RateCard[], aliases: readonly AliasRow[], spell: (text: string) => string): Index {
  const exact = cards.filter((card) => card.matchMode === 'exact')
  const patterns = cards.filter((card) => card.matchMode !== 'exact')
  const newestFirst = aliases.toSorted(
    (a, b) => b.effective_from - a.effective_from || Number(b.revision - a.revision) || compareBytes(a.alias, b.alias),
  )
  return {
    exact: Map.groupBy(exact, (card) => spell(card.row.model)),
    patterns: patterns.map((card) => [spell(card.row.model), card] as const),
    aliases: Map.groupBy(newestFirst, (row) => spell(row.alias)),
  }
}

function ascending(instants: readonly number[]): readonly number[] {
  return [...new Set(instants)].sort((a, b) => a - b)
}
