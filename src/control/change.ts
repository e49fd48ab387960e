/**
 * An operation that changes the control tables: planned from what was read, then written as one batch with its audit entries, or
 * shown and not written. Every write is declared through here, so each has its dry run, its revision check and its audit.
 */

import { z } from 'zod'
import { asPurserError, PurserError } from '../core/errors.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { json } from '../core/nouns.ts'
import type { AuditEntry, ControlBatch, ControlStatement, Store } from '../store/store.ts'
import type { OperationContext } from './context.ts'
import type { Operation } from './operation.ts'
import { redacted } from './redacted.ts'

/** A thing that a change touches. `before` and `after` hold the fields that move: `{}` before where it is made, `{}` after where it goes. */
export type Touched = {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly before: JsonObject
  readonly after: JsonObject
  /** What takes it back, for the audit log. */
  readonly undo?: JsonObject
}

export type Planned<Answer> = {
  readonly statements: readonly ControlStatement[]
  /** In the order of the audit log. Nothing touched is nothing written. */
  readonly touched: readonly Touched[]
  readonly rates?: NonNullable<ControlBatch['rates']>
  /** What is allowed and most likely not meant: sentences for whoever changes this. */
  readonly warnings?: readonly string[]
  /** What has to be on the disk before the rows that count on it. Not run where nothing is written. */
  ahead?(): void
  /** Asked once all is written and the directory has swapped, or with null where nothing was. */
  answer(written: Written | null): Answer | Promise<Answer>
}

export type Written = { readonly revision: bigint; readonly recordedAt: number | null }

const asked = {
  dry_run: z.boolean().default(false).describe('Check everything, show what would change, and write nothing.'),
  if_revision: z.int().min(0).optional().describe('Refuse, unless the configuration is still at this revision.'),
}

const told = {
  dry_run: z.boolean(),
  config_revision: z.int().describe('The revision of the configuration afterwards. It stays where it was when nothing is written.'),
  changed: z
    .array(z.object({ kind: z.string(), name: z.string(), field: z.string(), before: json, after: json }))
    .describe('The fields of things that were there before and hold another value now.'),
  warnings: z.array(z.string()).describe('What is allowed and most likely not meant.'),
}

type Asked = typeof asked
type Told = typeof told
type Extended<Shape extends z.ZodRawShape, More extends z.ZodRawShape> = z.ZodObject<Omit<Shape, keyof More> & More, z.core.$strict>

type DeclaredChange<Name extends string, Input extends z.ZodRawShape, Output extends z.ZodRawShape> = Omit<
  Operation,
  'name' | 'input' | 'output' | 'run' | 'effect'
> & {
  readonly name: Name
  readonly effect: 'write' | 'destroy'
  readonly input: z.ZodObject<Input, z.core.$strict>
  readonly output: z.ZodObject<Output>
  plan(context: OperationContext, input: z.output<z.ZodObject<Input, z.core.$strict>>): Promise<Planned<z.output<z.ZodObject<Output>>>>
}

/** How often a change is planned when another process comes between. */
const mostTries = 10

/** The operation of a declared change: `dry_run` and `if_revision` are added to what it takes, `dry_run`, `config_revision` and `changed` to what it answers. */
export function change<const Name extends string, Input extends z.ZodRawShape, Output extends z.ZodRawShape>(
  declared: DeclaredChange<Name, Input, Output>,
) {
  const { plan, input, output, ...rest } = declared
  type Taken = { readonly dry_run: boolean; readonly if_revision?: number | undefined }
  return {
    ...rest,
    input: input.extend(asked) as unknown as Extended<Input, Asked>,
    output: output.extend(told) as unknown as Extended<Output, Told>,
    run(context: OperationContext, taken: Taken & Record<string, unknown>) {
      return taken.dry_run ? tried(context, taken) : inTurn(context.store, () => tried(context, taken))
    },
  }

  async function tried(context: OperationContext, { dry_run, if_revision, ...fields }: Taken & Record<string, unknown>) {
    for (let tries = 1; ; tries += 1) {
      const before = if_revision === undefined ? await revisionOf(context) : BigInt(if_revision)
      // What was asked of another state is not judged by this one.
      if (if_revision !== undefined) await refuseStale(context, before)
      const planned = await plan(context, fields as never)
      const told = { dry_run, changed: changedFields(planned.touched), warnings: [...(planned.warnings ?? [])] }
      if (dry_run || planned.touched.length === 0) {
        if (if_revision !== undefined) await refuseStale(context, before)
        return { ...(await planned.answer(null)), ...told, config_revision: Number(before) }
      }
      try {
        planned.ahead?.()
        const written = await context.store.writer.control({
          statements: planned.statements,
          audit: auditOf(context, declared.name, planned.touched),
          expectRevision: before,
          ...(planned.rates === undefined ? {} : { rates: planned.rates }),
        })
        await context.refresh()
        return { ...(await planned.answer(written)), ...told, config_revision: Number(written.revision) }
      } catch (thrown) {
        if (if_revision !== undefined || tries === mostTries || asPurserError(thrown).code !== 'stale') throw thrown
      }
    }
  }
}

const turns = new WeakMap<Store, Promise<undefined>>()

/** The changes of one process wait for each other: none is planned on a state that the one before is about to change. */
async function inTurn<Answer>(store: Store, run: () => Promise<Answer>): Promise<Answer> {
  const turn = (turns.get(store) ?? Promise.resolve()).then(run)
  // Only that it is over is kept: an answer may hold the one showing of a key.
  const over = () => undefined
  turns.set(store, turn.then(over, over))
  return turn
}

async function revisionOf({ store }: OperationContext): Promise<bigint> {
  return (await store.read.selectFrom('revision').select('n').executeTakeFirst())?.n ?? 0n
}

async function refuseStale(context: OperationContext, expected: bigint): Promise<void> {
  const found = await revisionOf(context)
  if (found !== expected) throw stale(found, expected)
}

/** What was planned for one revision is not done at another. */
export function stale(found: bigint, expected: bigint): PurserError {
  return new PurserError(
    'conflict',
    `The configuration is at revision ${found}, and this change was made for ${expected}. Read it again and repeat the change.`,
    { code: 'stale' },
  )
}

function auditOf(context: OperationContext, operation: string, touched: readonly Touched[]): ControlBatch['audit'] {
  const [first, ...others] = touched.map(
    (each): AuditEntry => ({
      id: context.ids(),
      actor_key_id: context.actor.keyId,
      face: context.face,
      operation,
      target_kind: each.kind,
      target_id: each.id,
      before: redacted(each.before),
      after: redacted(each.after),
      undo: each.undo ?? {},
    }),
  )
  return [first!, ...others]
}

function changedFields(touched: readonly Touched[]) {
  return touched.flatMap(({ kind, name, before, after }) => {
    const [old, fresh] = [redacted(before), redacted(after)]
    const fields = Object.keys(old).filter((field) => Object.hasOwn(fresh, field))
    return fields.map((field) => ({ kind, name, field, before: old[field] as Json, after: fresh[field] as Json }))
  })
}
