/** Which row each item of a state document speaks of: the one with its id, else the one with its name, else a new one. */

import type { StateFault } from './document.ts'

type Item = { readonly id?: string | undefined; readonly name: string }
type Known = { readonly id: string; readonly name: string }

export type Match<I, R> = { readonly item: I; readonly row: R | undefined; readonly path: string }

export type Matched<I, R> = {
  readonly matches: readonly Match<I, R>[]
  readonly faults: readonly StateFault[]
  /** Rows that the document names by another id than theirs. */
  readonly warnings: readonly string[]
}

/** `isLive`: a row that is gone is known by its id alone. */
export function matchItems<I extends Item, R extends Known>(
  section: string,
  items: readonly I[],
  rows: readonly R[],
  isLive: (row: R) => boolean,
): Matched<I, R> {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const byName = new Map(rows.filter(isLive).map((row) => [row.name, row]))
  const claimed = new Set(items.flatMap(({ id }) => (id !== undefined && byId.has(id) ? [id] : [])))
  const faults: StateFault[] = []
  const warnings: string[] = []
  const seen = { id: new Set<string>(), name: new Set<string>() }
  const matches = items.map((item, place) => {
    const path = `${section}.${place}`
    for (const field of ['id', 'name'] as const) {
      const value = item[field]
      if (value === undefined) continue
      if (seen[field].has(value)) faults.push({ path: `${path}.${field}`, says: `"${value}" stands there twice.` })
      seen[field].add(value)
    }
    const own = item.id === undefined ? undefined : byId.get(item.id)
    const named = byName.get(item.name)
    const row = own ?? (named !== undefined && !claimed.has(named.id) ? named : undefined)
    if (row !== undefined && item.id !== undefined && row.id !== item.id) {
      warnings.push(`${section}: "${item.name}" has another id here, and keeps it.`)
    }
    return { item, row, path }
  })
  return { matches, faults, warnings }
}
