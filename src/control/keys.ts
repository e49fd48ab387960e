/** Operations on keys: who may call and who may administer. A secret is never read back: not even its hash. */

import { z } from 'zod'
import { json, key } from '../core/nouns.ts'
import type { Row } from '../store/schema.ts'
import type { OperationContext } from './context.ts'
import { notFound } from './find.ts'
import { operation } from './operation.ts'
import { decodeCursor, page, pageOf, paging } from './page.ts'

const shown = key.omit({ secret_hash: true, next_hash: true }).extend({
  name: z.string(),
  scopes: json,
  usable: z.boolean().describe('Neither revoked nor expired.'),
})

const columns = [
  { field: 'name', title: 'NAME' },
  { field: 'kind', title: 'KIND' },
  { field: 'id', title: 'ID', show: 'whole' },
  { field: 'usable', title: 'USABLE', show: 'yes' },
  { field: 'expires_at', title: 'EXPIRES', show: 'instant' },
  { field: 'created_at', title: 'CREATED', show: 'instant' },
] as const

export const keysList = operation({
  name: 'keys.list',
  summary: 'List the keys, oldest first. Their secrets are not shown and cannot be.',
  scope: 'keys:write',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shown),
  columns,
  example: 'purser keys list',
  async run(context, { limit, cursor }) {
    const after = decodeCursor(cursor, ['count', 'text'])
    const rows = await withoutHash(context)
      .$if(after !== undefined, (query) =>
        query.where(({ eb, and, or }) =>
          or([eb('created_at', '>', after![0]), and([eb('created_at', '=', after![0]), eb('id', '>', after![1])])]),
        ),
      )
      .orderBy('created_at')
      .orderBy('id')
      .limit(limit + 1)
      .execute()
    return page(
      rows,
      limit,
      (row) => [row.created_at, row.id],
      (row) => show(context, row),
    )
  },
})

export const keysGet = operation({
  name: 'keys.get',
  summary: 'Show one key, by name or id.',
  scope: 'keys:write',
  effect: 'read',
  positional: ['key'],
  input: z.strictObject({ key: z.string().min(1).max(200).describe('Its name or id, never the key itself.') }),
  output: shown,
  columns,
  example: 'purser keys get first-key',
  async run(context, input) {
    const rows = await withoutHash(context).execute()
    const named = rows.filter((row) => row.name === input.key)
    const found = rows.find((row) => row.id === input.key) ?? named.find((row) => row.revoked_at === null) ?? named[0]
    if (found !== undefined) return show(context, found)
    const names = rows.map((row) => row.name)
    throw notFound('keys', input.key.startsWith('purser_') ? 'purser_…' : input.key, names)
  },
})

type WithoutHash = Omit<Row<'keys'>, 'secret_hash' | 'next_hash'>

function withoutHash({ store }: OperationContext) {
  return store.read
    .selectFrom('keys')
    .select(['id', 'tenant_id', 'name', 'kind', 'scopes', 'expires_at', 'revoked_at', 'created_at', 'next_until', 'last_used_at'])
}

function show({ clock }: OperationContext, row: WithoutHash): z.output<typeof shown> {
  const usable = row.revoked_at === null && (row.expires_at === null || row.expires_at > clock.now())
  return { ...row, usable } as z.output<typeof shown>
}
