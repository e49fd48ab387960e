/** Cards that stand for several models: which ids a prefix or a glob matches, and how the more exact of two patterns is told. */

import { globLiterals, globMatches } from '../core/glob.ts'
import type { MatchMode } from './rows.ts'

const modeRank: Record<MatchMode, number> = { exact: 0, prefix: 1, glob: 2 }

type Pattern = { readonly matchMode: MatchMode; readonly model: string }

/** Whether the pattern matches the whole id. In a glob `*` is any text and `?` any one character. */
export function matches(mode: MatchMode, pattern: string, id: string): boolean {
  if (mode === 'exact') return pattern === id
  if (mode === 'prefix') return id.startsWith(pattern)
  return globMatches(pattern, id)
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
  return pattern.matchMode === 'prefix' ? [...pattern.model].length : globLiterals(pattern.model)
}
