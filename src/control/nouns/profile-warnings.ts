/** What would become of a call at a profile as it is about to be: the same resolution that a call goes through, asked beforehand. */

import { asPurserError } from '../../core/errors.ts'
import type { Profile } from '../../core/nouns.ts'
import { cardInForce } from '../../pricing/cards.ts'
import { isIncluded } from '../../pricing/unbilled.ts'
import type { Directory } from '../../routing/directory.ts'
import { byProfile, type PresenceOf } from '../../routing/profile.ts'
import type { Target } from '../../routing/target.ts'
import type { OperationContext } from '../context.ts'

/** Sentences on what is allowed and most likely not meant. */
export async function profileWarnings(context: OperationContext, profile: Profile): Promise<string[]> {
  const directory = await context.directory()
  try {
    const { targets } = byProfile(directory, { ...profile, disabled: false }, 'profile', presenceFor(context))
    return unpriced(directory, targets[0], context.clock.now())
  } catch (thrown) {
    return [refusalOf(thrown)]
  }
}

/** A secret that nobody here can look for is taken for present: only a serving process knows. */
export function presenceFor(context: OperationContext): PresenceOf {
  return (credential, baseUrl) => (context.presence({ type: 'api_key', credential }, baseUrl) === 'absent' ? 'absent' : 'present')
}

/** Why a call would be refused, as the call would be told. What is no refusal is thrown on. */
export function refusalOf(thrown: unknown): string {
  const error = asPurserError(thrown)
  if (error.kind === 'internal') throw error
  return error.message
}

function unpriced(directory: Directory, { provider, connection, model, codec }: Target, now: number): string[] {
  const card = cardInForce(directory.book, {
    providerId: provider.id,
    connectionId: connection.id,
    requestedModel: model,
    reportedModel: null,
    at: now,
    knownAt: Math.max(now, directory.knownAt),
    prefixes: codec.modelPrefixes,
  })
  if (card !== undefined || isIncluded(connection.billing)) return []
  return [`No rate card prices "${model}" of ${provider.name}: its calls are unpriced, not free.`]
}
