/** The operations that carry a planned mode flip out and take it back: of each profile the connection moves, and nothing else. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { type Directory, readDirectory } from '../../routing/directory.ts'
import type { ControlStatement } from '../../store/store.ts'
import { change, stale, type Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { findPlan, markApplied, planDigest } from '../plans.ts'
import { type Moved, moved, planBody } from './mode.ts'
import { mixedRoutes, type Side, sides } from './plan.ts'

const flipped = z.object({
  plan: z.string(),
  profiles: z
    .array(z.object({ profile: z.string(), before: z.string(), after: z.string() }))
    .describe('The connection that each had, and has.'),
})

const flipColumns = [
  { field: 'profile', title: 'PROFILE', show: 'whole' },
  { field: 'before', title: 'FROM' },
  { field: 'after', title: 'TO' },
] as const

export const modeFlip = change({
  name: 'mode.flip',
  summary: 'Do what a plan of `mode plan` says: its profiles get the other connection, all in one transaction. Nothing else changes.',
  scope: 'providers:write',
  effect: 'write',
  positional: [],
  input: z.strictObject({ plan: planDigest.describe('The digest of the plan, or its first digits.') }),
  output: flipped,
  columns: flipColumns,
  example: 'purser mode flip --plan 3f9c2a7d',
  async plan(context, input) {
    const row = await findPlan(context, 'mode', input.plan)
    const body = planBody.parse(row.body)
    if (row.applied_at !== null) throw applied(row.digest)
    const directory = await readDirectory(context.store.read)
    if (directory.revision !== row.revision) throw stale(directory.revision, row.revision)
    if (body.blocked) throw blocked(body.lines.flatMap((line) => line.blocks.map(({ says }) => says)))
    return {
      statements: [...body.moves.map((each) => repoint(context, each)), markApplied(context, row.digest)],
      touched: touchedBy(directory, row.digest, body.to, body.moves),
      answer: () => ({ plan: row.digest, profiles: body.moves.map(({ profile, before, after }) => ({ profile, before, after })) }),
    }
  },
})

/** What the audit entry of a flip keeps: enough to take it back. `mixed`: routes that held several payers without leave before, and may again. */
const reverse = z.object({ operation: z.literal('mode.undo'), to: z.enum(sides), moves: z.array(moved), mixed: z.array(z.string()) })

export const modeUndo = change({
  name: 'mode.undo',
  summary: 'Take a flip back: each of its profiles gets the connection that it had before, unless it was moved since.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['flip'],
  input: z.strictObject({
    flip: z.string().min(8).max(200).describe('The digest of the plan that was flipped, or the id of its audit entry.'),
  }),
  output: flipped,
  columns: flipColumns,
  example: 'purser mode undo 3f9c2a7d',
  async plan(context, input) {
    const entry = await findFlip(context, input.flip)
    const { to, moves, mixed } = reverse.parse(entry.undo)
    const directory = await readDirectory(context.store.read)
    const left = moves.filter(({ id, after_id }) => directory.profilesById.get(id)?.connection_id !== after_id)
    for (const each of left) refuseImpossible(directory, each)
    const newlyMixed = [...mixedRoutes(directory, new Map(left.map(({ id, after_id }) => [id, after_id])))].filter(
      ([name]) => !mixed.includes(name),
    )
    if (newlyMixed.length > 0) throw blocked(newlyMixed.map(([, says]) => says))
    return {
      statements: left.map((each) => repoint(context, each)),
      touched: left.length === 0 ? [] : touchedBy(directory, entry.target_id, to, left),
      answer: () => ({ plan: entry.target_id, profiles: left.map(({ profile, before, after }) => ({ profile, before, after })) }),
    }
  },
})

/** Only the connection moves, and only from where the plan saw it. */
function repoint({ store }: OperationContext, { id, before_id, after_id }: Moved): ControlStatement {
  const query = store.read
    .updateTable('model_profiles')
    .set({ connection_id: after_id })
    .where('id', '=', id)
    .where('connection_id', '=', before_id)
    .where('removed_at', 'is', null)
    .compile()
  return { sql: query.sql, parameters: query.parameters, expectChanges: 1 }
}

/** One entry for the flip as a whole, with the way back, and one for each profile. */
function touchedBy(directory: Directory, plan: string, to: Side, moves: readonly Moved[]): readonly Touched[] {
  const back = moves.map((each) => ({
    ...each,
    before: each.after,
    before_id: each.after_id,
    after: each.before,
    after_id: each.before_id,
  }))
  const mixed = [...mixedRoutes(directory, new Map(moves.map(({ id, before_id }) => [id, before_id]))).keys()]
  const undo = { operation: 'mode.undo', to: to === 'own' ? 'platform' : 'own', moves: back as Json, mixed }
  return [
    { kind: 'mode', id: plan, name: 'mode', before: {}, after: { to, profiles: moves.map(({ profile }) => profile) }, undo },
    ...moves.map(
      ({ id, profile, before, before_id, after_id }): Touched => ({
        kind: 'profile',
        id,
        name: profile,
        before: { connection_id: before_id },
        after: { connection_id: after_id },
        undo: { operation: 'profiles.update', input: { profile: id, connection: before } },
      }),
    ),
  ]
}

async function findFlip({ store }: OperationContext, typed: string) {
  const flips = store.read.selectFrom('audit_log').selectAll().where('target_kind', '=', 'mode')
  const byId = await flips.where('id', '=', typed).executeTakeFirst()
  if (byId !== undefined) return byId
  const asDigest = planDigest.safeParse(typed)
  const found = asDigest.success
    ? await flips.where('operation', '=', 'mode.flip').where('target_id', 'like', `${typed}%`).limit(2).execute()
    : []
  if (found.length === 1) return found[0]!
  const says =
    found.length === 0 ? `No flip has the plan or the audit entry "${typed}".` : `Several flips had a plan that begins with "${typed}".`
  throw new PurserError('not_found', says, { field: 'flip', hint: 'See what was done:  purser audit list' })
}

function refuseImpossible(directory: Directory, { id, profile, before_id, after, after_id }: Moved): void {
  const now = directory.profilesById.get(id)
  const there = directory.connections.get(after_id)
  const why =
    now === undefined
      ? 'the profile is gone'
      : now.connection_id !== before_id
        ? 'it was moved to another connection since'
        : there === undefined
          ? `connection "${after}" is gone`
          : there.provider_id !== now.provider_id
            ? `connection "${after}" belongs to another provider`
            : undefined
  if (why === undefined) return
  throw new PurserError('conflict', `The flip of profile "${profile}" cannot be taken back: ${why}.`, { code: 'moved_since' })
}

function applied(digest: string): PurserError {
  return new PurserError('conflict', 'This plan was carried out before.', {
    code: 'applied',
    field: 'plan',
    hint: `Take it back:  purser mode undo ${digest.slice(0, 12)}`,
  })
}

function blocked(reasons: readonly string[]): PurserError {
  const unique = [...new Set(reasons)]
  return new PurserError('conflict', `The flip is not done. ${unique.join(' ')}`, { code: 'decision_needed', details: { blocks: unique } })
}
