/** Operations that show what backfills did: which there were, and of one where every field came from and what it keeps of the file. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { json } from '../../core/nouns.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { readImport } from './present.ts'

const shownImport = z.object({ id: z.string(), input_digest: z.string(), plan_digest: z.string(), created_at: z.int() })

const importColumns = [
  { field: 'id', title: 'IMPORT', show: 'whole' },
  { field: 'created_at', title: 'WHEN', show: 'instant' },
  { field: 'plan_digest', title: 'PLAN' },
] as const

export const backfillList = operation({
  name: 'backfill.list',
  summary: 'List the backfills that stand, newest first.',
  scope: 'audit:read',
  effect: 'read',
  positional: [],
  input: z.strictObject(paging),
  output: pageOf(shownImport),
  columns: importColumns,
  example: 'purser backfill list',
  async run({ store }, { limit, cursor }) {
    const after = decodeCursor(cursor, ['text'])
    const rows = await store.read
      .selectFrom('imports')
      .select(['id', 'input_digest', 'plan_digest', 'created_at'])
      .where('kind', '=', 'backfill')
      .$if(after !== undefined, (query) => query.where('id', '<', after![0]))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute()
    return page(
      rows,
      limit,
      (row) => [row.id],
      (row) => row,
    )
  },
})

export const backfillGet = operation({
  name: 'backfill.get',
  summary: 'Show one backfill: where each field came from, and what it keeps of the file word for word.',
  scope: 'audit:read',
  effect: 'read',
  positional: ['import'],
  input: z.strictObject({ import: z.string().min(1).max(200).describe('Its id.') }),
  output: shownImport.extend({
    fields: z.array(
      z.object({
        kind: z.string(),
        name: z.string(),
        field: z.string(),
        pointer: z.string(),
        era: z.string(),
        rule: z.string(),
        value: json,
      }),
    ),
    preserved: z.array(z.object({ pointer: z.string(), value: json })),
  }),
  columns: importColumns,
  example: 'purser backfill get 0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b',
  async run({ store }, input) {
    const row = await store.read
      .selectFrom('imports')
      .select(['id', 'input_digest', 'plan_digest', 'created_at'])
      .where('kind', '=', 'backfill')
      .where('id', '=', input.import)
      .executeTakeFirst()
    if (row === undefined) {
      throw new PurserError('not_found', `No backfill has the id "${input.import}".`, {
        field: 'import',
        hint: 'See what there is:  purser backfill list',
      })
    }
    const { origins, kept } = await readImport(store.read, row.id)
    return { ...row, fields: [...origins], preserved: [...kept].map(([pointer, value]) => ({ pointer, value })) }
  },
})
