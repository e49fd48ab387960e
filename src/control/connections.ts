/** Operations on connections: whose account pays a provider, and by which reference it proves so. Never a secret itself. */

import { z } from 'zod'
import { providerAuth } from '../core/auth.ts'
import { connection } from '../core/nouns.ts'
import type { Row } from '../store/schema.ts'
import type { OperationContext } from './context.ts'
import { findNamed } from './find.ts'
import { operation } from './operation.ts'
import { decodeCursor, page, pageOf, paging } from './page.ts'
import { plainNumbers } from './plain.ts'

const shown = connection.extend({
  provider: z.string().describe("The provider's name."),
  credential: z.string().nullable().describe('The reference to the secret, such as env:OPENAI_API_KEY.'),
  secret: z.enum(['present', 'absent', 'unknown', 'not_needed']).describe('Whether the secret is there. Only a running server knows.'),
})

const columns = [
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'provider', title: 'PROVIDER' },
  { field: 'auth.type', title: 'AUTH' },
  { field: 'credential', title: 'CREDENTIAL' },
  { field: 'secret', title: 'SECRET' },
  { field: 'billing', title: 'BILLING' },
  { field: 'disabled', title: 'DISABLED', show: 'yes' },
] as const

export const connectionsList = operation({
  name: 'connections.list',
  summary: 'List the connections, by name.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shown),
  columns,
  example: 'purser connections list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await withProvider(context)
      .$if(after !== undefined, (query) => query.where('connections.name', '>', after![0]))
      .orderBy('connections.name')
      .limit(limit + 1)
      .execute()
    return page(
      rows,
      limit,
      (row) => [row.name],
      (row) => show(context, row),
    )
  },
})

export const connectionsGet = operation({
  name: 'connections.get',
  summary: 'Show one connection, by name or id.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['connection'],
  input: z.strictObject({ connection: z.string().min(1).max(200).describe('Its name or id.') }),
  output: shown,
  columns,
  example: 'purser connections get openai',
  run: async (context, input) => show(context, await findConnection(context, input.connection)),
})

export async function findConnection(context: OperationContext, nameOrId: string): Promise<WithProvider> {
  return findNamed('connections', nameOrId, await withProvider(context).execute())
}

type WithProvider = Row<'connections'> & { readonly provider: string }

function withProvider({ store }: OperationContext) {
  return store.read
    .selectFrom('connections')
    .innerJoin('providers', 'providers.id', 'connections.provider_id')
    .selectAll('connections')
    .select('providers.name as provider')
    .where('connections.removed_at', 'is', null)
}

function show(context: OperationContext, row: WithProvider): z.output<typeof shown> {
  const auth = providerAuth.parse(row.auth)
  const credential = auth.type === 'none' ? null : auth.credential
  return { ...plainNumbers(row), auth, credential, secret: context.presence(auth) } as z.output<typeof shown>
}
