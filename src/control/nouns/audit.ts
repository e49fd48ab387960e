/** Operations on the audit log: who changed what, when, and by which operation. Rows are written with the change itself and never again. */

import { z } from 'zod'
import { json } from '../../core/nouns.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { instant } from '../instant.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { readTargetNames, targetsNamed } from './audit-targets.ts'

const shown = z.object({
  id: z.string(),
  created_at: z.int(),
  revision: z.int().describe('Of the configuration, after this change.'),
  actor: z.string().describe("The key's name, or local for whoever sat at the machine itself."),
  actor_key_id: z.string().nullable(),
  face: z.string().describe('Where the change came in: cli, http, library, console, or start for what a start does by itself.'),
  operation: z.string(),
  target_kind: z.string(),
  target_id: z.string(),
  target: z.string().nullable().describe('Its name today, removed or not.'),
  before: json.describe('The fields that moved, as they were. {} where the thing was made.'),
  after: json.describe('The fields that moved, as they are since. What proves anything is masked.'),
  undo: json.describe('What takes it back, where one command can.'),
})

const columns = [
  { field: 'created_at', title: 'AT', show: 'instant' },
  { field: 'actor', title: 'ACTOR' },
  { field: 'operation', title: 'OPERATION' },
  { field: 'target', title: 'TARGET' },
  { field: 'id', title: 'ID', show: 'id' },
] as const

/** Whoever has no key: the terminal of this machine, and what a start does by itself. */
const local = 'local'

const filters = {
  target: z.string().min(1).max(200).optional().describe('Only changes of what has this name or id, or of the prices of this model.'),
  operation: z.string().min(1).max(100).optional().describe('Only by this operation, such as providers.update, or by those of a noun.'),
  actor: z.string().min(1).max(200).optional().describe('Only by this key, by name or id; local for whoever has none.'),
  since: instant.optional().describe('Only changes from this instant on.'),
  until: instant.optional().describe('Only changes before this instant.'),
}

export const auditList = operation({
  name: 'audit.list',
  summary: 'List what was changed, newest first.',
  scope: 'audit:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({ ...filters, ...paging }),
  output: pageOf(shown),
  columns,
  example: 'purser audit list --target openai --since 2026-01-01T00:00:00Z',
  async run(context, { limit, cursor, target, operation: by, actor, since, until }) {
    const after = decodeCursor(cursor, ['count', 'text'])
    const targets = target === undefined ? [] : await targetsNamed(context, target)
    const rows = await withActor(context)
      .$if(target !== undefined, (query) => query.where('audit_log.target_id', 'in', targets))
      .$if(by !== undefined, (query) =>
        query.where(({ eb, or }) => or([eb('operation', '=', by!), eb('operation', 'like', `${literally(by!)}.%`)])),
      )
      .$if(actor === local, (query) => query.where('actor_key_id', 'is', null))
      .$if(actor !== undefined && actor !== local, (query) =>
        query.where(({ eb, or }) => or([eb('actor_key_id', '=', actor!), eb('keys.name', '=', actor!)])),
      )
      .$if(since !== undefined, (query) => query.where('audit_log.created_at', '>=', since!))
      .$if(until !== undefined, (query) => query.where('audit_log.created_at', '<', until!))
      .$if(after !== undefined, (query) =>
        query.where(({ eb, and, or }) =>
          or([eb('revision', '<', BigInt(after![0])), and([eb('revision', '=', BigInt(after![0])), eb('audit_log.id', '<', after![1])])]),
        ),
      )
      .orderBy('revision', 'desc')
      .orderBy('audit_log.id', 'desc')
      .limit(limit + 1)
      .execute()
    const names = await readTargetNames(context, rows)
    return page(
      rows,
      limit,
      (row) => [Number(row.revision), row.id],
      (row) => show(row, names),
    )
  },
})

export const auditGet = operation({
  name: 'audit.get',
  summary: 'Show one change in full, by its id.',
  scope: 'audit:read',
  effect: 'read',
  positional: ['entry'],
  input: z.strictObject({ entry: z.string().min(1).max(200).describe('Its id.') }),
  output: shown,
  columns,
  example: 'purser audit get 01990000-0000-7000-8000-000000000000',
  async run(context, input) {
    const row = await withActor(context).where('audit_log.id', '=', input.entry).executeTakeFirst()
    if (row === undefined) throw notFound('audit', input.entry)
    return show(row, await readTargetNames(context, [row]))
  },
})

type WithActor = Row<'audit_log'> & { readonly actor: string | null }

function withActor({ store }: OperationContext) {
  return store.read
    .selectFrom('audit_log')
    .leftJoin('keys', 'keys.id', 'audit_log.actor_key_id')
    .selectAll('audit_log')
    .select('keys.name as actor')
}

/** No letter of a noun is a wildcard, but an underscore is. */
function literally(text: string): string {
  return text.replaceAll(/[%_\\]/g, '')
}

function show({ actor, ...row }: WithActor, names: ReadonlyMap<string, string>): z.output<typeof shown> {
  const who = row.actor_key_id === null ? local : (actor ?? row.actor_key_id)
  return { ...row, revision: Number(row.revision), actor: who, target: names.get(row.target_id) ?? null } as z.output<typeof shown>
}
