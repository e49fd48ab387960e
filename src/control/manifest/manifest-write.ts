/** Operations that merge the shipped manifest, settle what waits, and take a merge back. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { change, type Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { printPath } from '../merge.ts'
import { mergeTouches, mergeUndo } from './audit.ts'
import { kinds, nameOf, type ThingKind } from './items.ts'
import { lineColumns, oneRow, pathLabel, planShipped, rowLabel, showLines, shownLine, standing, standingOf, typedRow } from './lines.ts'
import { planNewRates } from './new-rates.ts'
import { type MergePlan, needsDecision, type PlanLine } from './plan.ts'
import { readPresent } from './read.ts'
import { decide, sides } from './resolve.ts'
import { mergeStatements } from './statements.ts'
import { planUndo, type Written } from './undo.ts'

export const manifestApply = change({
  name: 'manifest.apply',
  summary: 'Merge the shipped manifest: all that is safe, and of what needs consent only what is named.',
  scope: 'providers:write',
  effect: 'write',
  positional: [],
  input: z.strictObject({
    accept: z
      .array(z.string().min(1).max(400))
      .default([])
      .describe(
        'Fields that need consent and may change, such as provider/openai.base_url. After a changed address its secret must be entered again.',
      ),
  }),
  output: z.object({
    ...standing,
    applied: z.array(shownLine).describe('What was taken, put in, or put out of use.'),
    waits: z.array(shownLine).describe('What waits for a decision.'),
  }),
  columns: lineColumns,
  example: 'purser manifest apply --accept provider/vllm.base_url',
  async plan(context, { accept }) {
    const asked = new Set(accept)
    if (accept.length > 0) refuseUnheld(asked, (await planShipped(context)).plan.lines)
    const { shipped, present, plan } = await planShipped(context, asked)
    const rates = await planNewRates(context.store, shipped, present, plan.changes, context.ids)
    const statements = mergeStatements(context.store.read, { ...plan, present, now: context.clock.now() })
    const isNothing = statements.length === 0
    const lines = await showLines(context, plan.revision, plan.lines)
    return {
      statements: isNothing ? [] : [...statements, ...rates.statements],
      touched: isNothing ? [] : [...mergeTouches(plan.revision, plan.changes), itself(plan.stored, plan.revision)],
      ...(isNothing ? {} : rates.sealed),
      warnings: warningsOf(plan),
      answer: () => ({
        ...standingOf(plan),
        applied: lines.filter(({ action, field }) => action === 'take' || action === 'insert' || (action === 'retired' && field !== null)),
        waits: lines.filter(({ decision }) => decision),
      }),
    }
  },
})

function itself(before: number, after: number): Touched {
  return { kind: 'manifest', id: 'manifest', name: 'manifest', before: { revision: before }, after: { revision: after } }
}

function warningsOf({ revision, stored, lines }: MergePlan): readonly string[] {
  const older = `The shipped manifest is of revision ${revision}, and revision ${stored} was merged here: an older one changes nothing.`
  const moved = lines.filter(({ action, path }) => action === 'take' && path?.[0] === 'base_url')
  return [
    ...(revision < stored ? [older] : []),
    ...moved.map((line) => `${rowLabel(line)} has another address: secrets that were entered for the old one must be entered again.`),
  ]
}

function refuseUnheld(asked: ReadonlySet<string>, lines: readonly PlanLine[]): void {
  const held = lines.filter(({ action }) => action === 'held').map(pathLabel)
  const unknown = [...asked].find((label) => !held.includes(label))
  if (unknown === undefined) return
  throw new PurserError('invalid_request', `"accept" names "${unknown}", and no change there needs consent.`, {
    field: 'accept',
    hint: held.length === 0 ? 'Nothing needs consent.' : `What needs it: ${held.join(', ')}`,
  })
}

export const manifestResolve = change({
  name: 'manifest.resolve',
  summary: 'Decide about a field that waits: keep ours, take theirs, or go back to what the manifest said before.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['row', 'field'],
  slashes: true,
  input: z.strictObject({
    row: typedRow,
    field: z.string().min(1).max(400).describe('Its path as `manifest conflicts` shows it.'),
    take: z.enum(sides).describe('Whose value stands afterwards.'),
  }),
  output: z.object({ resolved: shownLine, take: z.enum(sides), waits: z.int().describe('How many lines still wait for a decision.') }),
  columns: lineColumns,
  example: 'purser manifest resolve provider/openai dialect.outputCap --take ours',
  async plan(context, { row, field, take }) {
    const { shipped, present, plan } = await planShipped(context)
    const waiting = plan.lines.filter(needsDecision)
    const line = findLine(waiting, row, field)
    const { change: decided, record } = decide(line, take, shipped.manifest, present)
    const statements = mergeStatements(context.store.read, { changes: [decided], record, present, now: context.clock.now() })
    const [shown] = await showLines(context, plan.revision, [line])
    const label = pathLabel(line)
    const decision = { kind: 'manifest', id: label, name: label, before: {}, after: { take, revision: plan.revision } }
    return {
      statements,
      touched: [...mergeTouches(plan.revision, [decided]), decision],
      answer: () => ({ resolved: shown!, take, waits: waiting.length - 1 }),
    }
  },
})

function findLine(waiting: readonly PlanLine[], row: string, field: string): PlanLine {
  const rows = [
    ...new Map(waiting.map((line) => [`${line.kind}/${line.id}`, { kind: line.kind, id: line.id, fields: { name: line.name } }])).values(),
  ]
  const found = oneRow(row, rows)
  const lines = waiting.filter((line) => line.kind === found.kind && line.id === found.id)
  const line = lines.find(({ path }) => printPath(path!) === field) ?? lines.find(({ path }) => path!.join('.') === field)
  if (line !== undefined) return line
  throw new PurserError('not_found', `Nothing waits for a decision at "${field}" of ${row}.`, {
    field: 'field',
    hint: `What waits there: ${lines.map(({ path }) => printPath(path!)).join(', ')}`,
  })
}

const left = z.object({ row: z.string(), field: z.string().nullable(), reason: z.string().describe('Why it stays as it is.') })

export const manifestUndo = change({
  name: 'manifest.undo',
  summary: 'Take back what the merges of one revision of the manifest wrote, where it still stands.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['revision'],
  input: z.strictObject({ revision: z.int().min(1).describe('The revision of the manifest.') }),
  output: z.object({
    revision: z.int(),
    restored: z.array(z.object({ row: z.string(), fields: z.array(z.string()).describe('Empty where the row itself is removed again.') })),
    left: z.array(left),
  }),
  columns: [
    { field: 'row', title: 'ROW', show: 'whole' },
    { field: 'field', title: 'FIELD', show: 'whole' },
    { field: 'reason', title: 'REASON' },
  ],
  example: 'purser manifest undo 2',
  async plan(context, { revision }) {
    const [entries, present] = await Promise.all([writtenBy(context, revision), readPresent(context.store.read)])
    if (entries.length === 0) throw nothingWritten(revision)
    const { changes, left } = planUndo(entries, present)
    const touched = mergeTouches(revision, changes).map(({ undo: _undo, ...each }) => each)
    const removed = changes.filter(({ after }) => after.removed).map(({ after }) => after)
    const gone = removed.map(({ kind, id, fields }) => ({ kind, id, name: String(fields.name), before: fields, after: {} }))
    const restored = [
      ...touched.map(({ kind, name, after }) => ({ row: `${kind}/${name}`, fields: Object.keys(after) })),
      ...removed.map((thing) => ({ row: rowLabel({ ...thing, name: nameOf(thing) }), fields: [] })),
    ]
    return {
      statements: mergeStatements(context.store.read, { changes, record: null, present, now: context.clock.now() }),
      touched: [...touched, ...gone],
      answer: () => ({ revision, restored, left: [...left] }),
    }
  },
})

/** What the merges of a revision wrote, newest first. */
async function writtenBy({ store }: OperationContext, revision: number): Promise<readonly Written[]> {
  const rows = await store.read
    .selectFrom('audit_log')
    .select(['target_kind', 'target_id', 'undo'])
    .where('operation', 'in', ['seed', 'manifest.apply', 'manifest.resolve'])
    .where('target_kind', 'in', [...kinds])
    .orderBy('revision', 'desc')
    .execute()
  return rows.flatMap(({ target_kind, target_id, undo }) => {
    const read = mergeUndo.safeParse(undo)
    if (!read.success || read.data.input.revision !== revision) return []
    return [{ kind: target_kind as ThingKind, id: target_id, undo: read.data }]
  })
}

function nothingWritten(revision: number): PurserError {
  return new PurserError('not_found', `No merge of revision ${revision} changed a row of this database.`, {
    field: 'revision',
    hint: 'A first start makes the rows, and is no merge. What merges wrote stands in the audit log.',
  })
}
