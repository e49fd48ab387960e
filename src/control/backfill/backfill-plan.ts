/** The operation that plans a backfill: what a configuration of the old assistant becomes here, line by line and with reasons. It keeps the plan and changes nothing else. */

import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { json } from '../../core/nouns.ts'
import { change } from '../change.ts'
import { insertPlan, newPlan, samePlan } from '../plans.ts'
import { digestOfText, documentField, planFrom } from './documents.ts'
import type { BackfillPlan } from './plan.ts'

export const backfillActions = ['create', 'update', 'keep', 'skip', 'undecided', 'refuse', 'preserve'] as const

export const backfillLine = z.object({
  action: z.enum(backfillActions),
  pointer: z.string().describe('The place in the file, as a JSON pointer. Places in the list of connections begin with "connections:".'),
  kind: z.enum(['provider', 'connection', 'profile', 'route', 'rate_card']).nullable(),
  name: z.string().nullable(),
  field: z.string().nullable(),
  value: json,
  reason: z.string().describe('Why, as a word that scripts can rely on.'),
  provenance: z.enum(['user', 'injected', 'derived']).describe('Who said it: the user, the old assistant itself, or a rule.'),
  era: z.string().describe('By which era of the file it was read.'),
})

export const backfillColumns = [
  { field: 'action', title: 'ACTION' },
  { field: 'kind', title: 'KIND' },
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'field', title: 'FIELD' },
  { field: 'value', title: 'VALUE' },
  { field: 'reason', title: 'REASON' },
  { field: 'pointer', title: 'PLACE' },
] as const

export const backfillPlan = change({
  name: 'backfill.plan',
  summary: 'Plan the move from a config.json of the old assistant: every line with its reason. Keeps the plan, and only reads the file.',
  scope: 'system',
  effect: 'write',
  positional: [],
  flags: { file: 'config' },
  input: z.strictObject({
    config: documentField('The configuration: a config.json of any era.'),
    connections: documentField('Its connection rows, as a JSON list.').optional(),
    credentials: documentField('Which credentials exist in its vault, as JSON: names with present, absent or unknown.').optional(),
    platform: z.string().min(1).max(200).optional().describe('The connection by a platform through which managed profiles are to go.'),
    prefix_prices: z.boolean().default(false).describe('Take price patterns that name no model as prefixes, as the old assistant did.'),
    leave_undecided: z.boolean().default(false).describe('Make rows that wait for a decision out of use, instead of not at all.'),
  }),
  output: z.object({
    plan: z
      .string()
      .nullable()
      .describe('Its digest, for `backfill apply`. Null where nothing is left to do, where it is refused, and after a dry run.'),
    empty: z.boolean().describe('Everything in the file is here already.'),
    undecided: z.int().describe('Lines that need a decision.'),
    left_undecided: z.boolean().describe('They were left so on purpose.'),
    refused: z
      .array(z.object({ name: z.string(), why: z.string() }))
      .describe('Names that would leave the machine, or come to be paid by another. One is enough to refuse the whole plan.'),
    counts: z.record(z.string(), z.int()).describe('Lines by action.'),
    secrets: z
      .array(z.object({ connection: z.string(), pointer: z.string(), fingerprint: z.string() }))
      .describe('Keys in clear that are to be sealed. Delete them from the file afterwards.'),
    lines: z.array(backfillLine),
  }),
  columns: backfillColumns,
  example: 'purser backfill plan --file ~/.assistant/config.json',
  async plan(context, { config, connections, credentials, platform, prefix_prices, leave_undecided }) {
    const asked = { platform: platform ?? null, prefixPrices: prefix_prices, leaveUndecided: leave_undecided }
    const found = await planFrom(context, { config, connections, credentials }, asked)
    const digest = (text: string | undefined) => (text === undefined ? null : digestOfText(text))
    const inputs = { config: digestOfText(config), connections: digest(connections), credentials: digest(credentials) }
    const { rows, cards, secrets, origins, kept } = found
    const body = { inputs, asked, rows, cards, secrets, origins, kept, lines: found.lines } as unknown as Json
    const answer = (plan: string | null) => ({ plan, left_undecided: leave_undecided, ...shown(found) })
    if (found.empty || found.crossings.length > 0) return { statements: [], touched: [], answer: () => answer(null) }
    const revision = (await context.store.read.selectFrom('revision').select('n').executeTakeFirst())?.n ?? 0n
    const same = await samePlan(context, 'backfill', body, revision)
    if (same !== undefined) return { statements: [], touched: [], answer: () => answer(same.digest) }
    const row = newPlan(context, 'backfill', body, revision)
    return {
      statements: insertPlan(context, row),
      touched: [{ kind: 'plan', id: row.digest, name: 'backfill', before: {}, after: { inputs, lines: found.lines.length } }],
      answer: (written) => answer(written === null ? null : row.digest),
    }
  },
})

function shown({ empty, undecided, crossings, lines, secrets }: BackfillPlan) {
  const counts = Object.fromEntries(backfillActions.map((action) => [action, lines.filter((line) => line.action === action).length]))
  return { empty, undecided, refused: [...crossings], counts, secrets: [...secrets], lines: [...lines] }
}
