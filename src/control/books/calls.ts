/** Operations on calls: what came in, which attempts were made, what became of each, and what it cost. */

import { z } from 'zod'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import { notFound } from '../find.ts'
import { instant } from '../instant.ts'
import { operation } from '../operation.ts'
import { decodeCursor, page, pageOf, paging } from '../page.ts'
import { amountOrNull, showAttempt, showCall, shownAttempt, shownCall } from './ledger-rows.ts'

const listed = shownCall.extend({
  attempts: z.int(),
  provider: z.string().nullable().describe('Of the last attempt, as are model and outcome.'),
  model: z.string().nullable(),
  outcome: z.string().describe('`open` while the last attempt is not settled.'),
  pricing_status: z.string().nullable(),
  charged: z.string().nullable().describe('What all attempts cost in `currency`; null where no price is known.'),
  currency: z.string().nullable(),
})

const filters = {
  profile: z.string().optional().describe('Only calls that this profile served.'),
  provider: z.string().optional().describe('Only calls that this provider served.'),
  model: z.string().optional().describe("Only calls of this model, by the provider's id."),
  key: z.string().optional().describe('Only calls of this key, by id.'),
  session: z.string().optional().describe('Only calls of this session.'),
  outcome: z.string().optional().describe('Only calls with such an attempt: succeeded, provider_error, abandoned, unknown …'),
  since: instant.optional().describe('Only calls from this instant on.'),
  until: instant.optional().describe('Only calls before this instant.'),
}

export const callsList = operation({
  name: 'calls.list',
  summary: 'List the calls, newest first.',
  scope: 'usage:read',
  effect: 'read',
  positional: [],
  input: z.strictObject({ ...filters, ...paging }),
  output: pageOf(listed),
  columns: [
    { field: 'id', title: 'CALL', show: 'whole' },
    { field: 'created_at', title: 'AT', show: 'instant' },
    { field: 'requested_name', title: 'ASKED FOR' },
    { field: 'outcome', title: 'OUTCOME' },
    { field: 'charged', title: 'CHARGED', show: 'right' },
    { field: 'currency', title: '' },
  ],
  example: 'purser calls list --since 2026-01-01T00:00:00Z',
  async run(context, input) {
    const calls = await callRows(context, input)
    const attempts = await attemptsOf(
      context,
      calls.map((call) => call.id),
    )
    return page(
      calls,
      input.limit,
      (call) => [call.id],
      (call) =>
        summary(
          call,
          attempts.filter((attempt) => attempt.call_id === call.id),
        ),
    )
  },
})

export const callsGet = operation({
  name: 'calls.get',
  summary: 'Show one call with its attempts, their settlements and every charge line.',
  scope: 'usage:read',
  effect: 'read',
  positional: ['call'],
  input: z.strictObject({ call: z.string().min(1).max(200).describe('The id that answers carry as x-request-id.') }),
  output: shownCall.extend({ attempts: z.array(shownAttempt) }),
  columns: [
    { field: 'id', title: 'CALL', show: 'whole' },
    { field: 'created_at', title: 'AT', show: 'instant' },
    { field: 'requested_name', title: 'ASKED FOR' },
    { field: 'contract', title: 'CONTRACT' },
    { field: 'stream', title: 'STREAM', show: 'yes' },
    { field: 'attempts', title: 'ATTEMPTS' },
  ],
  example: 'purser calls get 01990000-0000-7000-8000-000000000000',
  async run(context, input) {
    const { call, attempts } = await findCall(context, input.call)
    return { ...showCall(call), attempts: attempts.map((found) => showAttempt(found.attempt, found.settlement, found.charges)) }
  },
})

export type FoundAttempt = {
  readonly attempt: Row<'attempts'>
  readonly settlement: Row<'settlements'> | undefined
  readonly charges: readonly Row<'charges'>[]
}

