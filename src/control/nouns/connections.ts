/** Operations on connections: whose account pays a provider, and by which reference it proves so. Never a secret itself. */

import { z } from 'zod'
import { providerAuth } from '../../core/auth.ts'
import { connection } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { plainNumbers } from '../plain.ts'
import { standingOf } from '../secrets/presence.ts'

export const shownConnection = connection.extend({
  provider: z.string().describe("The provider's name."),
  twin: z.string().nullable().describe('The connection that the mode flip puts in its place.'),
  credential: z.string().nullable().describe('The reference to the secret, such as env:OPENAI_API_KEY.'),
  secret: z
    .enum(['present', 'absent', 'unknown', 'not_needed'])
    .describe('Whether the secret is there, and may go where the provider stands.'),
  secret_reason: z.string().nullable().describe('Why the secret cannot be used, and what to do about it.'),
})

export const connectionColumns = [
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
  output: pageOf(shownConnection),
  columns: connectionColumns,
  example: 'purser connections list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await withNames(context)
      .$if(after !== undefined, (query) => query.where('connections.name', '>', after![0]))
      .orderBy('connections.name')
      .limit(limit + 1)
      .execute()
    return page(
      rows,
      limit,
      (row) => [row.name],
      (row) => showConnection(context, row),
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
  output: shownConnection,
  columns: connectionColumns,
  example: 'purser connections get openai',
  run: async (context, input) => showConnection(context, await findConnection(context, input.connection)),
})

export async function findConnection(context: OperationContext, nameOrId: string): Promise<NamedConnection> {
  return findNamed('connections', nameOrId, await withNames(context).execute())
}

export type NamedConnection = Row<'connections'> & { readonly provider: string; readonly base_url: string; readonly twin: string | null }

function withNames({ store }: OperationContext) {
  return store.read
    .selectFrom('connections')
    .innerJoin('providers', 'providers.id', 'connections.provider_id')
    .leftJoin('connections as twins', 'twins.id', 'connections.canonical_equivalent_id')
    .selectAll('connections')
    .select(['providers.name as provider', 'providers.base_url', 'twins.name as twin'])
    .where('connections.removed_at', 'is', null)
}

/** A connection as every operation answers it. A row that was damaged by hand shows what stands there. */
export function showConnection(context: OperationContext, row: NamedConnection): z.output<typeof shownConnection> {
  const { base_url, ...columns } = row
  const read = providerAuth.safeParse(row.auth)
  const credential = read.success && read.data.type !== 'none' ? read.data.credential : null
  const { presence, reason } = read.success ? standingOf(context.secrets, read.data, base_url) : unread
  return { ...plainNumbers(columns), credential, secret: presence, secret_reason: reason } as z.output<typeof shownConnection>
}

const unread = { presence: 'unknown', reason: 'What stands in "auth" does not read.' } as const
