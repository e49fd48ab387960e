/** What a change of a connection means for what uses it: profiles that it would leave, choices that it would make unclear. */

import { PurserError } from '../../core/errors.ts'
import type { Row } from '../../store/schema.ts'
import type { OperationContext } from '../context.ts'
import type { Paying } from './connection-rules.ts'

/** A profile's connection is one of its own provider's. Refuses a move that would break that, by the names of the profiles. */
export async function refuseLeavingProfiles({ store }: OperationContext, row: Row<'connections'>, to: Row<'providers'>): Promise<void> {
  const profiles = await store.read
    .selectFrom('model_profiles')
    .select('name')
    .where('connection_id', '=', row.id)
    .where('provider_id', '<>', to.id)
    .where('removed_at', 'is', null)
    .orderBy('name')
    .execute()
  if (profiles.length === 0) return
  const listed = profiles.map(({ name }) => `profile "${name}"`).join(', ')
  throw new PurserError('conflict', `"${row.name}" can not move to ${to.name}: it pays for ${listed}, of another provider.`, {
    code: 'referred',
    field: 'provider',
    details: { referrers: profiles.map(({ name }) => ({ kind: 'profile', name })) },
    hint: 'Add a connection for that provider instead, or move the profiles first.',
  })
}

/** Sentences on what is allowed and most likely not meant. */
export async function connectionWarnings(context: OperationContext, paying: Paying): Promise<string[]> {
  const { connection, provider } = paying
  const open = (connection.auth as { readonly type?: unknown }).type === 'none' && provider.network === 'public'
  return [
    ...(open ? [`"${provider.name}" is on the public network, and "${connection.name}" proves nothing to it.`] : []),
    ...(await unclearChoices(context, paying)),
    ...(await cardsLeftBehind(context, paying)),
  ]
}

/** Who names no connection gets the only one in use that his operator pays: a second one leaves nothing to choose by. */
async function unclearChoices({ store }: OperationContext, { connection, provider }: Paying): Promise<string[]> {
  if (!isChosen(connection)) return []
  const [rows, silent] = await Promise.all([
    store.read.selectFrom('connections').selectAll().where('provider_id', '=', provider.id).where('removed_at', 'is', null).execute(),
    store.read
      .selectFrom('model_profiles')
      .select('name')
      .where('provider_id', '=', provider.id)
      .where('connection_id', 'is', null)
      .where('removed_at', 'is', null)
      .orderBy('name')
      .execute(),
  ])
  const others = rows.filter((row) => row.id !== connection.id && isChosen(row)).map((row) => `"${row.name}"`)
  if (others.length === 0) return []
  const profiles = silent.map(({ name }) => `, profile "${name}"`).join('')
  return [
    `${provider.name} has further connections in use (${others.join(', ')}). Who names none is then refused: "${provider.name}/<model>"${profiles}.`,
  ]
}

function isChosen({ disabled, billing }: Row<'connections'>): boolean {
  return !disabled && billing !== 'platform' && billing !== 'subscription'
}

async function cardsLeftBehind({ store }: OperationContext, { connection, provider }: Paying): Promise<string[]> {
  const cards = await store.read
    .selectFrom('rate_cards')
    .select('id')
    .where('connection_id', '=', connection.id)
    .where('provider_id', '<>', provider.id)
    .execute()
  return cards.length === 0
    ? []
    : [`${cards.length} rate cards of "${connection.name}" are for another provider, and price nothing any more.`]
}
