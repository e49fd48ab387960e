/** A merge as statements of one control batch: rows inserted and updated, bases moved, the record kept. */

import type { Kysely } from 'kysely'
import { canonicalJson, type JsonObject } from '../../core/json.ts'
import type { Row, TableName, Tables } from '../../store/schema.ts'
import type { ControlStatement } from '../../store/store.ts'
import { moved } from '../patch.ts'
import { deleteMembers, insertMembers, insertRows, type NewRow, tableOf, updateRow } from '../row-statements.ts'
import { type Base, keyOf, type MergeRecord, nameOf, type Present, type Thing } from './items.ts'
import { inOrder, type ThingChange } from './plan.ts'
import { recordKey } from './read.ts'

export type Merging = {
  readonly changes: readonly ThingChange[]
  readonly record: MergeRecord | null
  readonly present: Present
  readonly now: number
}

export function mergeStatements(read: Kysely<Tables>, { changes, record, present, now }: Merging): readonly ControlStatement[] {
  const ordered = inOrder(changes)
  const known = new Set(present.bases.map(keyOf))
  const bases = ordered.flatMap(({ base }) => (base === null ? [] : [base]))
  const rows = [...bases.map(baseRow), ...(record === null ? [] : [recordRow(record)])]
  const isThere = (row: Row<'canonical_base'>) =>
    row.kind === recordKey.kind ? present.record !== null : known.has(`${row.kind}/${row.row_id}`)
  return [
    ...ordered.flatMap((change) => freeName(read, change)),
    ...inserts(read, ordered, now),
    ...ordered.flatMap((change) => update(read, change, now)),
    ...insertRows(
      read,
      'canonical_base',
      rows.filter((row) => !isThere(row)),
    ),
    ...rows.filter(isThere).map((row) => moveBase(read, row)),
  ]
}

/** Names may move from row to row: what is renamed first lets its old name go. */
function freeName(read: Kysely<Tables>, { before, after }: ThingChange): readonly ControlStatement[] {
  if (before === null || nameOf(before) === nameOf(after)) return []
  return [updateRow(read, tableOf[after.kind] as 'providers', after.id, { name: after.id })]
}

function inserts(read: Kysely<Tables>, changes: readonly ThingChange[], now: number): readonly ControlStatement[] {
  const fresh = changes.filter(({ before }) => before === null)
  const rowsOf = <T extends TableName>(kind: Thing['kind']): readonly NewRow<T>[] =>
    fresh.filter(({ after }) => after.kind === kind).map(({ after, base }) => ({ ...newRow(after, base, now) }) as NewRow<T>)
  return [
    ...insertRows(read, 'providers', rowsOf<'providers'>('provider')),
    ...insertRows(read, 'connections', rowsOf<'connections'>('connection')),
    ...insertRows(read, 'model_profiles', rowsOf<'model_profiles'>('profile')),
    ...insertRows(read, 'routes', rowsOf<'routes'>('route')),
    ...fresh.flatMap(({ after }) => members(read, after)),
  ]
}

function newRow({ id, fields }: Thing, base: Base | null, now: number): JsonObject {
  const { members: _members, ...columns } = fields
  const shipped = { is_canonical: true, canonical_revision: base?.revision ?? null, removed_at: null, created_at: now, updated_at: now }
  return { id, ...columns, ...shipped }
}

function update(read: Kysely<Tables>, { before, after, base }: ThingChange, now: number): readonly ControlStatement[] {
  if (before === null) return []
  const { members: other, ...columns } = moved(before.fields, after.fields).after
  const goes = after.removed && !before.removed ? { removed_at: now } : {}
  if (other === undefined && Object.keys({ ...columns, ...goes }).length === 0) return []
  const written = { ...columns, ...goes, ...(base === null ? {} : { canonical_revision: BigInt(base.revision) }), updated_at: now }
  const row = updateRow(read, tableOf[after.kind] as 'providers', after.id, written as Partial<NewRow<'providers'>>)
  return other === undefined ? [row] : [row, deleteMembers(read, after.id), ...members(read, after)]
}

function members(read: Kysely<Tables>, { kind, id, fields }: Thing): readonly ControlStatement[] {
  return kind === 'route' ? insertMembers(read, id, fields.members as Parameters<typeof insertMembers>[2]) : []
}

function baseRow({ kind, id, revision, fields }: Base): Row<'canonical_base'> {
  return { kind, row_id: id, revision: BigInt(revision), fields }
}

function recordRow({ revision, ...fields }: MergeRecord): Row<'canonical_base'> {
  return { ...recordKey, revision: BigInt(revision), fields }
}

function moveBase(read: Kysely<Tables>, row: Row<'canonical_base'>): ControlStatement {
  const { sql, parameters } = read
    .updateTable('canonical_base')
    .set({ revision: row.revision, fields: canonicalJson(row.fields) as never })
    .where('kind', '=', row.kind)
    .where('row_id', '=', row.row_id)
    .compile()
  return { sql, parameters, expectChanges: 1 }
}
