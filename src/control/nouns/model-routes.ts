/** Operations on routes: names that stand for several profiles, in the order in which they are tried. */

import { z } from 'zod'
import { json, route } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { plainNumbers } from '../plain.ts'

export const shownRoute = route.extend({
  profiles: z.array(z.string()).describe('The names of the profiles, in the order in which they are tried.'),
  members: z
    .array(
      z.object({
        position: z.int(),
        profile: z.string(),
        weight: z.int().nullable().describe('The chance of coming first among neighbours that have one too. Null: its place is fixed.'),
        conditions: json,
        provider: z.string(),
        model: z.string(),
        billing: z.string().nullable(),
      }),
    )
    .describe('The same with what each leads to. The billing is that of the connection that a profile names.'),
})

export const routeColumns = [
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'profiles', title: 'PROFILES' },
  { field: 'allow_cross', title: 'MAY CROSS' },
  { field: 'disabled', title: 'DISABLED', show: 'yes' },
] as const

export const routesList = operation({
  name: 'routes.list',
  summary: 'List the routes, by name.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownRoute),
  columns: routeColumns,
  example: 'purser routes list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await live(context)
      .$if(after !== undefined, (query) => query.where('name', '>', after![0]))
      .orderBy('name')
      .limit(limit + 1)
      .execute()
    const members = await membersOf(
      context,
      rows.map((row) => row.id),
    )
    return page(
      rows,
      limit,
      (row) => [row.name],
      (row) => showRoute(row, members),
    )
  },
})

export const routesGet = operation({
  name: 'routes.get',
  summary: 'Show one route, by name or id.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['route'],
  input: z.strictObject({ route: z.string().min(1).max(200).describe('Its name or id.') }),
  output: shownRoute,
  columns: routeColumns,
  example: 'purser routes get fast',
  async run(context, input) {
    const found = await findRoute(context, input.route)
    return showRoute(found, await membersOf(context, [found.id]))
  },
})

export async function findRoute(context: OperationContext, nameOrId: string): Promise<Row<'routes'>> {
  return findNamed('routes', nameOrId, await live(context).execute())
}

function live({ store }: OperationContext) {
  return store.read.selectFrom('routes').selectAll().where('removed_at', 'is', null)
}

/** A member with what it leads to. */
export type ShownMember = Row<'route_members'> & {
  readonly profile: string
  readonly provider: string
  readonly model: string
  readonly billing: string | null
}

export async function membersOf({ store }: OperationContext, routes: readonly string[]): Promise<ShownMember[]> {
  if (routes.length === 0) return []
  return store.read
    .selectFrom('route_members')
    .innerJoin('model_profiles', 'model_profiles.id', 'route_members.profile_id')
    .innerJoin('providers', 'providers.id', 'model_profiles.provider_id')
    .leftJoin('connections', 'connections.id', 'model_profiles.connection_id')
    .selectAll('route_members')
    .select(['model_profiles.name as profile', 'model_profiles.model', 'providers.name as provider', 'connections.billing'])
    .where('route_members.route_id', 'in', routes)
    .orderBy('route_members.position')
    .execute()
}

/** A route as every operation answers it. */
export function showRoute(row: Row<'routes'>, members: readonly ShownMember[]): z.output<typeof shownRoute> {
  const mine = members
    .filter((member) => member.route_id === row.id)
    .map(({ route_id: _route, profile_id: _profile, ...member }) => plainNumbers(member))
  return { ...plainNumbers(row), profiles: mine.map(({ profile }) => profile), members: mine } as z.output<typeof shownRoute>
}
