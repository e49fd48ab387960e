/** Operations that change routes. The list of members is replaced as a whole: its order is what a route is. */

import { z } from 'zod'
import { canonicalJson, type JsonObject } from '../../core/json.ts'
import { crossings, name, type Route, route, routeMember } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import { change, type Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { refuseTaken } from '../find.ts'
import { invalidInput } from '../invalid.ts'
import { patched } from '../patch.ts'
import { plainNumbers } from '../plain.ts'
import { newRow, type RowChange, rowAdded, rowMoved } from '../row-change.ts'
import { deleteMembers, insertRows, updateRow } from '../row-statements.ts'
import { findRoute, membersOf, routeColumns, type ShownMember, shownRoute, showRoute } from './model-routes.ts'
import { referrersOfRoute, refuseReferred, refuseRenamed } from './referrers.ts'
import { membersFrom, plainMembers, refuseUnsoundMembers, saidMember } from './route-members.ts'
import { routeWarnings } from './route-warnings.ts'

/** What an operator says of a route. */
const fields = {
  members: z
    .array(saidMember)
    .min(1)
    .max(100)
    .describe(
      'Profiles in the order in which they are tried. With weights (fast:3,slow:1) neighbours share a place, and chance decides who comes first.',
    ),
  allow_cross: z.array(z.enum(crossings)).describe('What a call may cross from one member to the next.'),
}

const named = { route: z.string().min(1).max(200).describe('Its name or id.') }

export const routesCreate = change({
  name: 'routes.create',
  summary: 'Add a route: a name for several profiles, tried in their order or by weight.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['name'],
  input: z.strictObject({
    name,
    members: fields.members,
    allow_cross: fields.allow_cross.default([]),
    disabled: z.boolean().default(false).describe('Add it out of use.'),
  }),
  output: shownRoute,
  columns: routeColumns,
  example: 'purser routes create default --members simulated',
  async plan(context, { members: said, ...input }) {
    await refuseTaken(context, 'routes', input.name)
    const row: Row<'routes'> = { ...newRow(context), ...input }
    const members = await membersFrom(context, row.id, said)
    return answered(context, withMembers(context, rowAdded(context, 'routes', row), [], members), members)
  },
})

export const routesUpdate = change({
  name: 'routes.update',
  summary: 'Change a route. What is not given stays; members are given as a whole.',
  scope: 'providers:write',
  effect: 'write',
  positional: ['route'],
  input: z.strictObject({
    ...named,
    name: name.optional().describe('A new name.'),
    ...z.object(fields).partial().shape,
    unset: z.array(z.string()).default([]).describe('What to take out: allow_cross.'),
  }),
  output: shownRoute,
  columns: routeColumns,
  example: 'purser routes update fast --members quick:9,steady:1',
  async plan(context, { route: asked, unset, members: said, ...patch }) {
    const row = await findRoute(context, asked)
    if (patch.name !== undefined && patch.name !== row.name) {
      await refuseTaken(context, 'routes', patch.name)
      await refuseRenamed(context, 'route', row.name)
    }
    const columns = patched({ name: row.name, allow_cross: row.allow_cross }, patch as JsonObject, unset, { allow_cross: [] })
    const before = await membersOf(context, [row.id])
    const members = said === undefined ? before : await membersFrom(context, row.id, said)
    return answered(context, withMembers(context, rowMoved(context, 'routes', row, columns), before, members), members)
  },
})

export const routesRemove = change({
  name: 'routes.remove',
  summary: 'Remove a route that nothing names any more. Its profiles stay.',
  scope: 'providers:write',
  effect: 'destroy',
  positional: ['route'],
  input: z.strictObject(named),
  output: shownRoute,
  columns: routeColumns,
  example: 'purser routes remove fast --yes',
  async plan(context, input) {
    const row = await findRoute(context, input.route)
    refuseReferred('route', row.name, await referrersOfRoute(context, row))
    return shownAs(rowMoved(context, 'routes', row, { removed_at: context.clock.now() }), await membersOf(context, [row.id]))
  },
})

export const routesEnable = switched('enable', false)
export const routesDisable = switched('disable', true)

function switched<const Verb extends 'enable' | 'disable'>(verb: Verb, disabled: boolean) {
  return change({
    name: `routes.${verb}`,
    summary: disabled ? 'Take a route out of use: calls that ask for it are refused by name.' : 'Put a route back into use.',
    scope: 'providers:write',
    effect: 'write',
    positional: ['route'],
    input: z.strictObject(named),
    output: shownRoute,
    columns: routeColumns,
    example: `purser routes ${verb} fast`,
    async plan(context, input) {
      const row = await findRoute(context, input.route)
      const members = await membersOf(context, [row.id])
      const moved = rowMoved(context, 'routes', row, { disabled })
      return disabled ? shownAs(moved, members) : answered(context, moved, members)
    },
  })
}

/** The change with the members in place of those before, where they are others. */
function withMembers(
  { store, clock }: OperationContext,
  change: RowChange<'routes'>,
  before: readonly ShownMember[],
  after: readonly ShownMember[],
): RowChange<'routes'> {
  const [old, fresh] = [plainMembers(before), plainMembers(after)]
  if (canonicalJson(old) === canonicalJson(fresh)) return change
  const { row } = change
  const [own = { kind: 'route', id: row.id, name: row.name, before: {}, after: {} }] = change.touched
  const isNew = change.touched.length > 0 && Object.keys(own.before).length === 0
  const rows = after.map(({ route_id, position, profile_id, weight, conditions }) => ({
    route_id,
    position,
    profile_id,
    weight,
    conditions,
  }))
  return {
    row,
    statements: [
      ...(change.statements.length > 0 ? change.statements : [updateRow(store.read, 'routes', row.id, { updated_at: clock.now() })]),
      ...(before.length > 0 ? [deleteMembers(store.read, row.id, before.length)] : []),
      ...insertRows(store.read, 'route_members', rows),
    ],
    touched: [{ ...own, before: isNew ? {} : { ...own.before, members: old }, after: { ...own.after, members: fresh } }],
  }
}

type Answer = Planned<z.output<typeof shownRoute>>

/** The plan of a route that callers may name: checked, and with what is most likely not meant. */
async function answered(context: OperationContext, change: RowChange<'routes'>, members: readonly ShownMember[]): Promise<Answer> {
  const read = route.safeParse(plainNumbers(change.row))
  if (!read.success) throw invalidInput(read.error, Object.keys(route.shape))
  refuseUnsoundMembers(members)
  const whole: Route = { ...read.data, members: members.map((member) => routeMember.parse(plainNumbers(member))) }
  return { ...shownAs(change, members), warnings: await routeWarnings(context, whole) }
}

function shownAs(change: RowChange<'routes'>, members: readonly ShownMember[]): Answer {
  return { statements: change.statements, touched: change.touched, answer: () => showRoute(change.row, members) }
}
