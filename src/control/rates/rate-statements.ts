/** How rate cards and aliases become statements of a control batch. The seed and the operation `rates create` both write through here. */

import type { Kysely } from 'kysely'
import { PurserError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { conditionKey } from '../../pricing/conditions.ts'
import { parsePrice } from '../../pricing/money.ts'
import type { MatchMode } from '../../pricing/rows.ts'
import type { Tables } from '../../store/schema.ts'
import { type ControlBatch, type ControlStatement, recordedAt } from '../../store/store.ts'
import { insertRows, type NewRow } from '../row-statements.ts'

/** An unconditional price of one more meter. Null: not sold. */
export type NewComponent = { readonly meter: string; readonly price_nanos: bigint | null; readonly per_units: bigint }
export type NewCard = Omit<NewRow<'rate_cards'>, 'recorded_at'> & { readonly components: readonly NewComponent[] }
export type NewAlias = Omit<NewRow<'model_aliases'>, 'recorded_at'>

/** The prices that stand in the card itself, as text. Null: as input. */
export type CardPrices = {
  readonly input_token_cost_per_1m: string
  readonly output_token_cost_per_1m: string
  readonly cache_write_cost_per_1m: string | null
  readonly cache_read_cost_per_1m: string | null
}

/** A card as an operator gives it: prices as text, names already turned into ids. */
export type CardInput = CardPrices & {
  readonly provider_id: string
  readonly connection_id: string | null
  readonly model: string
  readonly match_mode: MatchMode
  readonly currency: string
  readonly effective_from: number
  readonly revision: number
  readonly source_ref: Json
}

/** Inserts of cards, their components and aliases. The batch that carries them must say `rates`, so that it is sealed. */
export function rateStatements(
  read: Kysely<Tables>,
  ids: () => string,
  cards: readonly NewCard[],
  aliases: readonly NewAlias[] = [],
): readonly ControlStatement[] {
  const components = cards.flatMap((card) =>
    card.components.map((part) => ({
      id: ids(),
      rate_card_id: card.id,
      ...part,
      conditions: {},
      condition_key: conditionKey({}),
      priority: 0n,
      recorded_at: recordedAt,
    })),
  )
  return [
    ...insertRows(
      read,
      'rate_cards',
      cards.map(({ components: _components, ...row }) => ({ ...row, recorded_at: recordedAt })),
    ),
    ...insertRows(read, 'rate_card_components', components),
    ...insertRows(
      read,
      'model_aliases',
      aliases.map((row) => ({ ...row, recorded_at: recordedAt })),
    ),
  ]
}

/** The columns that the prices of a card go to. Throws by the name of the one that is no price. */
export function priceColumns(prices: CardPrices) {
  return {
    input_token_nanos_per_1m: parsePrice(prices.input_token_cost_per_1m, 'input_token_cost_per_1m'),
    output_token_nanos_per_1m: parsePrice(prices.output_token_cost_per_1m, 'output_token_cost_per_1m'),
    cache_write_token_nanos_per_1m: optionalPrice(prices.cache_write_cost_per_1m, 'cache_write_cost_per_1m'),
    cache_read_token_nanos_per_1m: optionalPrice(prices.cache_read_cost_per_1m, 'cache_read_cost_per_1m'),
  }
}

export function optionalPrice(text: string | null, field: string): bigint | null {
  return text === null ? null : parsePrice(text, field)
}

/** The batch that adds one card of an operator, and the card. Nothing is written. Throws where the card is not sound or not the next revision. */
export async function newCardBatch(
  read: Kysely<Tables>,
  ids: () => string,
  input: CardInput,
  actor: string,
): Promise<{ readonly batch: Pick<ControlBatch, 'statements' | 'rates'>; readonly card: NewCard }> {
  await refuseStrangers(read, input)
  const card = cardOf(ids(), input)
  const key = await read
    .selectFrom('rate_cards')
    .select(['connection_id', 'revision'])
    .where('provider_id', '=', input.provider_id)
    .where('model', '=', input.model)
    .where('effective_from', '=', input.effective_from)
    .execute()
  const next = key.filter((row) => row.connection_id === input.connection_id).length
  if (input.revision < next) {
    throw new PurserError(
      'conflict',
      `revision ${input.revision} of the card for "${input.model}" at this instant is there already. Cards are never changed: a correction is revision ${next}.`,
      {
        code: 'card_exists',
        field: 'revision',
        details: { next_revision: next },
      },
    )
  }
  if (input.revision > next) {
    throw invalid('revision', `must be ${next}, the number of cards already at this instant. Revisions leave no gap.`)
  }
  const rates = { source: card.source, actor, note: null }
  return { batch: { statements: rateStatements(read, ids, [card]), rates }, card }
}

function cardOf(id: string, input: CardInput): NewCard {
  const length = [...input.model].length
  if (length < 1 || length > 512) throw invalid('model', 'must have 1 to 512 characters.')
  if (!/^[A-Z]{3}$/.test(input.currency)) throw invalid('currency', 'must be three capital letters, such as USD.')
  if (!Number.isSafeInteger(input.effective_from) || input.effective_from < 0)
    throw invalid('effective_from', 'must be an instant in epoch milliseconds, 0 for always.')
  return {
    id,
    provider_id: input.provider_id,
    connection_id: input.connection_id,
    model: input.model,
    match_mode: input.match_mode,
    ...priceColumns(input),
    currency: input.currency,
    effective_from: input.effective_from,
    revision: BigInt(input.revision),
    source: 'user_override',
    source_ref: input.source_ref,
    components: [],
  }
}

async function refuseStrangers(read: Kysely<Tables>, input: CardInput): Promise<void> {
  const provider = await read.selectFrom('providers').select('removed_at').where('id', '=', input.provider_id).executeTakeFirst()
  if (provider === undefined || provider.removed_at !== null)
    throw new PurserError('not_found', 'provider: there is no such provider.', { field: 'provider' })
  if (input.connection_id === null) return
  const connection = await read
    .selectFrom('connections')
    .select(['provider_id', 'removed_at'])
    .where('id', '=', input.connection_id)
    .executeTakeFirst()
  if (connection === undefined || connection.removed_at !== null)
    throw new PurserError('not_found', 'connection: there is no such connection.', { field: 'connection' })
  if (connection.provider_id !== input.provider_id) throw invalid('connection', 'must be a connection of the same provider.')
}

function invalid(field: string, what: string): PurserError {
  return new PurserError('invalid_request', `${field} ${what}`, { field })
}
