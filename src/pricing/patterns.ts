/** Cards that stand for several models: which ids a prefix or a glob matches, and how the more exact of two patterns is told. */

import type { MatchMode } from './rows.ts'

const modeRank: Record<MatchMode, number> = { exact: 0, prefix: 1, glob: 2 }

type Pattern = { readonly matchMode: MatchMode; readonly model: string }

/** Whether the pattern matches the whole id. In a glob `*` is any text and `?` any one character. */
export function matches(mode: MatchMode, pattern: string, id: string): boolean {
  if (mode === 'exact') return pattern === id
  if (mode === 'prefix') return id.startsWith(pattern)
  return globMatches([...pattern], [...id])
}

/** Negative where `a` is the more exact: exact, then the longest prefix, then the glob with most literal characters, then byte order. */
export function compareExactness(a: Pattern, b: Pattern): number {
  const rank = modeRank[a.matchMode] - modeRank[b.matchMode]
  if (rank !== 0 || a.matchMode === 'exact') return rank
  return literals(b) - literals(a) || compareBytes(a.model, b.model)
}

/** Order of the UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function literals(pattern: Pattern): number {
  const characters = [...pattern.model]
  return pattern.matchMode === 'prefix'
    ? characters.length
    : characters.filter((character) => character !== '*' && character !== '?').length
}

/** Goes back to the last star only, so that it takes at most pattern × id steps. */
function globMatches(pattern: readonly string[], id: readonly string[]): boolean {
  let p = 0
  let i = 0
  let star = -1
  let retry = 0
  while (i < id.length) {
    if (pattern[p] === '*') {
      star = p++
      retry = i
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === id[i])) {
      p++
      i++
    } else if (star >= 0) {
      p = star + 1
      i = ++retry
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
