/** Operations on providers: who serves models, under which contract, and whether Purser speaks it yet. */

import { z } from 'zod'
import { contracts } from '../../contracts/index.ts'
import { provider } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { plainNumbers } from '../plain.ts'

export const shownProvider = provider.extend({
  base_url: z.string(),
  callable: z.boolean().describe('Whether Purser speaks its contract.'),
  reason: z.string().nullable().describe('Why it cannot be called yet.'),
})

export const providerColumns = [
  { field: 'name', title: 'NAME', show: 'whole' },
  { field: 'contract', title: 'CONTRACT' },
  { field: 'base_url', title: 'BASE URL' },
  { field: 'network', title: 'NETWORK' },
  { field: 'callable', title: 'CALLABLE', show: 'yes' },
  { field: 'disabled', title: 'DISABLED', show: 'yes' },
] as const

export const providersList = operation({
  name: 'providers.list',
  summary: 'List the providers, by name.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownProvider),
  columns: providerColumns,
  example: 'purser providers list',
  async run({ store }, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await kept(store)
      .$if(after !== undefined, (query) => query.where('name', '>', after![0]))
      .orderBy('name')
      .limit(limit + 1)
      .execute()
    return page(rows, limit, (row) => [row.name], showProvider)
  },
})

export const providersGet = operation({
  name: 'providers.get',
  summary: 'Show one provider, by name or id.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['provider'],
  input: z.strictObject({ provider: z.string().min(1).max(200).describe('Its name or id.') }),
  output: shownProvider,
  columns: providerColumns,
  example: 'purser providers get openai',
  run: async (context, input) => showProvider(await findProvider(context, input.provider)),
})

/** The row of a provider by name or id, or `not_found` with the nearest name. */
export async function findProvider({ store }: OperationContext, nameOrId: string): Promise<Row<'providers'>> {
  return findNamed('providers', nameOrId, await kept(store).execute())
}

function kept({ read }: OperationContext['store']) {
  return read.selectFrom('providers').selectAll().where('removed_at', 'is', null)
}

/** A provider as every operation answers it. */
export function showProvider(row: Row<'providers'>): z.output<typeof shownProvider> {
  const callable = contracts.some((contract) => contract.id === row.contract)
  const reason = callable ? null : `Purser does not speak the contract ${row.contract} yet.`
  return { ...plainNumbers(row), callable, reason } as z.output<typeof shownProvider>
}
