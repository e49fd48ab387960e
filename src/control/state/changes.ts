/** From one state to another: what moves, in words, and the statements that write it in an order that no name or reference stumbles over. */

import type { Kysely } from 'kysely'
import { canonicalJson, type JsonObject } from '../../core/json.ts'
import { compareBytes } from '../../pricing/patterns.ts'
import type { Row, TableName, Tables } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import type { Touched } from '../change.ts'
import { moved } from '../patch.ts'
import { plainNumbers } from '../plain.ts'
import { deleteMembers, insertRows, type NewRow, updateRow } from '../row-statements.ts'
import { type StateRows, showMembers } from './rows.ts'

export const actions = ['create', 'update', 'restore', 'remove'] as const

export type StateChange = {
  readonly action: (typeof actions)[number]
  readonly kind: string
  readonly id: string
  readonly name: string
  /** The columns that move. `{}` before where it is made, `{}` after where it goes. */
  readonly before: JsonObject
  readonly after: JsonObject
}

/** In the order in which one refers to the other. */
const nouns = [
  { part: 'providers', table: 'providers', kind: 'provider' },
  { part: 'connections', table: 'connections', kind: 'connection' },
  { part: 'profiles', table: 'model_profiles', kind: 'profile' },
  { part: 'routes', table: 'routes', kind: 'route' },
  { part: 'keys', table: 'keys', kind: 'key' },
] as const
type Noun = (typeof nouns)[number]
type AnyRow = { readonly id: string; readonly name: string }

export function changesBetween(before: StateRows, after: StateRows): readonly StateChange[] {
  const byName = (changes: readonly StateChange[]) => changes.toSorted((a, b) => compareBytes(a.name, b.name))
  return [...nouns.flatMap((noun) => byName(rowChanges(noun, before, after))), ...byName(settingChanges(before, after))]
}

export function touchedBy(changes: readonly StateChange[]): readonly Touched[] {
  return changes.map(({ kind, id, name, before, after, action }) => ({ kind, id, name, before, after: action === 'remove' ? {} : after }))
}

function rowChanges({ part, kind }: Noun, before: StateRows, after: StateRows): readonly StateChange[] {
  const old = new Map((before[part] as readonly AnyRow[]).map((row) => [row.id, row]))
  return (after[part] as readonly AnyRow[]).flatMap((row): StateChange[] => {
    const was = old.get(row.id)
    const about = { kind, id: row.id, name: was?.name ?? row.name }
    const whole = plain(part, row, after)
    if (was === undefined) return [{ action: 'create', ...about, before: {}, after: readable(whole, row.id, after) }]
    const columns = moved(plain(part, was, before), whole)
    if (Object.keys(columns.after).length === 0) return []
    const action = actionOf(columns.after, columns.before)
    return [{ action, ...about, before: readable(columns.before, row.id, before), after: readable(columns.after, row.id, after) }]
  })
}

function actionOf(after: JsonObject, before: JsonObject): StateChange['action'] {
  const end = Object.hasOwn(after, 'removed_at') ? 'removed_at' : Object.hasOwn(after, 'revoked_at') ? 'revoked_at' : undefined
  if (end === undefined) return 'update'
  return after[end] === null || before[end] !== null ? 'restore' : 'remove'
}

/** Members are compared by the profiles that they are, and shown by what those are called. */
function readable(columns: JsonObject, routeId: string, rows: StateRows): JsonObject {
  return Object.hasOwn(columns, 'members') ? { ...columns, members: showMembers(routeId, rows) } : columns
}

/** A route is its members too. */
function plain(part: Noun['part'], row: AnyRow, rows: StateRows): JsonObject {
  const { updated_at: _updated, ...columns } = plainNumbers(row as AnyRow & { updated_at?: number })
  return { ...columns, ...(part === 'routes' ? { members: membersOf(row.id, rows) } : {}) } as JsonObject
}

function membersOf(routeId: string, { members }: StateRows): readonly object[] {
  const mine = members.filter((member) => member.route_id === routeId).toSorted((a, b) => Number(a.position - b.position))
  return mine.map(({ profile_id, weight, conditions }) => ({ profile_id, weight: weight === null ? null : Number(weight), conditions }))
}

