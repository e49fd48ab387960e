/** Taking an import back: a row that it made goes unless it was edited or is needed, a field that it changed becomes what it was unless it holds another value now. */

import type { JsonObject } from '../../core/json.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { sameValue } from '../merge.ts'
import { tableOf, updateRow } from '../row-statements.ts'
import { columnsOf, type IdOf, membersOf } from './columns.ts'
import type { Thing } from './present.ts'
import type { Written } from './statements.ts'

type Named = { readonly kind: string; readonly name: string }
type Why = 'edited' | 'in_use' | 'gone'

export type Back = {
  readonly changes: readonly { readonly touched: Touched; statements(context: OperationContext): readonly ControlStatement[] }[]
  readonly removed: Named[]
  readonly restored: Named[]
  readonly kept: (Named & { readonly why: Why })[]
  /** Connections that no longer hold what the import gave them. */
  readonly freed: ReadonlySet<string>
}

export function takeBack(things: readonly Thing[], written: readonly Written[]): Back {
  const by = new Map(things.filter(({ removed }) => !removed).map((each) => [each.id, each]))
  const leaving = leavingOf(things, by, written)
  const idOf = idsOf(things)
  const changes: Back['changes'][number][] = []
  const [removed, restored, kept]: [Named[], Named[], Back['kept']] = [[], [], []]
  const freed = new Set<string>()
  for (const each of written) {
    const { kind, id, name, before } = each
    const row = by.get(id)
    if (row === undefined) kept.push({ kind, name, why: 'gone' })
    else if (before === null && leaving.has(id)) {
      removed.push({ kind, name })
      freed.add(id)
      changes.push({
        touched: { kind, id, name: row.name, before: { removed_at: null }, after: {} },
        statements: ({ store, clock }) => [updateRow(store.read, tableOf[kind], id, { removed_at: clock.now(), updated_at: clock.now() })],
      })
    } else if (before === null) kept.push({ kind, name, why: isEdited(row, each) ? 'edited' : 'in_use' })
    else {
      const fields = Object.keys(each.after).filter((field) => sameValue(row.fields[field], each.after[field]))
      if (fields.length < Object.keys(each.after).length) kept.push({ kind, name, why: 'edited' })
      if (fields.length === 0) continue
      const back = Object.fromEntries(fields.map((field) => [field, before[field] ?? null])) as JsonObject
      restored.push({ kind, name })
      if (fields.includes('auth')) freed.add(id)
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
  return { changes, removed, restored, kept, freed }
}

function isEdited(row: Thing, { name, after }: Written): boolean {
  return row.name !== name || Object.entries(after).some(([field, value]) => !sameValue(row.fields[field], value))
}

/** Made by the import, not edited, and needed by nothing that stays: found by taking out until nothing more has to stay. */
function leavingOf(things: readonly Thing[], by: ReadonlyMap<string, Thing>, written: readonly Written[]): ReadonlySet<string> {
  const leaving = new Set(
    written.filter((each) => each.before === null && by.has(each.id) && !isEdited(by.get(each.id)!, each)).map(({ id }) => id),
  )
  const restored = new Map(written.filter(({ before }) => before !== null).map((each) => [each.id, each]))
  for (let more = true; more; ) {
    more = false
    const needed = new Set(
      things.filter((each) => !each.removed && !leaving.has(each.id)).flatMap((each) => needs(each, restored.get(each.id))),
    )
    for (const id of leaving) {
      const { kind, name } = by.get(id)!
      if (!needed.has(`${kind}/${name}`)) continue
      leaving.delete(id)
      more = true
    }
  }
  return leaving
}

/** What a thing refers to, as it will stand after the undo. */
function needs({ kind, fields }: Thing, back: Written | undefined): readonly string[] {
  const undone = Object.keys(back?.after ?? {}).filter((field) => sameValue(fields[field], back!.after[field]))
  const then: JsonObject = { ...fields, ...Object.fromEntries(undone.map((field) => [field, back!.before![field] ?? null])) }
  if (kind === 'route')
    return (then.members as unknown as readonly { readonly profile: string }[]).map(({ profile }) => `profile/${profile}`)
  return [`provider/${String(then.provider)}`, `connection/${String(then.connection)}`]
}

function idsOf(things: readonly Thing[]): IdOf {
  return (kind, name) => things.find((each) => each.kind === kind && each.name === name && !each.removed)!.id
}
