/** The lines of a merge as every operation on the manifest answers them: what becomes of which field, its three values, and who edited it when. */

import { z } from 'zod'
import { type Shipped, shippedInTheBox } from '../../catalog/shipped.ts'
import { PurserError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import { json } from '../../core/nouns.ts'
import type { OperationContext } from '../context.ts'
import { type Path, printPath, type Value, valueAt, withValue } from '../merge.ts'
import { redacted } from '../redacted.ts'
import { type Item, kinds, labelOf, nameOf, type Present } from './items.ts'
import { type MergePlan, needsDecision, type PlanLine, planMerge } from './plan.ts'
import { readPresent } from './read.ts'
import { isSound } from './sound.ts'

const actions = ['take', 'keep', 'converged', 'conflict', 'held', 'insert', 'name_taken', 'absent', 'tombstone', 'retired'] as const

export const shownLine = z.object({
  action: z.enum(actions).describe('What becomes of it. `held` and `conflict` leave the field as it is, until somebody decides.'),
  decision: z.boolean().describe('Whether somebody must decide.'),
  row: z.string().describe('Its kind and name, such as `provider/openai`.'),
  kind: z.enum(kinds),
  id: z.string(),
  field: z.string().nullable().describe('The path of the field. Null: the row itself.'),
  base: json.optional().describe('What the manifest said when it was last merged. Left out: nothing, which means the default.'),
  ours: json.optional().describe('What the row holds. Left out: nothing.'),
  theirs: json.optional().describe('What the manifest says now. Left out: nothing.'),
  reason: z.string().nullable(),
  base_revision: z.int().nullable().describe('The revision of the manifest that `base` is of.'),
  revision: z.int().describe('The revision of the manifest that `theirs` is of.'),
  referrers: z.array(z.string()).describe('What needs a row that the manifest no longer names.'),
  edited: z
    .object({ by: z.string(), face: z.string(), operation: z.string(), at: z.int(), revision: z.int() })
    .nullable()
    .describe('Who gave the field its value, where the audit log knows.'),
})
export type ShownLine = z.output<typeof shownLine>

export const lineColumns = [
  { field: 'action', title: 'ACTION' },
  { field: 'row', title: 'ROW', show: 'whole' },
  { field: 'field', title: 'FIELD', show: 'whole' },
  { field: 'base', title: 'BASE' },
  { field: 'ours', title: 'OURS' },
  { field: 'theirs', title: 'THEIRS' },
  { field: 'reason', title: 'REASON' },
  { field: 'referrers', title: 'NEEDED BY' },
  { field: 'edited.by', title: 'EDITED BY' },
  { field: 'edited.at', title: 'EDITED', show: 'instant' },
] as const

/** How a merge stands, beside its lines. */
export const standing = {
  state: z.enum(['newer', 'current', 'older']).describe('The shipped manifest against the one that was merged last.'),
  revision: z.int().describe('The revision of the shipped manifest.'),
  stored_revision: z.int().describe('The revision that was merged last. 0: none.'),
}

export type Merge = { readonly shipped: Shipped; readonly present: Present; readonly plan: MergePlan }

export async function planShipped(context: OperationContext, accept: ReadonlySet<string> = new Set()): Promise<Merge> {
  const shipped = (context.shipped ?? shippedInTheBox)()
  const present = await readPresent(context.store.read)
  return { shipped, present, plan: planMerge(shipped.manifest, present, { accept, isSound }) }
}

export function standingOf({ revision, stored }: MergePlan) {
  const state = revision === stored ? 'current' : revision < stored ? 'older' : 'newer'
  return { state, revision, stored_revision: stored } as const
}

export const typedRow = z.string().min(1).max(200).describe('Its kind and name, such as provider/openai, its name alone, or its id.')

/** The row that was typed, among these. A name that two kinds bear must be said with its kind. */
export function oneRow<T extends Item>(typed: string, rows: readonly T[]): T {
  const labelled = rows.map((row) => ({ row, labels: [labelOf(row), row.id, nameOf(row)] }))
  const found = [0, 1, 2].map((place) => labelled.filter(({ labels }) => labels[place] === typed)).find((some) => some.length > 0) ?? []
  if (found.length === 1) return found[0]!.row
  const known = labelled.map(({ labels }) => labels[0]!)
  if (found.length === 0) throw notShipped(typed, nearest(typed, known))
  throw new PurserError(
    'invalid_request',
    `"${typed}" is the name of ${found.map(({ labels }) => labels[0]).join(' and of ')}: say which.`,
    {
      field: 'row',
    },
  )
}

function notShipped(typed: string, meant: string | undefined): PurserError {
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new PurserError('not_found', `No row of the shipped manifest is "${typed}".${guess}`, {
    field: 'row',
    hint: 'See the rows and fields that differ:  purser manifest plan',
  })
}

/** As it is typed: `provider/openai.base_url`. */
export function pathLabel(line: PlanLine): string {
  return line.path === null ? rowLabel(line) : `${rowLabel(line)}.${printPath(line.path)}`
}

export function rowLabel({ kind, id, name }: Pick<PlanLine, 'kind' | 'id' | 'name'>): string {
  return labelOf({ kind, id, fields: { name } })
}

export async function showLines(context: OperationContext, revision: number, lines: readonly PlanLine[]): Promise<readonly ShownLine[]> {
  const edited = await editorsOf(
    context,
    lines.filter((line) => line.action === 'conflict' || line.action === 'keep' || line.reason === 'edited'),
  )
  return lines.map((line) => ({
    action: line.action,
    decision: needsDecision(line),
    row: rowLabel(line),
    kind: line.kind,
    id: line.id,
    field: line.path === null ? null : printPath(line.path),
    ...shownValues(line),
    reason: line.reason,
    base_revision: line.baseRevision,
    revision,
    referrers: [...line.referrers],
    edited: edited.get(line) ?? null,
  }))
}

/** The values at a path, as an answer may hold them. */
export function shownValues({ path, ...line }: Pick<PlanLine, 'path' | 'base' | 'ours' | 'theirs'>) {
  const show = (name: string, value: Value) => (value === undefined ? {} : { [name]: maskedAt(path ?? [], value) ?? null })
  return { ...show('base', line.base), ...show('ours', line.ours), ...show('theirs', line.theirs) }
}

function maskedAt(path: Path, value: Value): Value {
  return path.length === 0 ? value : valueAt(redacted(withValue({}, path, value)), path)
}

/** The newest entry of the audit log that gave each line's field its value. What merges wrote is nobody's edit. */
async function editorsOf({ store }: OperationContext, lines: readonly PlanLine[]): Promise<ReadonlyMap<PlanLine, ShownLine['edited']>> {
  if (lines.length === 0) return new Map()
  const entries = await store.read
    .selectFrom('audit_log')
    .leftJoin('keys', 'keys.id', 'audit_log.actor_key_id')
    .select(['target_id', 'after', 'face', 'operation', 'audit_log.revision', 'audit_log.created_at', 'actor_key_id', 'keys.name as key'])
    .where('target_id', 'in', [...new Set(lines.map(({ id }) => id))])
    .where('operation', 'not in', ['seed', 'manifest.apply'])
    .orderBy('audit_log.revision', 'desc')
    .execute()
  const found = lines.map((line) => {
    const field = line.path?.[0]
    const entry = entries.find(
      ({ target_id, after }) => target_id === line.id && isObject(after) && (field === undefined || Object.hasOwn(after, field)),
    )
    if (entry === undefined) return [line, null] as const
    const { face, operation, created_at: at, revision } = entry
    return [line, { by: entry.key ?? entry.actor_key_id ?? 'local', face, operation, at, revision: Number(revision) }] as const
  })
  return new Map(found)
}
