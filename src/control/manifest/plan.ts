/** What becomes of a database when this manifest meets it: every row that changes, every base that moves, and a line for each decision. Pure. */

import type { Manifest } from '../../catalog/manifest.ts'
import { type MergeLine, mergeFields, type Path, printPath, sameValue, type Value, withValue } from '../merge.ts'
import { guardOf, wholeFields } from './guard.ts'
import {
  type Base,
  type Item,
  itemsOf,
  keyOf,
  kinds,
  labelOf,
  type MergeRecord,
  nameOf,
  only,
  type Present,
  type Reference,
  referencesOf,
  type Thing,
  withDefaults,
} from './items.ts'
import { type Retired, retirements } from './retire.ts'

export type PlanLine = {
  readonly action: MergeLine['action'] | 'insert' | 'name_taken' | 'absent' | 'tombstone' | 'retired'
  readonly kind: Item['kind']
  readonly id: string
  /** As the row is named now, or as the manifest names what is no row. */
  readonly name: string
  /** Null where the line is about the row. */
  readonly path: Path | null
  readonly base: Value
  readonly ours: Value
  readonly theirs: Value
  readonly reason: string | null
  readonly baseRevision: number | null
  readonly referrers: readonly string[]
}

/** `before` null: it is inserted. `base` null: it stays as it is. */
export type ThingChange = { readonly before: Thing | null; readonly after: Thing; readonly base: Base | null }

export type MergePlan = {
  readonly revision: number
  /** Of the newest manifest that was merged here. */
  readonly stored: number
  readonly lines: readonly PlanLine[]
  readonly changes: readonly ThingChange[]
  /** Null: it stays as it is. */
  readonly record: MergeRecord | null
}

export type MergeOptions = {
  /** Fields that wait by the guard and may be taken, as `kind/name.field`. */
  readonly accept?: ReadonlySet<string>
  /** Whether a row can be used as it is. What makes it useless is not taken. */
  readonly isSound?: (thing: Thing) => boolean
}

export function storedRevision({ bases, record }: Present): number {
  return Math.max(record?.revision ?? 0, ...bases.map((base) => base.revision))
}

/** An older manifest than the one that was merged last has nothing to say. */
export function planMerge(manifest: Manifest, present: Present, options: MergeOptions = {}): MergePlan {
  const { revision } = manifest
  const stored = storedRevision(present)
  if (revision < stored) return { revision, stored, lines: [], changes: [], record: null }
  const items = itemsOf(manifest)
  const known = new Set(items.map(keyOf))
  const merged = settle(items, present, revision, options)
  const things = after(present.things, merged)
  const gone = present.bases.filter((base) => !known.has(keyOf(base)))
  const retired = retirements(gone, things, present.namedBy)
  const changes = [...merged.flatMap(({ change }) => (change === null ? [] : [change])), ...retired.flatMap(changeOfRetired)]
  const lines = [...merged.flatMap((each) => each.lines), ...retired.map(lineOfRetired)]
  const record = recordOf(revision, lines, present)
  return { revision, stored, lines, changes, record: sameValue(present.record as never, record as never) ? null : record }
}

/** What one item comes to. */
type Outcome = {
  readonly change: ThingChange | null
  readonly lines: readonly PlanLine[]
  /** It bears a name that it did not bear before. */
  readonly claims: boolean
  readonly result: Thing | null
  /** The references that are new in it, those that are held among them. */
  readonly wants: readonly Reference[]
}

/**
 * Merges item by item. A name that is taken, and a reference to what does not stand, can only be seen when all is merged: what must
 * not be is then refused, and all is merged again, until nothing more is refused.
 */
function settle(items: readonly Item[], present: Present, revision: number, options: MergeOptions): readonly Outcome[] {
  const byKey = new Map(present.things.map((thing) => [keyOf(thing), thing]))
  const bases = new Map(present.bases.map((base) => [keyOf(base), base]))
  const refused = new Map<string, string>()
  for (;;) {
    const outcomes = items.map((item) =>
      outcomeOf(item, byKey.get(keyOf(item)), bases.get(keyOf(item)), { items, present, revision, options, refused }),
    )
    const more = [...refusals(outcomes, after(present.things, outcomes)), ...outcomes.flatMap((each) => unsound(each, options))].filter(
      ([key]) => !refused.has(key),
    )
    if (more.length === 0) return outcomes
    for (const [key, reason] of more) refused.set(key, reason)
  }
}

