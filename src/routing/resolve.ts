/** From the name a caller sent to the targets that may answer it, in order. Pure: dispatch, explain and preflight all ask this one function. */

import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'
import type { Provider } from '../core/nouns.ts'
import type { Directory, Quarantined } from './directory.ts'
import { byProfile, byProviderModel, existing, type PresenceOf, type Resolution, unusable } from './profile.ts'
import { byRoute } from './route.ts'

/** `callId` draws the order where a route has weights. Name order: an exact profile or route (no name is both), `anthropic/` before either, `provider/model` split on the first slash. */
export function resolve(directory: Directory, name: string, presenceOf: PresenceOf, callId?: string): Resolution {
  const plain = plainName(directory, name)
  const via = plain === name ? 'profile' : 'anthropic-prefix'
  const profile = directory.profiles.get(plain ?? '')
  if (profile) return byProfile(directory, profile, via, presenceOf)
  const route = directory.routes.get(plain ?? '')
  if (route) return byRoute(directory, route, presenceOf, callId)
  const served = providerModel(directory, name)
  if (served) return byProviderModel(directory, served.provider, served.model, name, presenceOf)
  throw unknownName(directory, name)
}

/** The profile or route that a caller's name stands for, by its own name. */
export function plainName({ profiles, routes }: Directory, name: string): string | undefined {
  const published = name.startsWith('anthropic/') ? name.slice('anthropic/'.length) : name
  return [name, published].find((each) => profiles.has(each) || routes.has(each))
}

/** Whether anything has this name, usable or not. */
export function isKnown(directory: Directory, name: string): boolean {
  return plainName(directory, name) !== undefined || providerModel(directory, name) !== undefined || setAside(directory, name) !== undefined
}

function providerModel({ providersByName }: Directory, name: string): { readonly provider: Provider; readonly model: string } | undefined {
  const slash = name.indexOf('/')
  const model = name.slice(slash + 1)
  const provider = slash > 0 && model !== '' ? providersByName.get(name.slice(0, slash)) : undefined
  return provider && { provider, model }
}

function setAside({ quarantined }: Directory, name: string): Quarantined | undefined {
  return quarantined.find((row) => (row.kind === 'profile' || row.kind === 'route') && row.name === name)
}

/** A longer name is no slip of one that exists. */
const longestGuess = 100

function unknownName(directory: Directory, name: string): PurserError {
  const aside = setAside(directory, name)
  if (aside) return unusable(name, `its row could not be read (${aside.reason})`)
  const meant = name.length <= longestGuess ? nearest(name, [...directory.profiles.keys(), ...directory.routes.keys()]) : undefined
  const guess = meant === undefined ? '' : `Did you mean "${meant}"? `
  return new PurserError('not_found', `No profile is named "${name}". ${guess}${existing(directory)}`, {
    code: 'model_not_found',
    field: 'model',
  })
}
