/** What a reading of the file comes to, line by line: rows that are wanted, and everything else by name and reason. */

import type { Json } from '../../core/json.ts'
import { type Era, eraOf } from './eras.ts'

export type Action = 'create' | 'update' | 'keep' | 'skip' | 'undecided' | 'refuse' | 'preserve'
/** `user`: he said it. `injected`: the source did. `derived`: read off other values by a rule. */
export type Provenance = 'user' | 'injected' | 'derived'
export type Kind = 'provider' | 'connection' | 'profile' | 'route' | 'rate_card'

export type Line = {
  readonly action: Action
  readonly pointer: string
  readonly kind: Kind | null
  readonly name: string | null
  readonly field: string | null
  readonly value: Json
  readonly reason: string
  readonly provenance: Provenance
  readonly era: Era
}

/** One field of a wanted row, and where it comes from. `soft`: said only where there is no row yet. */
export type Cell = {
  readonly value: Json
  readonly pointer: string
  readonly rule: string
  readonly provenance: Provenance
  readonly era: Era
  readonly soft?: true
}

export type Wanted = {
  readonly kind: Kind
  readonly name: string
  readonly pointer: string
  readonly cells: Readonly<Record<string, Cell>>
}

export type Notes = {
  readonly wanted: Wanted[]
  readonly lines: Line[]
  /** Places that a row or a line speaks for, with all below them. */
  readonly claimed: Set<string>
}

export function newNotes(): Notes {
  return { wanted: [], lines: [], claimed: new Set() }
}

/** A cell for what stands at a place. */
export function cell(value: Json, pointer: string, rule: string, provenance: Provenance = 'user'): Cell {
  return { value, pointer, rule, provenance, era: eraOf(pointer) }
}

export function derived(value: Json, pointer: string, rule: string): Cell {
  return cell(value, pointer, rule, 'derived')
}

type Target = {
  readonly kind?: Kind
  readonly name?: string
  readonly field?: string
  readonly provenance?: Provenance
  readonly value?: Json
}

/** Says what became of a place that becomes no row. */
export function note(
  notes: Notes,
  action: Exclude<Action, 'create' | 'update'>,
  pointer: string,
  reason: string,
  target: Target = {},
): void {
  notes.claimed.add(pointer)
  notes.lines.push({
    action,
    pointer,
    kind: target.kind ?? null,
    name: target.name ?? null,
    field: target.field ?? null,
    value: target.value ?? null,
    reason,
    provenance: target.provenance ?? 'user',
    era: eraOf(pointer),
  })
}

/** A row that is wanted. Its cells speak for the places they come from, unless they are derived. */
export function want(notes: Notes, wanted: Wanted): void {
  notes.wanted.push(wanted)
  claim(notes, wanted.cells)
}

export function claim(notes: Notes, cells: Readonly<Record<string, Cell>>): void {
  for (const { pointer, provenance } of Object.values(cells)) if (provenance !== 'derived') notes.claimed.add(pointer)
}
