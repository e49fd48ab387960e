/** Taking an import back: a row that it made goes unless it was edited or is needed, a field that it changed becomes what it was unless it holds another value now. */

import type { Json, JsonObject } from '../../core/json.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { sameValue } from '../merge.ts'
import { tableOf, updateRow } from '../row-statements.ts'
import { columnsOf, type IdOf, membersOf, renamed, unitIn } from './columns.ts'
import { type Thing, unspoken } from './present.ts'
import type { Written } from './statements.ts'

export const whyKept = ['edited', 'in_use', 'gone', 'needs_what_is_gone'] as const
type Named = { readonly kind: string; readonly name: string }

export type Back = {
  readonly changes: readonly { readonly touched: Touched; statements(context: OperationContext): readonly ControlStatement[] }[]
  readonly removed: Named[]
  readonly restored: Named[]
  readonly kept: (Named & { readonly why: (typeof whyKept)[number] })[]
  /** Connections that no longer hold what the import gave them. */
  readonly freed: ReadonlySet<string>
  /** Everything as it will stand, for the check of boundaries. */
  readonly after: readonly Thing[]
}

type Live = ReadonlyMap<string, Thing>

/** `named`: what keys and settings know by name. */
export function takeBack(things: readonly Thing[], written: readonly Written[], named: ReadonlySet<string>): Back {
  const live = new Map(things.filter(({ removed }) => !removed).map((each) => [each.id, each]))
  const leaving = leavingOf(live, written, named)
  const idOf = idsOf(things)
  const after = new Map([...live].filter(([id]) => !leaving.has(id)))
  const changes: Back['changes'][number][] = []
  const [removed, restored, kept]: [Named[], Named[], Back['kept']] = [[], [], []]
  const freed = new Set<string>()
  for (const each of written) {
    const { kind, id, name, before } = each
    const row = live.get(id)
    if (row === undefined) kept.push({ kind, name, why: 'gone' })
    else if (before === null && leaving.has(id)) {
      removed.push({ kind, name })
      freed.add(id)
      changes.push({
        touched: { kind, id, name: row.name, before: { removed_at: null }, after: {} },
        statements: ({ store, clock }) => [updateRow(store.read, tableOf[kind], id, { removed_at: clock.now(), updated_at: clock.now() })],
      })
    } else if (before === null) kept.push({ kind, name, why: isEdited(live, row, each) ? 'edited' : 'in_use' })
    else {
      const { back, why } = fieldsBack(live, row, each)
      if (why !== undefined) kept.push({ kind, name, why })
      const fields = Object.keys(back)
      if (fields.length === 0) continue
      restored.push({ kind, name })
      if (fields.includes('auth')) freed.add(id)
      after.set(id, { ...row, fields: { ...row.fields, ...back } })
      changes.push({
        touched: {
          kind,
          id,
          name: row.name,
          before: Object.fromEntries(fields.map((field) => [field, row.fields[field] ?? null])),
          after: back,
        },
        statements: (context) => [
          updateRow(context.store.read, tableOf[kind], id, { ...columnsOf(idOf, kind, back), updated_at: context.clock.now() } as never),
          ...membersOf(context, idOf, id, back, true),
        ],
      })
    }
  }
  return { changes, removed, restored, kept, freed, after: [...after.values()] }
}

/** A value of then, by the names that its references bear now. */
function today(live: Live, { refs }: Written, field: string, value: Json): Json | undefined {
  return renamed(field, value, (kind, name) => live.get(refs[`${kind}/${name}`] ?? '')?.name)
}

function holds(live: Live, row: Thing, each: Written, fields: JsonObject): boolean {
  return Object.entries(fields).every(([field, value]) => sameValue(row.fields[field], today(live, each, field, value)))
}

/** The fields that become what they were, and why it is not all of them. */
function fieldsBack(live: Live, row: Thing, each: Written): { readonly back: JsonObject; readonly why?: (typeof whyKept)[number] } {
  const inUnit = (field: string): boolean => Object.hasOwn(each.unit, field)
  const isUnitHeld = holds(live, row, each, each.unit)
  const held = Object.keys(each.after).filter((field) =>
    inUnit(field) ? isUnitHeld : holds(live, row, each, { [field]: each.after[field]! }),
  )
  const was = new Map(held.map((field) => [field, today(live, each, field, each.before![field] ?? null)]))
  const unit = unitIn({ ...row.fields, ...(Object.fromEntries([...was].filter(([, value]) => value !== undefined)) as JsonObject) })
  const isUnitWhole =
    each.kind !== 'profile' || (![...was].some(([field, value]) => inUnit(field) && value === undefined) && isPaidThere(live, unit))
  const back = [...was].filter(([field, value]) => value !== undefined && (!inUnit(field) || isUnitWhole))
  const why = back.length < was.size ? 'needs_what_is_gone' : held.length < Object.keys(each.after).length ? 'edited' : undefined
  return { back: Object.fromEntries(back) as JsonObject, ...(why === undefined ? {} : { why }) }
}

/** A connection may be another provider's by now. */
function isPaidThere(live: Live, { provider, connection }: JsonObject): boolean {
  return (
    connection === null ||
    [...live.values()].some((row) => row.kind === 'connection' && row.name === connection && row.fields.provider === provider)
  )
}

function isEdited(live: Live, row: Thing, each: Written): boolean {
  return row.name !== each.name || !holds(live, row, each, each.after) || !sameValue(row.beyond, unspoken[row.kind])
}

/** Made by the import, not edited, and needed by nothing that stays: found by taking out until nothing more has to stay. */
function leavingOf(live: Live, written: readonly Written[], named: ReadonlySet<string>): ReadonlySet<string> {
  const made = written.filter((each) => each.before === null && live.has(each.id))
  const leaving = new Set(made.filter((each) => !isEdited(live, live.get(each.id)!, each)).map(({ id }) => id))
  const changed = new Map(written.filter(({ before }) => before !== null).map((each) => [each.id, each]))
  const byName = new Set([...named].flatMap((name) => [`profile/${name}`, `route/${name}`]))
  for (let more = true; more; ) {
    more = false
    const staying = [...live.values()].filter(({ id }) => !leaving.has(id))
    const needed = new Set([...byName, ...staying.flatMap((each) => needs(live, each, changed.get(each.id)))])
    for (const id of leaving) {
      const { kind, name } = live.get(id)!
      if (!needed.has(`${kind}/${name}`)) continue
      leaving.delete(id)
      more = true
    }
  }
  return leaving
}

/** What a thing refers to, as it will stand after the undo. */
function needs(live: Live, row: Thing, each: Written | undefined): readonly string[] {
  const then: JsonObject = { ...row.fields, ...(each === undefined ? {} : fieldsBack(live, row, each).back) }
  if (row.kind === 'route')
    return (then.members as unknown as readonly { readonly profile: string }[]).map(({ profile }) => `profile/${profile}`)
  return [`provider/${String(then.provider)}`, `connection/${String(then.connection)}`]
}

function idsOf(things: readonly Thing[]): IdOf {
  return (kind, name) => things.find((each) => each.kind === kind && each.name === name && !each.removed)!.id
}
