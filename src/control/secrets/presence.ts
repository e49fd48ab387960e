/** Whether the secret of a connection is there: asked for every connection that is shown. */

import type { Presence, ProviderAuth, Standing } from '../../core/auth.ts'
import { originOf } from '../../net/destination.ts'
import type { OperationContext } from '../context.ts'

type Secrets = OperationContext['secrets']

export function standingOf(
  secrets: Secrets,
  auth: ProviderAuth,
  baseUrl: string | undefined,
): { readonly presence: Presence | 'not_needed'; readonly reason: string | null } | Standing {
  if (auth.type === 'none') return { presence: 'not_needed', reason: null }
  if (auth.credential === null) return { presence: 'absent', reason: 'No credential is named yet.' }
  const address = auth.type === 'platform' ? (auth.base_url ?? baseUrl) : baseUrl
  return secrets.standing(auth.credential, address === undefined || !URL.canParse(address) ? null : originOf(address))
}

export function presenceIn(secrets: Secrets): OperationContext['presence'] {
  return (auth, baseUrl) => standingOf(secrets, auth, baseUrl).presence
}
