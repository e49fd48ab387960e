/** The card in force: which rate card prices an answer, at one instant and as known at another. */

import type { Index, ProviderRates, RateBook, RateCard } from './book.ts'
import { type Asked, asciiLower, type Candidate, candidates, type Prefixes, settleVariant } from './candidates.ts'
import { compareBytes, compareExactness, matches } from './patterns.ts'

export type { RateBook, RateCard } from './book.ts'

export type Matched = 'exact' | 'alias' | 'dated' | 'region' | 'prefix' | 'glob'
export type CardFound = { readonly card: RateCard; readonly matched: Matched }

export type CardQuery = {
  readonly providerId: string
  readonly connectionId: string | null
  /** The provider's id as it was sent; null for a segment that names its own model. */
  readonly requestedModel: string | null
  readonly reportedModel: string | null
  /** T: when the price is asked for. */
  readonly at: number
  /** K: what was recorded later is not seen. */
  readonly knownAt: number
  readonly prefixes?: Prefixes | undefined
}

type Hit = { readonly card: RateCard; readonly candidate: Candidate; readonly order: number }

/** An answer with the stretch of both times in which it stays the same. */
type Remembered = {
  readonly found: CardFound | undefined
  readonly prefixes: Prefixes | undefined
  readonly from: number
  readonly until: number
  readonly knownFrom: number
  readonly knownUntil: number
}

const remembered = new WeakMap<ProviderRates, Map<string, Remembered>>()
/** Models come from callers, so what is remembered of them is bounded. */
const mostRemembered = 4096

/** The first card by connection, source, exactness, candidate, newest instant, highest revision. Undefined: there is no price. */
export function cardInForce(book: RateBook, query: CardQuery): CardFound | undefined {
  const rates = book.providers.get(query.providerId)
  if (rates === undefined) return undefined
  const memory = memoryOf(rates)
  const key = `${query.connectionId ?? ''}\n${query.requestedModel ?? ''}\n${query.reportedModel ?? ''}`
  const known = memory.get(key)
  if (known !== undefined && holds(known, query)) return known.found
  const found = search(rates, query)
  const [from, until] = stretch(rates.effectiveFroms, query.at)
  const [knownFrom, knownUntil] = stretch(rates.recordedAts, query.knownAt)
  if (memory.size >= mostRemembered) memory.clear()
  memory.set(key, { found, prefixes: query.prefixes, from, until, knownFrom, knownUntil })
  return found
}

function memoryOf(rates: ProviderRates): Map<string, Remembered> {
  const known = remembered.get(rates)
  if (known !== undefined) return known
  const memory = new Map<string, Remembered>()
  remembered.set(rates, memory)
  return memory
}

function holds(known: Remembered, query: CardQuery): boolean {
  const inTime = query.at >= known.from && query.at < known.until
  return inTime && query.knownAt >= known.knownFrom && query.knownAt < known.knownUntil && query.prefixes === known.prefixes
}

/** Bytes first; if nothing is found, once more with everything in ASCII lower case. */
function search(rates: ProviderRates, query: CardQuery): CardFound | undefined {
  const asked = settleVariant({ requested: query.requestedModel, reported: query.reportedModel })
  const lower = { requested: asked.requested && asciiLower(asked.requested), reported: asked.reported && asciiLower(asked.reported) }
  return winner(rates.asWritten, asked, query, (text) => text) ?? winner(rates.lowerCase, lower, query, asciiLower)
}

function winner(index: Index, asked: Asked, query: CardQuery, spell: (text: string) => string): CardFound | undefined {
  const aliasOf = (alias: string): string | undefined => {
    const row = index.aliases.get(alias)?.find((each) => each.effective_from <= query.at && each.recorded_at <= query.knownAt)
    return row === undefined || row.model === null ? undefined : spell(row.model)
  }
  let best: Hit | undefined
  for (const [order, candidate] of candidates(asked, aliasOf, query.prefixes).entries()) {
    const patterns = index.patterns.filter(([text, card]) => matches(card.matchMode, text, candidate.id)).map(([, card]) => card)
    for (const card of [...(index.exact.get(candidate.id) ?? []), ...patterns]) {
      if (!applies(card, candidate, query)) continue
      const hit = { card, candidate, order }
      if (best === undefined || compare(hit, best) < 0) best = hit
    }
  }
  return best && { card: best.card, matched: howMatched(best) }
}

function applies(card: RateCard, candidate: Candidate, query: CardQuery): boolean {
  const { row } = card
  if (row.effective_from > query.at || row.recorded_at > query.knownAt || card.voidedAt <= query.knownAt) return false
  if (row.connection_id !== null && row.connection_id !== query.connectionId) return false
  return !candidate.operatorOnly || card.rank < 2
}

function compare(a: Hit, b: Hit): number {
  const one = a.card.row
  const two = b.card.row
  return (
    Number(one.connection_id === null) - Number(two.connection_id === null) ||
    a.card.rank - b.card.rank ||
    compareExactness({ matchMode: a.card.matchMode, model: one.model }, { matchMode: b.card.matchMode, model: two.model }) ||
    a.order - b.order ||
    two.effective_from - one.effective_from ||
    Number(two.revision - one.revision) ||
    compareBytes(one.model, two.model)
  )
}

function howMatched({ card, candidate }: Hit): Matched {
  if (card.matchMode !== 'exact') return card.matchMode
  return candidate.region ? 'region' : candidate.dated ? 'dated' : candidate.alias ? 'alias' : 'exact'
}

/** From the last instant at or before `at`, to the next one after it. */
function stretch(instants: readonly number[], at: number): readonly [from: number, until: number] {
  let low = 0
  let high = instants.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (instants[middle]! <= at) low = middle + 1
    else high = middle
  }
  return [instants[low - 1] ?? Number.NEGATIVE_INFINITY, instants[low] ?? Number.POSITIVE_INFINITY]
}
