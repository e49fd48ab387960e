/** Operations that show how the shipped manifest stands against this database: what would become of it, and what waits for a decision. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import { mergeFields, printPath } from '../merge.ts'
import { operation } from '../operation.ts'
import { wholeFields } from './guard.ts'
import { itemsOf, keyOf, labelOf, only, withDefaults } from './items.ts'
import { lineColumns, oneRow, planShipped, showLines, shownLine, shownValues, standing, standingOf, typedRow } from './lines.ts'
import { needsDecision } from './plan.ts'

export const manifestPlan = operation({
  name: 'manifest.plan',
  summary: 'Show what the shipped manifest would change here, field by field, and what waits for a decision.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({}),
  output: z.object({
    ...standing,
    decisions: z.int().describe('How many lines wait for a decision.'),
    items: z.array(shownLine),
    next: z.null(),
  }),
  columns: lineColumns,
  example: 'purser manifest plan',
  async run(context) {
    const { plan } = await planShipped(context)
    const items = await showLines(context, plan.revision, plan.lines)
    return { ...standingOf(plan), decisions: items.filter(({ decision }) => decision).length, items: [...items], next: null }
  },
})

export const manifestConflicts = operation({
  name: 'manifest.conflicts',
  summary: 'List what waits for a decision: fields that both sides changed, changes that need consent, names that are taken.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({}),
  output: z.object({ items: z.array(shownLine), next: z.null() }),
  columns: lineColumns,
  example: 'purser manifest conflicts',
  async run(context) {
    const { plan } = await planShipped(context)
    return { items: [...(await showLines(context, plan.revision, plan.lines.filter(needsDecision)))], next: null }
  },
})

const difference = z.object({
  field: z.string(),
  base: json.optional().describe('What the manifest said when it was last merged.'),
  ours: json.optional().describe('What the row holds.'),
  theirs: json.optional().describe('What the manifest says now.'),
})

export const manifestDiff = operation({
  name: 'manifest.diff',
  summary: 'Show where a shipped row differs: what the manifest said, what stands, what it says now.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['row'],
  slashes: true,
  input: z.strictObject({ row: typedRow }),
  output: z.object({ row: z.string(), items: z.array(difference), next: z.null() }),
  columns: [
    { field: 'field', title: 'FIELD', show: 'whole' },
    { field: 'base', title: 'BASE' },
    { field: 'ours', title: 'OURS' },
    { field: 'theirs', title: 'THEIRS' },
  ],
  example: 'purser manifest diff provider/openai',
  async run(context, input) {
    const { shipped, present } = await planShipped(context)
    const items = new Map(itemsOf(shipped.manifest).map((item) => [keyOf(item), item]))
    const bases = new Map(present.bases.map((base) => [keyOf(base), base]))
    const rows = present.things.filter((thing) => !thing.removed && (items.has(keyOf(thing)) || bases.has(keyOf(thing))))
    const row = oneRow(input.row, rows)
    const base = bases.get(keyOf(row))
    const said = base === undefined ? {} : withDefaults(row.kind, base.fields)
    const theirs = items.get(keyOf(row))?.fields
    const { lines } = mergeFields(said, only(row.fields, said, theirs ?? {}), theirs ?? said, { whole: wholeFields })
    const shown = lines.map((line) => ({
      field: printPath(line.path),
      ...shownValues(theirs === undefined ? { ...line, theirs: undefined } : line),
    }))
    return { row: labelOf(row), items: shown, next: null }
  },
})
