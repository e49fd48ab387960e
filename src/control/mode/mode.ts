/** The operation that plans a mode flip: which profiles would move to the twin of their connection, and what that changes. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Connection } from '../../core/nouns.ts'
import { type Directory, readDirectory } from '../../routing/directory.ts'
import { change } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { insertPlan, newPlan, samePlan } from '../plans.ts'
import { pricesOf, readAnswered, servedBy } from './evidence.ts'
import { blockReasons, type Chosen, type Flip, type Line, planFlip, sides } from './plan.ts'

const billing = z.enum(['own', 'platform', 'subscription', 'none'])
const price = z.object({ price: z.string(), per_units: z.int(), currency: z.string(), card: z.string() })

const shownLine = z.object({
  profile: z.string(),
  model: z.string(),
  connection_before: z.string().nullable(),
  connection_after: z.string().nullable().describe('Null: it cannot move.'),
  billing_before: billing.nullable(),
  billing_after: billing.nullable(),
  served: z.enum(['yes', 'no', 'unknown']).nullable().describe('Whether the model is served there.'),
  secret: z.enum(['present', 'absent', 'unknown', 'not_needed']).nullable(),
  prices: z
    .array(z.object({ meter: z.string(), before: price.nullable(), after: price.nullable() }))
    .describe('Per meter, without conditions. Null: no price is known, which is not 0.'),
  routes: z.array(z.string()).describe('The routes that lead to it.'),
  blocks: z.array(z.object({ reason: z.enum(blockReasons), says: z.string() })).describe('What stands in the way.'),
})

export const moved = z.object({
  id: z.string(),
  profile: z.string(),
  before: z.string(),
  before_id: z.string(),
  after: z.string(),
  after_id: z.string(),
})
export type Moved = z.output<typeof moved>

/** What is kept of a plan: what the operator was shown, and what is to be done. */
export const planBody = z.object({ to: z.enum(sides), blocked: z.boolean(), moves: z.array(moved), lines: z.array(shownLine) })

export const modePlan = change({
  name: 'mode.plan',
  summary: 'Plan whose account pays: which connection each profile would get, at which prices, and what stands in the way. Keeps the plan.',
  scope: 'providers:write',
  effect: 'write',
  positional: [],
  input: z.strictObject({
    to: z.enum(sides).describe('Who is to pay: the operator himself, or the platform.'),
    profile: z.string().min(1).max(200).optional().describe('Only this profile, by name or id.'),
    connection: z.string().min(1).max(200).optional().describe('All profiles of this connection, by name or id.'),
    all: z.boolean().default(false).describe('Every profile that has two sides.'),
    allow_unlisted: z.boolean().default(false).describe('Accept that nobody knows whether a model is served there.'),
    allow_unknown: z.boolean().default(false).describe('Accept that a secret cannot be seen from here.'),
  }),
  output: z.object({
    plan: z.string().nullable().describe('Its digest, for `mode flip`. Null where nothing moves, and after a dry run.'),
    to: z.enum(sides),
    blocked: z.boolean().describe('A decision is needed first: see `blocks`.'),
    profiles: z.array(shownLine),
    stays: z.array(z.object({ profile: z.string(), why: z.string() })),
  }),
  columns: [
    { field: 'profile', title: 'PROFILE', show: 'whole' },
    { field: 'connection_before', title: 'FROM' },
    { field: 'connection_after', title: 'TO' },
    { field: 'served', title: 'SERVED' },
    { field: 'secret', title: 'SECRET' },
    { field: 'routes', title: 'ROUTES' },
  ],
  example: 'purser mode plan --to platform --connection openai',
  async plan(context, input) {
    const directory = await readDirectory(context.store.read)
    const asked = { to: input.to, allowUnlisted: input.allow_unlisted, allowUnknown: input.allow_unknown }
    const flip = planFlip(directory, chosenOf(directory, input), asked, await evidenceOf(context, directory))
    const lines = flip.lines.map((line) => showLine(context, directory, line))
    const body = { to: input.to, blocked: lines.some((line) => line.blocks.length > 0), moves: movedOf(flip), lines }
    const answer = (plan: string | null) => ({
      plan,
      to: input.to,
      blocked: body.blocked,
      profiles: lines,
      stays: staysOf(directory, flip, input.all),
    })
    if (lines.length === 0) return { statements: [], touched: [], answer: () => answer(null) }
    const kept = await samePlan(context, 'mode', body, directory.revision)
    if (kept !== undefined) return { statements: [], touched: [], answer: () => answer(kept.digest) }
    const row = newPlan(context, 'mode', body, directory.revision)
    const after: JsonObject = { to: input.to, profiles: lines.map(({ profile }) => profile) }
    return {
      statements: insertPlan(context, row),
      touched: [{ kind: 'plan', id: row.digest, name: 'mode', before: {}, after }],
      answer: (written) => answer(written === null ? null : row.digest),
    }
  },
})

type ChosenBy = { readonly profile?: string | undefined; readonly connection?: string | undefined; readonly all: boolean }

function chosenOf(directory: Directory, { profile, connection, all }: ChosenBy): Chosen {
  const profiles = [...directory.profiles.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (Number(profile !== undefined) + Number(connection !== undefined) + Number(all) !== 1) {
    throw new PurserError('invalid_request', 'Say which profiles: one by "profile", those of one "connection", or "all".', { field: 'all' })
  }
  if (profile !== undefined) return { profiles: [findNamed('profiles', profile, profiles)], everything: false }
  if (connection === undefined) return { profiles, everything: true }
  const { id } = findNamed('connections', connection, [...directory.connections.values()])
  return { profiles: profiles.filter((each) => each.connection_id === id), everything: false }
}

async function evidenceOf(context: OperationContext, directory: Directory) {
  const paired = [...directory.connections.values()].filter((each) => each.canonical_equivalent_id !== null).map(({ id }) => id)
  const answered = await readAnswered(context, paired)
  return {
    served: servedBy(directory, answered, context.clock.now()),
    secret: ({ auth, provider_id }: Connection) => context.presence(auth, directory.providers.get(provider_id)?.base_url),
  }
}

function showLine(context: OperationContext, directory: Directory, line: Line): z.output<typeof shownLine> {
  const { profile, before, after } = line
  return {
    profile: profile.name,
    model: profile.model,
    connection_before: before?.name ?? null,
    connection_after: after?.name ?? null,
    billing_before: before?.billing ?? null,
    billing_after: after?.billing ?? null,
    served: line.served,
    secret: line.secret,
    prices: before === null || after === null ? [] : [...pricesOf(directory, profile, before, after, context.clock.now())],
    routes: [...line.routes],
    blocks: [...line.blocks],
  }
}

function movedOf(flip: Flip): Moved[] {
  return flip.lines.flatMap(({ profile, before, after }) =>
    before === null || after === null
      ? []
      : [{ id: profile.id, profile: profile.name, before: before.name, before_id: before.id, after: after.name, after_id: after.id }],
  )
}

/** With everything asked for, profiles whose rows cannot be read are named too. */
function staysOf(directory: Directory, flip: Flip, everything: boolean) {
  const unread = everything ? directory.quarantined.filter(({ kind }) => kind === 'profile') : []
  return [...flip.stays, ...unread.map(({ name, reason }) => ({ profile: name, why: `Its row cannot be read: ${reason}.` }))]
}
