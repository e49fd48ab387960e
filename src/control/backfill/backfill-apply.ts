/** The operations that carry a planned backfill out, in one transaction, and take it back: what was edited since stays, and is listed. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { type ControlStatement, recordedAt } from '../../store/store.ts'
import { change, stale, type Touched } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { namesInUse } from '../nouns/referrers.ts'
import { findPlan, markApplied, planDigest } from '../plans.ts'
import { insertRows } from '../row-statements.ts'
import { type Crossing, crossingsOf } from './boundary.ts'
import { digestOfText, documentField } from './documents.ts'
import { child, textIn, valueAt } from './pointer.ts'
import { readPresent } from './present.ts'
import { readObject } from './read.ts'
import { sealerOf } from './sealing.ts'
import { type Body, statementsOf, type Written } from './statements.ts'
import { takeBack, whyKept } from './undo.ts'

type PlanBody = Body & { readonly inputs: { readonly config: string } }

const rowsShown = z.array(z.object({ kind: z.string(), name: z.string() }))

export const backfillApply = change({
  name: 'backfill.apply',
  summary: 'Do what a plan of `backfill plan` says, whole or not at all. Keys that the file holds in clear are sealed on the way.',
  scope: 'system',
  effect: 'write',
  positional: [],
  flags: { file: 'config' },
  input: z.strictObject({
    plan: planDigest.describe('The digest of the plan, or its first digits.'),
    config: documentField('The same configuration again, needed where it holds keys to seal: a plan never keeps them.').optional(),
  }),
  output: z.object({
    import: z.string().nullable().describe('Its id, for `backfill undo`. Null after a dry run.'),
    plan: z.string(),
    created: rowsShown,
    updated: rowsShown,
    cards: z.int().describe('Rate cards added.'),
    preserved: z.int().describe('Places of the file that are kept word for word.'),
    sealed: z
      .array(z.object({ connection: z.string(), pointer: z.string() }))
      .describe('Keys that are sealed now. Delete these lines from the file.'),
  }),
  columns: [
    { field: 'import', title: 'IMPORT', show: 'whole' },
    { field: 'created', title: 'CREATED' },
    { field: 'updated', title: 'UPDATED' },
    { field: 'cards', title: 'CARDS' },
    { field: 'preserved', title: 'PRESERVED' },
  ],
  example: 'purser backfill apply --plan 3f9c2a7d',
  async plan(context, input) {
    const row = await findPlan(context, 'backfill', input.plan)
    const body = row.body as unknown as PlanBody
    if (row.applied_at !== null) throw applied(row.digest)
    const present = await readPresent(context.store)
    if (present.revision !== row.revision) throw stale(present.revision, row.revision)
    const importId = context.ids()
    const done = statementsOf(context, importId, body, present, secretsFrom(context, body, input.config))
    const record = {
      id: importId,
      kind: 'backfill',
      input_digest: body.inputs.config,
      plan_digest: row.digest,
      created_at: context.clock.now(),
    }
    const undo = { operation: 'backfill.undo', written: done.written as unknown as Json, cards: done.cards, secrets: done.secrets }
    const { created, updated } = rowsOf(done.written)
    const whole: Touched = {
      kind: 'import',
      id: importId,
      name: 'backfill',
      before: {},
      after: { plan: row.digest, created: created.length, updated: updated.length, cards: done.cards.length },
      undo,
    }
    return {
      statements: [...insertRows(context.store.read, 'imports', [record]), ...done.statements, markApplied(context, row.digest)],
      touched: [whole, ...done.touched],
      ...(done.cards.length === 0 ? {} : { rates: { source: 'import:config.json', actor: context.actor.name, note: null } }),
      answer: (written) => ({
        import: written === null ? null : importId,
        plan: row.digest,
        created,
        updated,
        cards: done.cards.length,
        preserved: body.kept.length,
        sealed: body.secrets.map(({ connection, pointer }) => ({ connection, pointer })),
      }),
    }
  },
})

export const backfillUndo = change({
  name: 'backfill.undo',
  summary:
    'Take the last backfill back: rows it made go, fields it changed become what they were. What was edited since stays, and is listed.',
  scope: 'system',
  effect: 'destroy',
  positional: ['import'],
  input: z.strictObject({ import: z.string().min(1).max(200).describe('The id of the import.') }),
  output: z.object({
    import: z.string(),
    removed: rowsShown,
    restored: rowsShown,
    kept: z.array(z.object({ kind: z.string(), name: z.string(), why: z.enum(whyKept) })).describe('Left as they are.'),
    voided: z.int().describe('Rate cards that are withdrawn.'),
  }),
  columns: [
    { field: 'removed', title: 'REMOVED' },
    { field: 'restored', title: 'RESTORED' },
    { field: 'kept', title: 'KEPT' },
    { field: 'voided', title: 'CARDS WITHDRAWN' },
  ],
  example: 'purser backfill undo 0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b --yes',
  async plan(context, input) {
    const { record, present } = await lastImport(context, input.import)
    const back = takeBack(present.things, record.written, await namesInUse(context))
    refuseCrossings(crossingsOf(present.things, back.after))
    const still = await stillReferred(context, record.secrets, back.freed)
    const voided = await unvoided(context, record.cards)
    const gone = (table: 'provenance' | 'preserved' | 'imports', column: 'import_id' | 'id') =>
      deleted(context, table, column, input.import)
    return {
      statements: [
        ...back.changes.flatMap((each) => each.statements(context)),
        ...insertRows(
          context.store.read,
          'rate_card_voids',
          voided.map((id) => ({
            id: context.ids(),
            rate_card_id: id,
            reason: 'backfill undone',
            replaced_by: null,
            recorded_at: recordedAt,
          })),
        ),
        ...record.secrets.filter((id) => !still.has(id)).map((id) => deleted(context, 'sealed_secrets', 'id', id)),
        gone('preserved', 'import_id'),
        gone('provenance', 'import_id'),
        gone('imports', 'id'),
      ],
      touched: [
        { kind: 'import', id: input.import, name: 'backfill', before: { written: record.written.length }, after: {} },
        ...back.changes.map(({ touched }) => touched),
      ],
      ...(voided.length === 0 ? {} : { rates: { source: 'import:config.json', actor: context.actor.name, note: 'backfill undone' } }),
      answer: () => ({ import: input.import, removed: back.removed, restored: back.restored, kept: back.kept, voided: voided.length }),
    }
  },
})

/** The keys of the file, which must be the one that was planned. */
function secretsFrom(
  context: OperationContext,
  body: PlanBody,
  config: string | undefined,
): (sealing: { readonly pointer: string }) => string {
  if (body.secrets.length === 0) return () => ''
  if (config === undefined) {
    throw new PurserError(
      'invalid_request',
      `The file holds ${body.secrets.length} keys to seal, and a plan never keeps them. Give the file again.`,
      {
        field: 'config',
        code: 'document_needed',
        hint: 'purser backfill apply --plan … --file <the same file>',
      },
    )
  }
  if (digestOfText(config) !== body.inputs.config) {
    throw new PurserError('conflict', 'The configuration is not the one that was planned: it changed since. Plan again.', {
      code: 'another_document',
      field: 'config',
    })
  }
  if (sealerOf(context) === null) {
    throw new PurserError('unavailable', 'The file holds keys to seal, and there is no key-encryption key to seal them with.', {
      code: 'no_vault',
    })
  }
  const document = readObject(config, 'config')
  return ({ pointer }) => {
    const cut = pointer.lastIndexOf('/')
    const keys = valueAt(document, pointer.slice(0, cut))
    return Object.keys(keys as object)
      .map((key) => (child(pointer.slice(0, cut), key) === pointer ? textIn(keys, key) : undefined))
      .find((each) => each !== undefined)!
  }
}