function settingChanges({ settings: before }: StateRows, { settings: after }: StateRows): readonly StateChange[] {
  const old = new Map(before.map((row) => [row.name, row.value]))
  const kept = new Set(after.map(({ name }) => name))
  const made = after.flatMap(({ name, value }): StateChange[] => {
    const about = { kind: 'setting', id: name, name, after: { value } }
    if (!old.has(name)) return [{ action: 'create', ...about, before: {} }]
    const was = old.get(name)!
    return canonicalJson(was) === canonicalJson(value) ? [] : [{ action: 'update', ...about, before: { value: was } }]
  })
  const gone = before.filter(({ name }) => !kept.has(name))
  return [
    ...made,
    ...gone.map(({ name, value }): StateChange => ({ action: 'remove', kind: 'setting', id: name, name, before: { value }, after: {} })),
  ]
}

export function statementsOf(
  read: Kysely<Tables>,
  before: StateRows,
  after: StateRows,
  changes: readonly StateChange[],
  now: number,
): readonly ControlStatement[] {
  const byKind = Map.groupBy(changes, ({ kind }) => kind)
  const ends: ControlStatement[] = []
  const renames: ControlStatement[] = []
  const writes: ControlStatement[] = []
  for (const noun of nouns) {
    const rows = new Map((after[noun.part] as readonly AnyRow[]).map((row) => [row.id, row]))
    const made: AnyRow[] = []
    for (const change of byKind.get(noun.kind) ?? []) {
      const row = rows.get(change.id)!
      if (change.action === 'create') made.push(row)
      else {
        const { members: _members, ...columns } = change.after
        const update = updateOf(read, noun, row, columns, now)
        if (change.action === 'remove') ends.push(update)
        else {
          // Two rows may exchange their names, and each statement is held to the unique index by itself.
          if (Object.hasOwn(columns, 'name')) renames.push(updateRow(read, noun.table, change.id, { name: `~${change.id}` } as object))
          writes.push(update)
        }
      }
    }
    writes.push(...insertRows(read, noun.table, made as unknown as readonly NewRow<typeof noun.table>[]))
    if (noun.part === 'routes') writes.push(...memberStatements(read, before, after, byKind.get('route') ?? []))
  }
  return [...ends, ...renames, ...writes, ...settingStatements(read, byKind.get('setting') ?? [], now)]
}

function updateOf(read: Kysely<Tables>, { part, table }: Noun, row: AnyRow, columns: JsonObject, now: number): ControlStatement {
  const source = row as unknown as Readonly<Record<string, unknown>>
  const values = Object.fromEntries(Object.keys(columns).map((column) => [column, source[column]]))
  return updateRow(read, table, row.id, (part === 'keys' ? values : { ...values, updated_at: now }) as object)
}

function memberStatements(read: Kysely<Tables>, before: StateRows, after: StateRows, changes: readonly StateChange[]) {
  return changes
    .filter((change) => change.action !== 'remove' && Object.hasOwn(change.after, 'members'))
    .flatMap(({ id }): ControlStatement[] => {
      const old = before.members.filter((member) => member.route_id === id).length
      const members = after.members.filter((member): member is Row<'route_members'> => member.route_id === id)
      return [deleteMembers(read, id, old), ...insertRows(read, 'route_members', members)]
    })
}

function settingStatements(read: Kysely<Tables>, changes: readonly StateChange[], now: number): readonly ControlStatement[] {
  const table = 'settings' satisfies TableName
  return changes.flatMap(({ action, name, after }): readonly ControlStatement[] => {
    const value = after.value ?? null
    if (action === 'create') return insertRows(read, table, [{ name, value, updated_at: now }])
    const query =
      action === 'remove'
        ? read.deleteFrom(table).where('name', '=', name).compile()
        : read
            .updateTable(table)
            .set({ value: canonicalJson(value), updated_at: now })
            .where('name', '=', name)
            .compile()
    return [{ sql: query.sql, parameters: query.parameters, expectChanges: 1 }]
  })
}
