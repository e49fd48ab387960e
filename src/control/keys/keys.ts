/** Operations on keys: who may call and who may administer. A secret is never read back: not even its hash. */

import { z } from 'zod'
import { json, key } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { isUsable } from './key-grants.ts'

export const namedKey = { key: z.string().min(1).max(200).describe('Its name or id, never the key itself.') }

export const shownKey = key.omit({ secret_hash: true, next_hash: true }).extend({
  name: z.string(),
  scopes: json,
  usable: z.boolean().describe('Neither revoked nor expired.'),
})

export const keyColumns = [
  { field: 'name', title: 'NAME' },
  { field: 'kind', title: 'KIND' },
  { field: 'id', title: 'ID', show: 'whole' },
  { field: 'usable', title: 'USABLE', show: 'yes' },
  { field: 'expires_at', title: 'EXPIRES', show: 'instant' },
  { field: 'next_until', title: 'ROTATES UNTIL', show: 'instant' },
  { field: 'last_used_at', title: 'LAST USED', show: 'instant' },
  { field: 'created_at', title: 'CREATED', show: 'instant' },
] as const

export const keysList = operation({
  name: 'keys.list',
  summary: 'List the keys, oldest first. Their secrets are not shown and cannot be.',
  scope: 'keys:write',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownKey),
  columns: keyColumns,
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
      (row) => showKey(context, row),
    )
  },
})

export const keysGet = operation({
  name: 'keys.get',
  summary: 'Show one key, by name or id.',
  scope: 'keys:write',
  effect: 'read',
  positional: ['key'],
  input: z.strictObject(namedKey),
  output: shownKey,
  columns: keyColumns,
  example: 'purser keys get first-key',
  async run(context, input) {
    return showKey(context, pickKey(await withoutHash(context).execute(), input.key))
  },
})

/** A key by its id, else by its name: one that is not revoked, before those of the same name that are. */
export function pickKey<Picked extends Pick<Row<'keys'>, 'id' | 'name' | 'revoked_at'>>(rows: readonly Picked[], typed: string): Picked {
  const named = rows.filter((row) => row.name === typed)
  const found = rows.find((row) => row.id === typed) ?? named.find((row) => row.revoked_at === null) ?? named[0]
  if (found !== undefined) return found
  const names = rows.map((row) => row.name)
  throw notFound('keys', typed.startsWith('purser_') ? 'purser_…' : typed, names)
}

type WithoutHash = Omit<Row<'keys'>, 'secret_hash' | 'next_hash'>

function withoutHash({ store }: OperationContext) {
  return store.read
    .selectFrom('keys')
    .select(['id', 'tenant_id', 'name', 'kind', 'scopes', 'expires_at', 'revoked_at', 'created_at', 'next_until', 'last_used_at'])
}

export function showKey({ clock }: OperationContext, row: WithoutHash): z.output<typeof shownKey> {
  const { id, tenant_id, name, kind, scopes, expires_at, revoked_at, created_at, next_until, last_used_at } = row
  const usable = isUsable(row, clock.now())
  return { id, tenant_id, name, kind: kind as 'call', scopes, expires_at, revoked_at, created_at, next_until, last_used_at, usable }
}
