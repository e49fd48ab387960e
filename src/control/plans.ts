/** Plans that wait for a yes: kept by the digest of what they say, and done only while the configuration is as it was when they were made. */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import { canonicalJson, type Json } from '../core/json.ts'
import type { Row } from '../store/schema.ts'
import type { ControlStatement } from '../store/store.ts'
import type { OperationContext } from './context.ts'
import { insertRows } from './row-statements.ts'

export type PlanKind = 'mode' | 'backfill'

export function digestOf(body: Json): string {
  return createHash('sha256').update(canonicalJson(body)).digest('hex')
}

/** As it will stand once stored: storing it moves the revision by one, and the plan is for the revision after that. */
export function newPlan(context: OperationContext, kind: PlanKind, body: Json, now: bigint): Row<'plans'> {
  const revision = now + 1n
  return {
    digest: digestOf({ kind, revision: Number(revision), body }),
    kind,
    body,
    revision,
    created_at: context.clock.now(),
    applied_at: null,
  }
}

export function insertPlan({ store }: OperationContext, row: Row<'plans'>): readonly ControlStatement[] {
  return insertRows(store.read, 'plans', [row])
}

/** The plan that says the same and is still good, if there is one: then there is nothing to store. */
export async function samePlan({ store }: OperationContext, kind: PlanKind, body: Json, now: bigint): Promise<Row<'plans'> | undefined> {
  const digest = digestOf({ kind, revision: Number(now), body })
  return store.read.selectFrom('plans').selectAll().where('digest', '=', digest).where('applied_at', 'is', null).executeTakeFirst()
}

/** What may be typed for a plan. */
export const planDigest = z.string().regex(/^[0-9a-f]{8,64}$/, 'A plan is named by its digest, or by its first 8 digits or more.')

/** By its digest, or by so many of its first digits that no other one begins with them. */
export async function findPlan({ store }: OperationContext, kind: PlanKind, typed: string): Promise<Row<'plans'>> {
  const rows = await store.read
    .selectFrom('plans')
    .selectAll()
    .where('kind', '=', kind)
    .where('digest', 'like', `${typed}%`)
    .limit(2)
    .execute()
  const [row, another] = rows
  if (row !== undefined && another === undefined) return row
  throw new PurserError('not_found', row === undefined ? `There is no plan "${typed}".` : `Several plans begin with "${typed}".`, {
    field: 'plan',
    hint: `Make one:  purser ${kind} plan`,
  })
}

/** Marks it as done, once. */
export function markApplied({ store, clock }: OperationContext, digest: string): ControlStatement {
  const query = store.read
    .updateTable('plans')
    .set({ applied_at: clock.now() })
    .where('digest', '=', digest)
    .where('applied_at', 'is', null)
    .compile()
  return { sql: query.sql, parameters: query.parameters, expectChanges: 1 }
}
