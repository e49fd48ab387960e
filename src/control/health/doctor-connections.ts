/** Checks of where profiles lead: a line for each connection that one uses, and for each profile that no call would get through. */

import { asPurserError } from '../../core/errors.ts'
import type { Connection, Profile } from '../../core/nouns.ts'
import { byProfile, type PresenceOf } from '../../routing/profile.ts'
import type { OperationContext } from '../context.ts'
import { presenceFor } from '../nouns/profile-warnings.ts'
import { standingOf } from '../secrets/presence.ts'
import type { Check } from './doctor-check.ts'

export async function connectionChecks(context: OperationContext): Promise<readonly Check[]> {
  const directory = await context.directory()
  const presence: PresenceOf = context.presenceOf ?? presenceFor(context)
  const used = new Map<string, Connection>()
  const refused: Check[] = []
  for (const profile of [...directory.profiles.values()].filter(({ disabled }) => !disabled)) {
    try {
      const { connection } = byProfile(directory, profile, 'profile', presence).targets[0]
      used.set(connection.id, connection)
    } catch (thrown) {
      refused.push(
        refusedCheck(profile, thrown, profile.connection_id === null ? undefined : directory.connections.get(profile.connection_id)),
      )
    }
  }
  const sound = [...used.values()].map((connection) =>
    connectionCheck(connection, secretOf(context, connection, directory.providers.get(connection.provider_id)?.base_url)),
  )
  return [...sound, ...refused]
}

function secretOf(context: OperationContext, { auth }: Connection, baseUrl: string | undefined): string {
  if (auth.type === 'none') return 'no secret is needed'
  const { presence } = standingOf(context.secrets, auth, baseUrl)
  return presence === 'unknown' ? `${auth.credential}, which only a server that runs can look for` : `${auth.credential} is ${presence}`
}

function connectionCheck({ name }: Connection, detail: string): Check {
  return { check: 'connection', result: 'ok', detail: `${name}: ${detail}`, mend: null }
}

/** Where the connection that the profile names lacks its secret, the secret is what mends it. */
function refusedCheck(profile: Profile, thrown: unknown, named: Connection | undefined): Check {
  const { message, hint } = asPurserError(thrown)
  const lacks = named !== undefined && !named.disabled && named.auth.type !== 'none'
  return {
    check: 'profile',
    result: 'failed',
    detail: message,
    mend: hint ?? (lacks ? `purser connections update ${named.name} --key-stdin` : `purser profiles get ${profile.name}`),
  }
}