/** A call by its id (or that of one of its attempts) with everything the ledger has on it. */
export async function findCall(
  { store }: OperationContext,
  asked: string,
): Promise<{ call: Row<'calls'>; attempts: readonly FoundAttempt[] }> {
  const id = asked.split('.')[0]!
  const call = await store.read.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirst()
  if (call === undefined) throw notFound('calls', asked)
  const attempts = await store.read.selectFrom('attempts').selectAll().where('call_id', '=', id).orderBy('attempt_no').execute()
  const ids = attempts.map((attempt) => attempt.id)
  const settlements =
    ids.length === 0 ? [] : await store.read.selectFrom('settlements').selectAll().where('attempt_id', 'in', ids).execute()
  const charges =
    ids.length === 0 ? [] : await store.read.selectFrom('charges').selectAll().where('attempt_id', 'in', ids).orderBy('line_no').execute()
  return {
    call,
    attempts: attempts.map((attempt) => ({
      attempt,
      settlement: settlements.find((row) => row.attempt_id === attempt.id),
      charges: charges.filter((row) => row.attempt_id === attempt.id),
    })),
  }
}

type Filter = z.output<typeof callsList.input>

function callRows({ store }: OperationContext, filter: Filter): Promise<Row<'calls'>[]> {
  const after = decodeCursor(filter.cursor, ['text'])
  const { profile, provider, model, outcome } = filter
  let query = store.read.selectFrom('calls').selectAll()
  if (filter.key !== undefined) query = query.where('key_id', '=', filter.key)
  if (filter.session !== undefined) query = query.where('session_id', '=', filter.session)
  if (filter.since !== undefined) query = query.where('created_at', '>=', filter.since)
  if (filter.until !== undefined) query = query.where('created_at', '<', filter.until)
  if (after !== undefined) query = query.where('id', '<', after[0])
  if (profile !== undefined || provider !== undefined || model !== undefined || outcome !== undefined) {
    query = query.where(({ exists, selectFrom }) => {
      let served = selectFrom('attempts').select('attempts.id').whereRef('attempts.call_id', '=', 'calls.id')
      if (profile !== undefined) served = served.where('attempts.profile_name', '=', profile)
      if (provider !== undefined) served = served.where('attempts.provider_name', '=', provider)
      if (model !== undefined) served = served.where('attempts.model', '=', model)
      if (outcome === undefined) return exists(served)
      return exists(served.innerJoin('settlements', 'settlements.attempt_id', 'attempts.id').where('settlements.outcome', '=', outcome))
    })
  }
  return query
    .orderBy('id', 'desc')
    .limit(filter.limit + 1)
    .execute()
}

async function attemptsOf({ store }: OperationContext, calls: readonly string[]) {
  if (calls.length === 0) return []
  return store.read
    .selectFrom('attempts')
    .leftJoin('settlements', 'settlements.attempt_id', 'attempts.id')
    .select(['attempts.call_id', 'attempts.provider_name', 'attempts.model'])
    .select(['settlements.outcome', 'settlements.pricing_status', 'settlements.charged_pico', 'settlements.currency'])
    .where('attempts.call_id', 'in', calls)
    .orderBy('attempts.attempt_no')
    .execute()
}

function summary(call: Row<'calls'>, attempts: Awaited<ReturnType<typeof attemptsOf>>): z.output<typeof listed> {
  const last = attempts.at(-1)
  const priced = attempts.filter((attempt) => attempt.charged_pico !== null)
  const currency = priced.at(-1)?.currency ?? null
  const amounts = priced.filter((attempt) => attempt.currency === currency).map((attempt) => attempt.charged_pico ?? 0n)
  return {
    ...showCall(call),
    attempts: attempts.length,
    provider: last?.provider_name ?? null,
    model: last?.model ?? null,
    outcome: last?.outcome ?? 'open',
    pricing_status: last?.pricing_status ?? null,
    charged: amountOrNull(amounts.length === 0 ? null : amounts.reduce((sum, amount) => sum + amount, 0n)),
    currency,
  }
}