type Round = {
  readonly items: readonly Item[]
  readonly present: Present
  readonly revision: number
  readonly options: MergeOptions
  /** Why an insert (`kind/id`) or a field (`kind/id field`) may not be. */
  readonly refused: ReadonlyMap<string, string>
}

function outcomeOf(item: Item, thing: Thing | undefined, base: Base | undefined, round: Round): Outcome {
  if (thing === undefined && base === undefined) return inserted(item, round)
  if (thing === undefined || thing.removed)
    return unchanged(lineOf('tombstone', item, { reason: 'removed', baseRevision: base?.revision ?? null }))
  return mergedInto(thing, item, base, round)
}

function inserted(item: Item, { refused, revision }: Round): Outcome {
  const reason = refused.get(keyOf(item))
  if (reason === 'name_taken') return unchanged(lineOf('name_taken', item, { path: ['name'], theirs: nameOf(item), reason }))
  if (reason !== undefined) return unchanged(lineOf('absent', item, { reason }))
  const lone = refused.has(`${keyOf(item)} canonical_equivalent_id`)
  const fields = lone ? { ...item.fields, canonical_equivalent_id: null } : item.fields
  const result: Thing = { ...item, fields, removed: false }
  return {
    change: { before: null, after: result, base: { ...item, fields, revision } },
    lines: [lineOf('insert', item, {})],
    claims: true,
    result,
    wants: referencesOf(result),
  }
}

function mergedInto(thing: Thing, item: Item, base: Base | undefined, { items, present, revision, options, refused }: Round): Outcome {
  const hold = (path: Path, _ours: Value, theirs: Value): string | null => {
    const field = path[0]!
    const reason = refused.get(`${keyOf(item)} ${field}`)
    if (reason !== undefined) return reason
    return options.accept?.has(`${labelOf(thing)}.${field}`) ? null : guardOf(thing, field, theirs, { ...present, items })
  }
  const said = base === undefined ? {} : withDefaults(item.kind, base.fields)
  const ours = only(thing.fields, item.fields, said)
  const merged = mergeFields(said, ours, item.fields, { hold, whole: wholeFields })
  const result = { ...thing, fields: { ...thing.fields, ...merged.value } }
  const moves = base === undefined || base.revision !== revision || !sameValue(base.fields, merged.base)
  const frozen = present.record?.frozen[keyOf(item)] ?? {}
  const lines = merged.lines.map(({ path, ...line }) => ({
    ...lineOf(line.action, thing, { ...line, path, baseRevision: frozen[printPath(path)] ?? base?.revision ?? null }),
  }))
  const change = { before: thing, after: result, base: moves ? { ...item, fields: merged.base, revision } : null }
  const isSame = !moves && sameValue(ours, merged.value)
  const fresh = new Set(merged.lines.filter(({ action }) => action === 'take' || action === 'held').map(({ path }) => path[0]))
  const wants = referencesOf(item).filter(({ field }) => fresh.has(field))
  return { change: isSame ? null : change, lines, claims: nameOf(thing) !== nameOf(result), result, wants }
}

function unchanged(line: PlanLine): Outcome {
  return { change: null, lines: [line], claims: false, result: null, wants: [] }
}

function lineOf(action: PlanLine['action'], item: Item, more: Partial<PlanLine>): PlanLine {
  const nothing = { path: null, base: undefined, ours: undefined, theirs: undefined, reason: null, baseRevision: null, referrers: [] }
  return { ...nothing, ...more, action, kind: item.kind, id: item.id, name: nameOf(item) }
}

/** All things as they stand when these outcomes are done. */
function after(things: readonly Thing[], outcomes: readonly Outcome[]): readonly Thing[] {
  const results = new Map(outcomes.flatMap(({ result }) => (result === null ? [] : [[keyOf(result), result] as const])))
  return [...things.filter((thing) => !results.has(keyOf(thing))), ...results.values()]
}

