/** From the name a caller sent to the targets that may answer it, in order. Pure: dispatch, explain and preflight all ask this one function. */

import { PurserError } from '../core/errors.ts'
import type { Directory } from './directory.ts'
import { byProfile, byProviderModel, existing, type PresenceOf, type Resolution, unusable } from './profile.ts'
import { byRoute } from './route.ts'
import type { Decision } from './target.ts'

/** Name order: an exact profile or route (no name is both), `anthropic/` before either, `provider/model` split on the first slash. */
export function resolve(directory: Directory, name: string, presenceOf: PresenceOf): Resolution {
  const exact = byName(directory, name, 'profile', presenceOf)
  if (exact) return exact
  const slash = name.indexOf('/')
  const before = name.slice(0, Math.max(slash, 0))
  const after = name.slice(slash + 1)
  const published = before === 'anthropic' ? byName(directory, after, 'anthropic-prefix', presenceOf) : undefined
  if (published) return published
  const provider = slash > 0 && after !== '' ? directory.providersByName.get(before) : undefined
  if (provider) return byProviderModel(directory, provider, after, name, presenceOf)
  throw unknownName(directory, name)
}

function byName(directory: Directory, name: string, via: Decision['via'], presenceOf: PresenceOf): Resolution | undefined {
  const profile = directory.profiles.get(name)
  if (profile) return byProfile(directory, profile, via, presenceOf)
  const route = directory.routes.get(name)
  return route && byRoute(directory, route, presenceOf)
}

function unknownName(directory: Directory, name: string): PurserError {
  const aside = directory.quarantined.find((row) => (row.kind === 'profile' || row.kind === 'route') && row.name === name)
  if (aside) return unusable(name, `its row could not be read (${aside.reason})`)
  return new PurserError('not_found', `No profile is named "${name}". ${existing(directory)}`, { code: 'model_not_found', field: 'model' })
}