function rowsOf(written: readonly Written[]) {
  const named = (list: readonly Written[]) => list.map(({ kind, name }) => ({ kind, name }))
  return {
    created: named(written.filter(({ before }) => before === null)),
    updated: named(written.filter(({ before }) => before !== null)),
  }
}

type Record_ = { readonly written: readonly Written[]; readonly cards: readonly string[]; readonly secrets: readonly string[] }

async function lastImport(context: OperationContext, id: string) {
  const present = await readPresent(context.store)
  const found = await context.store.read
    .selectFrom('imports')
    .selectAll()
    .where('id', '=', id)
    .where('kind', '=', 'backfill')
    .executeTakeFirst()
  if (found === undefined) {
    throw new PurserError('not_found', `No backfill has the id "${id}".`, {
      field: 'import',
      hint: 'See what there is:  purser backfill list',
    })
  }
  if (present.last?.id !== id) {
    throw new PurserError('conflict', 'Only the last backfill can be taken back: a later one stands on this one.', {
      code: 'not_last',
      field: 'import',
      hint: `Take back the later one first:  purser backfill undo ${present.last?.id ?? ''}`,
    })
  }
  const entry = await context.store.read
    .selectFrom('audit_log')
    .select('undo')
    .where('target_kind', '=', 'import')
    .where('target_id', '=', id)
    .where('operation', '=', 'backfill.apply')
    .executeTakeFirstOrThrow()
  return { record: entry.undo as unknown as Record_, present }
}

/** What was moved since may make the way back another one than the way here. */
function refuseCrossings(crossings: readonly Crossing[]): void {
  if (crossings.length === 0) return
  const listed = crossings.map(({ name, why }) => `"${name}" (${why})`).join(', ')
  throw new PurserError(
    'conflict',
    `Taken back now, the import would send calls off this machine or to another payer, because of what was changed since: ${listed}.`,
    {
      code: 'would_cross',
      details: { crossings: crossings.map((each) => ({ ...each })) },
      hint: 'See what was changed:  purser audit list',
    },
  )
}

/** Sealed keys that a connection which stays still refers to. */
async function stillReferred(
  { store }: OperationContext,
  secrets: readonly string[],
  freed: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  if (secrets.length === 0) return new Set()
  const rows = await store.read.selectFrom('connections').select(['id', 'auth']).where('removed_at', 'is', null).execute()
  const used = rows.filter(({ id }) => !freed.has(id)).map(({ auth }) => String((auth as JsonObject).credential ?? ''))
  return new Set(secrets.filter((id) => used.includes(`sealed:${id}`)))
}

async function unvoided({ store }: OperationContext, cards: readonly string[]): Promise<readonly string[]> {
  if (cards.length === 0) return []
  const rows = await store.read
    .selectFrom('rate_card_voids')
    .select('rate_card_id')
    .where('rate_card_id', 'in', [...cards])
    .execute()
  return cards.filter((id) => !rows.some((row) => row.rate_card_id === id))
}

function deleted(
  { store }: OperationContext,
  table: 'provenance' | 'preserved' | 'imports' | 'sealed_secrets',
  column: 'import_id' | 'id',
  value: string,
): ControlStatement {
  const query = store.read
    .deleteFrom(table as 'imports')
    .where(column as 'id', '=', value)
    .compile()
  return { sql: query.sql, parameters: query.parameters }
}

function applied(digest: string): PurserError {
  return new PurserError('conflict', 'This plan was carried out before.', {
    code: 'applied',
    field: 'plan',
    hint: `See what it did:  purser backfill list  (plan ${digest.slice(0, 12)})`,
  })
}
