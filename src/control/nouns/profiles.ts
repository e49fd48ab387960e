/** Operations on model profiles: the names callers may send as `model`, and what each stands for. */

import { z } from 'zod'
import { profile } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { plainNumbers } from '../plain.ts'

export const shownProfile = profile.extend({
  provider: z.string().describe("The provider's name."),
  connection: z.string().nullable().describe("The connection's name, where the profile names one."),
})

export const profileColumns = [
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'provider', title: 'PROVIDER' },
  { field: 'model', title: 'MODEL' },
  { field: 'connection', title: 'CONNECTION' },
  { field: 'disabled', title: 'DISABLED', show: 'yes' },
] as const

export const profilesList = operation({
  name: 'profiles.list',
  summary: 'List the model profiles, by name.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownProfile),
  columns: profileColumns,
  example: 'purser profiles list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await withNames(context)
      .$if(after !== undefined, (query) => query.where('model_profiles.name', '>', after![0]))
      .orderBy('model_profiles.name')
      .limit(limit + 1)
      .execute()
    return page(rows, limit, (row) => [row.name], showProfile)
  },
})

export const profilesGet = operation({
  name: 'profiles.get',
  summary: 'Show one profile, by name or id.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['profile'],
  input: z.strictObject({ profile: z.string().min(1).max(200).describe('Its name or id.') }),
  output: shownProfile,
  columns: profileColumns,
  example: 'purser profiles get simulated',
  run: async (context, input) => showProfile(await findProfile(context, input.profile)),
})

export async function findProfile(context: OperationContext, nameOrId: string): Promise<NamedProfile> {
  return findNamed('profiles', nameOrId, await withNames(context).execute())
}

export type NamedProfile = Row<'model_profiles'> & { readonly provider: string; readonly connection: string | null }

function withNames({ store }: OperationContext) {
  return store.read
    .selectFrom('model_profiles')
    .innerJoin('providers', 'providers.id', 'model_profiles.provider_id')
    .leftJoin('connections', 'connections.id', 'model_profiles.connection_id')
    .selectAll('model_profiles')
    .select(['providers.name as provider', 'connections.name as connection'])
    .where('model_profiles.removed_at', 'is', null)
}

/** A profile as every operation answers it. */
export function showProfile(row: NamedProfile): z.output<typeof shownProfile> {
  return plainNumbers(row) as z.output<typeof shownProfile>
}
