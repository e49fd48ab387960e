/** What a mode flip shows of the other side: whether it serves the model, and what the model costs there. */

import type { Connection, Profile } from '../../core/nouns.ts'
import { cardInForce } from '../../pricing/cards.ts'
import { printPrice } from '../../pricing/money.ts'
import { priceTable } from '../../pricing/prices.ts'
import type { Directory } from '../../routing/directory.ts'
import type { OperationContext } from '../context.ts'
import type { Served } from './plan.ts'

/** The ledger is asked only this far back. */
const newestAttempts = 100_000

/** Whether a connection answered for a model the last time it was asked, by `connection model`. */
export type Answered = ReadonlyMap<string, boolean>

export async function readAnswered({ store }: OperationContext, connectionIds: readonly string[]): Promise<Answered> {
  const answered = new Map<string, boolean>()
  if (connectionIds.length === 0) return answered
  const rows = await store.read
    .selectFrom(store.read.selectFrom('attempts').selectAll().orderBy('id', 'desc').limit(newestAttempts).as('recent'))
    .innerJoin('settlements', 'settlements.attempt_id', 'recent.id')
    .select((each) => ['recent.connection_id', 'recent.model', 'settlements.outcome', each.fn.max('recent.id').as('newest')])
    .where('recent.connection_id', 'in', connectionIds)
    .where(({ eb, or }) => or([eb('settlements.outcome', '=', 'succeeded'), eb('settlements.error_kind', '=', 'not_found')]))
    .groupBy(['recent.connection_id', 'recent.model', 'settlements.outcome'])
    .execute()
  const newestFirst = rows.toSorted((a, b) => (a.newest < b.newest ? 1 : -1))
  for (const { connection_id, model, outcome } of newestFirst) {
    const key = `${connection_id} ${model}`
    if (!answered.has(key)) answered.set(key, outcome === 'succeeded')
  }
  return answered
}

/** A retired id is served nowhere. What was answered last counts next, then a price of this very connection; a catalogue speaks for the vendor alone. */
export function servedBy(directory: Directory, answered: Answered, now: number): (connection: Connection, model: string) => Served {
  return (connection, model) => {
    if (isRetired(directory, connection.provider_id, model, now)) return 'no'
    const last = answered.get(`${connection.id} ${model}`)
    if (last !== undefined) return last ? 'yes' : 'no'
    const found = cardFor(directory, connection, model, now)
    if (found === undefined) return 'unknown'
    if (found.card.row.connection_id === connection.id) return 'yes'
    return connection.billing === 'own' && found.card.matchMode === 'exact' ? 'yes' : 'unknown'
  }
}

function isRetired({ book, knownAt }: Directory, providerId: string, model: string, now: number): boolean {
  const aliases = book.providers.get(providerId)?.asWritten.aliases.get(model)
  const inForce = aliases?.find((row) => row.effective_from <= now && row.recorded_at <= knownAt)
  return inForce !== undefined && inForce.model === null
}

function cardFor({ book, knownAt }: Directory, connection: Connection, model: string, now: number) {
  return cardInForce(book, {
    providerId: connection.provider_id,
    connectionId: connection.id,
    requestedModel: model,
    reportedModel: null,
    at: now,
    knownAt,
  })
}

export type ShownPrice = { readonly price: string; readonly per_units: number; readonly currency: string; readonly card: string }
export type MeterPrice = { readonly meter: string; readonly before: ShownPrice | null; readonly after: ShownPrice | null }

/** Per meter what is asked without further conditions, before and after. Null: there is no price, which is not 0. */
export function pricesOf(
  directory: Directory,
  profile: Profile,
  before: Connection,
  after: Connection,
  now: number,
): readonly MeterPrice[] {
  const old = listPrices(directory, before, profile.model, now)
  const fresh = listPrices(directory, after, profile.model, now)
  const meters = [...new Set([...old.keys(), ...fresh.keys()])]
  return meters.map((meter) => ({ meter, before: old.get(meter) ?? null, after: fresh.get(meter) ?? null }))
}

function listPrices(directory: Directory, connection: Connection, model: string, now: number): ReadonlyMap<string, ShownPrice> {
  const found = cardFor(directory, connection, model, now)
  const base = found === undefined ? undefined : priceTable(found.card)?.sets.at(-1)
  if (found === undefined || base === undefined) return new Map()
  const { currency, id } = found.card.row
  return new Map(
    [...base.prices].flatMap(([meter, { nanos, perUnits }]) =>
      nanos === null ? [] : [[meter, { price: printPrice(nanos), per_units: Number(perUnits), currency, card: id }] as const],
    ),
  )
}
