/** Takes back what the merges of one revision wrote: fields that still hold it, and rows that it added and nobody has touched since. Pure. */

import type { z } from 'zod'
import { printPath, sameValue, valueAt, withValue } from '../merge.ts'
import type { mergeUndo } from './audit.ts'
import {
  type Base,
  keyOf,
  kinds,
  labelOf,
  nameOf,
  only,
  type Present,
  referencesOf,
  type Thing,
  type ThingKind,
  withDefaults,
} from './items.ts'
import type { ThingChange } from './plan.ts'
import { sharesNames } from './resolve.ts'
import { uses } from './retire.ts'

/** What an entry of the audit log says of a row. */
export type Written = { readonly kind: ThingKind; readonly id: string; readonly undo: z.output<typeof mergeUndo> }

const leftReasons = ['changed_since', 'not_kept', 'removed', 'name_taken', 'absent', 'referenced'] as const
export type Left = { readonly row: string; readonly field: string | null; readonly reason: (typeof leftReasons)[number] }

export type UndoPlan = { readonly changes: readonly ThingChange[]; readonly left: readonly Left[] }

/** `entries`, newest first: where two wrote the same field the older value is the one to go back to. */
export function planUndo(entries: readonly Written[], present: Present): UndoPlan {
  const standing = new Map(present.things.filter((thing) => !thing.removed).map((thing) => [keyOf(thing), thing]))
  const fresh = new Map(standing)
  const left: Left[] = []
  for (const entry of entries) {
    const thing = fresh.get(keyOf(entry))
    if (thing === undefined) left.push({ row: `${entry.kind}/${entry.id}`, field: null, reason: 'removed' })
    else fresh.set(keyOf(thing), restored(thing, entry, fresh, left))
  }
  const added = entries.filter(({ undo }) => undo.created).map(keyOf)
  for (const kind of kinds.toReversed()) {
    for (const thing of [...fresh.values()].filter((each) => each.kind === kind && added.includes(keyOf(each)))) {
      const reason = whyKept(thing, present.bases, [...fresh.values()])
      if (reason === null) fresh.delete(keyOf(thing))
      else left.push({ row: labelOf(thing), field: null, reason })
    }
  }
  const changes = [...standing.values()].flatMap((before): readonly ThingChange[] => {
    const after = fresh.get(keyOf(before))
    if (after === undefined) return [{ before, after: { ...before, removed: true }, base: null }]
    return sameValue(before.fields, after.fields) ? [] : [{ before, after, base: null }]
  })
  return { changes, left }
}

function restored(thing: Thing, { undo }: Written, fresh: ReadonlyMap<string, Thing>, left: Left[]): Thing {
  const leave = (path: readonly string[], reason: Left['reason']) => left.push({ row: labelOf(thing), field: printPath(path), reason })
  for (const path of undo.hidden) leave(path, 'not_kept')
  let now = thing
  for (const { path, before, after } of undo.writes) {
    const here = valueAt(now.fields, path)
    if (sameValue(here, before)) continue
    const back: Thing = { ...thing, fields: withValue(now.fields, path, before) }
    const reason = sameValue(here, after) ? obstacle(back, path[0]!, fresh) : 'changed_since'
    if (reason === null) now = back
    else leave(path, reason)
  }
  return now
}

/** Why a value cannot stand again: its name is borne, or what it refers to is gone. */
function obstacle(back: Thing, field: string, fresh: ReadonlyMap<string, Thing>): Left['reason'] | null {
  const others = [...fresh.values()].filter((other) => keyOf(other) !== keyOf(back))
  if (field === 'name' && others.some((other) => nameOf(other) === nameOf(back) && sharesNames(other, back))) return 'name_taken'
  return referencesOf(back).some((reference) => reference.field === field && !fresh.has(keyOf(reference))) ? 'absent' : null
}

function whyKept(thing: Thing, bases: readonly Base[], things: readonly Thing[]): Left['reason'] | null {
  const base = bases.find((each) => keyOf(each) === keyOf(thing))
  const said = withDefaults(thing.kind, base?.fields ?? {})
  if (!sameValue(said, only(thing.fields, said))) return 'changed_since'
  const isUsed = things.some((other) => keyOf(other) !== keyOf(thing) && uses(other, thing))
  return isUsed ? 'referenced' : null
}
