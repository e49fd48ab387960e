/** From a route to the targets of its members, in their order. A member that cannot be used, or lies across a boundary, is passed over by name and reason. */

import { asPurserError, PurserError } from '../core/errors.ts'
import type { Profile, Route, RouteMember } from '../core/nouns.ts'
import { type Boundary, boundaryOf, crossingOf, localityOf } from './boundary.ts'
import type { Directory } from './directory.ts'
import { drawnOrder, isWeighted } from './draw.ts'
import { byProfile, disabled, type PresenceOf, type Resolution, unusable } from './profile.ts'
import type { Decision, Skipped, Target } from './target.ts'

/**
 * The boundary is the first member's, whether it can be used or not: so a missing secret never sends a call to another payer.
 * From there no step may cross, unless the route says so itself. Weights are drawn by the call's id; without one, members stand in
 * their order.
 */
export function byRoute(directory: Directory, route: Route, presenceOf: PresenceOf, callId?: string): Resolution {
  if (route.disabled) throw disabled('route', route.name, directory)
  const [first] = route.members
  if (!first) throw unusable(route.name, 'the route has no members')
  let here = homeOf(directory, route, first)
  const targets: Target[] = []
  const skipped: Skipped[] = []
  for (const member of callId === undefined ? route.members : drawnOrder(route.members, callId)) {
    const name = memberName(directory, member)
    try {
      const found = memberOf(directory, member, presenceOf)
      const there = boundaryOf(found.targets[0].provider, found.targets[0].connection)
      const crossing = crossingOf(here, there, route.allow_cross)
      if (crossing !== undefined) {
        skipped.push({ name, reason: crossing })
        continue
      }
      here = there
      targets.push(...found.targets)
      skipped.push(...found.decision.skipped)
    } catch (thrown) {
      const error = asPurserError(thrown)
      if (error.kind === 'internal') throw error
      skipped.push({ name, reason: error.message })
    }
  }
  const [winner, ...others] = targets
  if (!winner) throw noneLeft(route, skipped)
  const decision: Decision = {
    via: 'route',
    winner: nameOf(winner),
    connection: winner.connection.name,
    skipped,
    fallbacks: others.map(nameOf),
    allow_cross: route.allow_cross,
    ...(isWeighted(route.members) ? { weights: weightsOf(directory, route) } : {}),
  }
  return { targets: [winner, ...others], decision }
}

function memberName(directory: Directory, { profile_id }: RouteMember): string {
  return directory.profilesById.get(profile_id)?.name ?? profile_id
}

function weightsOf(directory: Directory, { members }: Route): Readonly<Record<string, number>> {
  return Object.fromEntries(members.flatMap((member) => (member.weight === null ? [] : [[memberName(directory, member), member.weight]])))
}

function memberOf(directory: Directory, member: RouteMember, presenceOf: PresenceOf): Resolution {
  if (Object.keys(member.conditions).length > 0)
    throw new PurserError('unavailable', 'It has conditions, which this release of Purser does not understand.')
  const profile = directory.profilesById.get(member.profile_id)
  if (!profile) throw new PurserError('unavailable', 'The profile does not exist or could not be read.')
  return byProfile(directory, profile, 'route', presenceOf)
}

function homeOf(directory: Directory, route: Route, first: RouteMember): Boundary {
  const profile = directory.profilesById.get(first.profile_id)
  const home = profile && boundaryOfProfile(directory, profile)
  if (!home) throw unusable(route.name, 'the first member of the route could not be read, and with it what the route may not cross')
  return home
}

/** Where a profile stands even if it cannot be used now. One that names no connection only ever gets one that its operator pays. */
function boundaryOfProfile(directory: Directory, profile: Profile): Boundary | undefined {
  const provider = directory.providers.get(profile.provider_id)
  if (!provider) return undefined
  if (profile.connection_id !== null) {
    const connection = directory.connections.get(profile.connection_id)
    return connection && boundaryOf(provider, connection)
  }
  const mine = [...directory.connections.values()].filter((row) => row.provider_id === provider.id)
  const free = mine.some((row) => row.billing === 'none') && !mine.some((row) => row.billing === 'own')
  return { billing: free ? 'none' : 'own', platform: null, locality: localityOf(provider) }
}

function nameOf(target: Target): string {
  return target.profile?.name ?? target.model
}

function noneLeft(route: Route, skipped: readonly Skipped[]): PurserError {
  const listed = skipped.map((one) => `"${one.name}" (${one.reason})`).join(', ')
  return new PurserError('unavailable', `"${route.name}" cannot be used: no member of the route is left: ${listed}.`, {
    code: 'no_usable_connection',
    field: 'model',
  })
}
