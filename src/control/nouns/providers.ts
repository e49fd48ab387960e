/** Operations on providers: who serves models, under which contract, and whether Purser speaks it yet. */

import { z } from 'zod'
import { contracts } from '../../contracts/index.ts'
import type { JsonObject } from '../../core/json.ts'
import { provider } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { plainNumbers } from '../plain.ts'
import { redacted } from '../redacted.ts'
import type { Actor } from '../scopes.ts'

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
  async run({ store, actor }, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await kept(store)
      .$if(after !== undefined, (query) => query.where('name', '>', after![0]))
      .orderBy('name')
      .limit(limit + 1)
      .execute()
    return page(
      rows,
      limit,
      (row) => [row.name],
      (row) => shownTo(actor, row),
    )
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
  run: async (context, input) => shownTo(context.actor, await findProvider(context, input.provider)),
})

/** The row of a provider by name or id, or `not_found` with the nearest name. */
export async function findProvider({ store }: OperationContext, nameOrId: string): Promise<Row<'providers'>> {
  return findNamed('providers', nameOrId, await kept(store).execute())
}

function kept({ read }: OperationContext['store']) {
  return read.selectFrom('providers').selectAll().where('removed_at', 'is', null)
}

/** The values of static headers are for those who may write them: operators put keys there. */
function shownTo({ scopes }: Actor, row: Row<'providers'>): z.output<typeof shownProvider> {
  const shown = showProvider(row)
  return scopes.has('providers:write') ? shown : (redacted(shown as unknown as JsonObject) as unknown as typeof shown)
}

/** A provider as every operation answers it that may write it. */
export function showProvider(row: Row<'providers'>): z.output<typeof shownProvider> {
  const callable = contracts.some((contract) => contract.id === row.contract)
  const reason = callable ? null : `Purser does not speak the contract ${row.contract} yet.`
  return { ...plainNumbers(row), callable, reason } as z.output<typeof shownProvider>
}
