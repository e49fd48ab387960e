/** The sums behind usage, one query each. Halves of 64-bit values are summed apart, because a whole sum may not fit. */

import { type RawBuilder, sql } from 'kysely'
import type { Store } from '../../store/store.ts'

/** What can be grouped by, and the column that says it. Days are counted from the epoch. */
export const groups = {
  day: 'attempts.created_at / 86400000',
  provider: 'attempts.provider_name',
  connection: 'attempts.connection_name',
  profile: 'attempts.profile_name',
  model: 'attempts.model',
  key: 'calls.key_id',
  billing: 'attempts.billing',
  outcome: 'settlements.outcome',
  source: 'settlements.usage_source',
  status: 'settlements.pricing_status',
} as const
export type Group = keyof typeof groups

export type UsageFilter = {
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly provider?: string | undefined
  readonly profile?: string | undefined
  readonly model?: string | undefined
  readonly key?: string | undefined
}

type Values = readonly (string | null)[]
export type Status = 'priced' | 'partially_priced' | 'unpriced' | 'included' | 'open'
type Raw = Readonly<Record<string, unknown>>

const half = 1_000_000

export async function countAttempts(store: Store, by: readonly Group[], filter: UsageFilter) {
  const rows = await grouped(store, by, filter, sql`coalesce(settlements.pricing_status, 'open') AS status, count(*) AS n`, sql``, [
    'status',
  ])
  return rows.map((row) => ({ values: valuesOf(row, by), status: String(row.status) as Status, count: Number(row.n) }))
}

export async function sumMoney(store: Store, by: readonly Group[], filter: UsageFilter) {
  const sums = sql`settlements.currency AS currency, ${halves('settlements.charged_pico', 'charged')}, ${halves('settlements.shadow_pico', 'shadow')}`
  const rows = await grouped(store, by, { ...filter }, sums, sql``, ['currency'])
  return rows
    .filter((row) => row.currency !== null)
    .map((row) => ({
      values: valuesOf(row, by),
      currency: String(row.currency),
      charged: whole(row, 'charged'),
      shadow: whole(row, 'shadow'),
    }))
}

export async function sumTokens(store: Store, by: readonly Group[], filter: UsageFilter) {
  const sums = sql`settlements.pricing_status AS status, meters.meter AS meter, ${halves('meters.quantity', 'quantity')}`
  const rows = await grouped(store, by, filter, sums, meters[store.engine], ['status', 'meter'])
  return rows.map((row) => ({
    values: valuesOf(row, by),
    status: String(row.status) as Status,
    meter: String(row.meter),
    quantity: whole(row, 'quantity'),
  }))
}

/** Usage is JSON in a column: each engine has its own way to take its meters apart. */
const meters: Record<Store['engine'], RawBuilder<unknown>> = {
  sqlite: sql`JOIN (SELECT s.attempt_id AS id, m.key AS meter, CAST(m.value AS INTEGER) AS quantity
      FROM settlements s, json_each(s.usage, '$.segments') g, json_each(g.value, '$.meters') m) meters ON meters.id = attempts.id`,
  postgres: sql`JOIN (SELECT s.attempt_id AS id, m.key AS meter, CAST(m.value AS BIGINT) AS quantity
      FROM settlements s, json_array_elements(s.usage::json->'segments') g, json_each_text(g->'meters') m) meters ON meters.id = attempts.id`,
}

async function grouped(
  store: Store,
  by: readonly Group[],
  filter: UsageFilter,
  sums: RawBuilder<unknown>,
  join: RawBuilder<unknown>,
  further: readonly string[],
): Promise<readonly Raw[]> {
  const named = by.map((name, place) => sql`${sql.raw(groups[name])} AS ${sql.raw(`g${place}`)}`)
  const keys = [...by.map((_name, place) => `g${place}`), ...further]
  const query = sql<Raw>`SELECT ${sql.join([...named, sums])}
    FROM attempts JOIN calls ON calls.id = attempts.call_id LEFT JOIN settlements ON settlements.attempt_id = attempts.id ${join}
    WHERE ${sql.join([sql`1 = 1`, ...conditions(filter)], sql` AND `)}
    GROUP BY ${sql.raw(keys.map((_key, place) => place + 1).join(', '))}
    ORDER BY ${sql.raw(keys.map((_key, place) => place + 1).join(', '))}`
  return (await query.execute(store.read)).rows
}

function conditions(filter: UsageFilter): RawBuilder<unknown>[] {
  const all: RawBuilder<unknown>[] = []
  if (filter.since !== undefined) all.push(sql`attempts.created_at >= ${filter.since}`)
  if (filter.until !== undefined) all.push(sql`attempts.created_at < ${filter.until}`)
  if (filter.provider !== undefined) all.push(sql`attempts.provider_name = ${filter.provider}`)
  if (filter.profile !== undefined) all.push(sql`attempts.profile_name = ${filter.profile}`)
  if (filter.model !== undefined) all.push(sql`attempts.model = ${filter.model}`)
  if (filter.key !== undefined)
    all.push(sql`(calls.key_id = ${filter.key} OR calls.key_id IN (SELECT id FROM keys WHERE name = ${filter.key}))`)
  return all
}

function halves(column: string, name: string): RawBuilder<unknown> {
  const [high, low] = [`sum(${column} / ${half})`, `sum(${column} % ${half})`]
  return sql.raw(`CAST(coalesce(${high}, 0) AS TEXT) AS ${name}_high, CAST(coalesce(${low}, 0) AS TEXT) AS ${name}_low`)
}

function whole(row: Raw, name: string): bigint {
  return BigInt(String(row[`${name}_high`])) * BigInt(half) + BigInt(String(row[`${name}_low`]))
}

function valuesOf(row: Raw, by: readonly Group[]): Values {
  return by.map((_name, place) => {
    const value = row[`g${place}`]
    return value === null || value === undefined ? null : String(value)
  })
}