/** What must not be: a second thing of a name, and a reference to what does not stand. */
function refusals(outcomes: readonly Outcome[], things: readonly Thing[]): readonly (readonly [string, string])[] {
  const standing = things.filter((thing) => !thing.removed)
  const bearers = Map.groupBy(standing, nameSpaceOf)
  const keys = new Set(standing.map(keyOf))
  return outcomes.flatMap(({ change, claims, result, wants }) => {
    if (result === null) return []
    const isNew = change !== null && change.before === null
    const taken = claims && bearers.get(nameSpaceOf(result))!.length > 1
    const names = taken ? [[isNew ? keyOf(result) : `${keyOf(result)} name`, 'name_taken'] as const] : []
    const absent = wants.filter((reference) => !keys.has(keyOf(reference))).map((reference) => absence(result, reference, isNew))
    return [...names, ...absent, ...wants.filter((reference) => isOneSided(result, reference, standing)).map(() => twinless(result))]
  })
}

/** The fields that would be taken into a row that could be used before and could not afterwards. */
function unsound({ change, lines }: Outcome, { isSound = () => true }: MergeOptions): readonly (readonly [string, string])[] {
  if (change === null || change.before === null || isSound(change.after) || !isSound(change.before)) return []
  return lines.filter(({ action }) => action === 'take').map((line) => [`${keyOf(line)} ${line.path![0]}`, 'unsound'] as const)
}

/** Profiles and routes share one set of names. */
function nameSpaceOf(thing: Item): string {
  return `${thing.kind === 'route' ? 'profile' : thing.kind} ${nameOf(thing)}`
}

/** A pair is mutual, or none: the other side may be another's, or have been parted. */
function isOneSided(thing: Thing, { field, id }: Reference, standing: readonly Thing[]): boolean {
  if (field !== 'canonical_equivalent_id') return false
  const twin = standing.find((other) => other.kind === thing.kind && other.id === id)
  return twin !== undefined && twin.fields.canonical_equivalent_id !== thing.id
}

function twinless(thing: Thing): readonly [string, string] {
  return [`${keyOf(thing)} canonical_equivalent_id`, 'twin_taken']
}

function absence(thing: Thing, { field, kind }: Reference, isNew: boolean): readonly [string, string] {
  const whole = isNew && field !== 'canonical_equivalent_id'
  return [whole ? keyOf(thing) : `${keyOf(thing)} ${field}`, `${kind}_absent`]
}

function changeOfRetired({ base, thing, disables }: Retired): readonly ThingChange[] {
  if (!disables) return []
  const fields = withValue(thing.fields, ['disabled'], true)
  return [{ before: thing, after: { ...thing, fields }, base: { ...base, fields: withValue(base.fields, ['disabled'], true) } }]
}

function lineOfRetired({ base, thing, disables, reason, referrers }: Retired): PlanLine {
  const values = disables ? { path: ['disabled'], base: false, ours: false, theirs: true } : {}
  return lineOf('retired', thing, { ...values, reason, referrers, baseRevision: base.revision })
}

function recordOf(revision: number, lines: readonly PlanLine[], present: Present): MergeRecord {
  const frozen: Record<string, Record<string, number>> = {}
  const retired: Record<string, number> = {}
  for (const line of lines) {
    if (line.action === 'retired') retired[keyOf(line)] = present.record?.retired[keyOf(line)] ?? revision
    if (!isFrozen(line) || !needsDecision(line)) continue
    frozen[keyOf(line)] ??= {}
    frozen[keyOf(line)]![printPath(line.path!)] = line.baseRevision ?? 0
  }
  return { revision, frozen, retired }
}

/** Whether this path of a row is left as it is until somebody decides. */
export function isFrozen({ action }: PlanLine): boolean {
  return action === 'conflict' || action === 'held'
}

/** Whether somebody must decide. What another row keeps from being waits for that row. */
export function needsDecision(line: PlanLine): boolean {
  const waitsForAnother = line.reason?.endsWith('_absent') === true || line.reason === 'twin_taken'
  return (isFrozen(line) && !waitsForAnother) || line.action === 'name_taken'
}

/** In the order in which a database takes them: what others refer to first. */
export function inOrder(changes: readonly ThingChange[]): readonly ThingChange[] {
  return kinds.flatMap((kind) => changes.filter((change) => change.after.kind === kind))
}
