/** What a decision about one waiting line makes of its row and of its base. Pure. */

import type { Manifest } from '../../catalog/manifest.ts'
import { PurserError } from '../../core/errors.ts'
import { printPath, type Value, withValue } from '../merge.ts'
import { type Item, itemsOf, keyOf, labelOf, type MergeRecord, nameOf, type Present, type Thing, withDefaults } from './items.ts'
import type { PlanLine, ThingChange } from './plan.ts'

export const sides = ['ours', 'theirs', 'base'] as const
export type Side = (typeof sides)[number]

export type Decided = { readonly change: ThingChange; readonly record: MergeRecord | null }

/** The base moves to theirs whatever is taken: what is decided is not asked again until the manifest says something new. */
export function decide(line: PlanLine, take: Side, manifest: Manifest, present: Present): Decided {
  const item = itemsOf(manifest).find((each) => keyOf(each) === keyOf(line))!
  if (line.action === 'name_taken') return decline(item, take, manifest.revision)
  const thing = present.things.find((each) => keyOf(each) === keyOf(line))!
  const base = present.bases.find((each) => keyOf(each) === keyOf(line))
  const path = line.path!
  if (path[0] === 'canonical_equivalent_id' && take !== 'ours') throw ofTwo(nameOf(thing))
  const value = settled(line[take], item, path)
  const after: Thing = { ...thing, fields: withValue(thing.fields, path, value) }
  if (nameOf(after) !== nameOf(thing)) refuseBorne(after, present)
  const said = withValue(withDefaults(item.kind, base?.fields ?? {}), path, line.theirs)
  const change = { before: thing, after, base: { ...item, fields: said, revision: base?.revision ?? manifest.revision } }
  return { change, record: thawed(line, present.record) }
}

/** A column always holds something: nothing said is what it holds by itself. */
function settled(value: Value, item: Item, path: readonly string[]): Value {
  return value === undefined && path.length === 1 ? withDefaults(item.kind, {})[path[0]!] : value
}

/** The operator's own row keeps the name, and the shipped item stays away as if he had removed it. */
function decline(item: Item, take: Side, revision: number): Decided {
  if (take !== 'ours')
    throw new PurserError('conflict', `Another ${item.kind} bears the name "${nameOf(item)}", and it is not replaced.`, {
      code: 'name_taken',
      field: 'take',
      hint: `Give yours another name, then:  purser manifest apply`,
    })
  const gone: Thing = { ...item, removed: true }
  return { change: { before: gone, after: gone, base: { ...item, revision } }, record: null }
}

function ofTwo(name: string): PurserError {
  return new PurserError('conflict', 'A pair is two rows, and one decision cannot change both.', {
    code: 'paired',
    field: 'take',
    hint: `Pair them yourself, then take ours:  purser connections update ${name} --twin NAME`,
  })
}

function refuseBorne(after: Thing, { things }: Present): void {
  const rival = things.find(
    (other) => !other.removed && keyOf(other) !== keyOf(after) && nameOf(other) === nameOf(after) && sharesNames(other, after),
  )
  if (rival === undefined) return
  throw new PurserError('conflict', `${labelOf(rival)} bears that name already.`, { code: 'name_taken', field: 'take' })
}

/** Profiles and routes share one set of names. */
export function sharesNames(a: Item, b: Item): boolean {
  return a.kind === b.kind || [a, b].every(({ kind }) => kind === 'profile' || kind === 'route')
}

function thawed(line: PlanLine, record: MergeRecord | null): MergeRecord | null {
  if (record === null) return null
  const { [printPath(line.path!)]: _decided, ...others } = record.frozen[keyOf(line)] ?? {}
  const { [keyOf(line)]: _row, ...rows } = record.frozen
  return { ...record, frozen: Object.keys(others).length === 0 ? rows : { ...rows, [keyOf(line)]: others } }
}
