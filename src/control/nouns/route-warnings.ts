/** What would become of a call at a route as it is about to be: the same resolution that a call goes through, asked beforehand. */

import type { Route } from '../../core/nouns.ts'
import { byRoute } from '../../routing/route.ts'
import type { OperationContext } from '../context.ts'
import { presenceFor, refusalOf } from './profile-warnings.ts'

/** Sentences on members that no call would reach, and why. */
export async function routeWarnings(context: OperationContext, route: Route): Promise<string[]> {
  const directory = await context.directory()
  const names = new Set(route.members.map((member) => directory.profilesById.get(member.profile_id)?.name))
  try {
    const { decision } = byRoute(directory, { ...route, disabled: false }, presenceFor(context))
    return decision.skipped.filter(({ name }) => names.has(name)).map(({ name, reason }) => passedOver(name, reason))
  } catch (thrown) {
    return [refusalOf(thrown)]
  }
}

function passedOver(name: string, reason: string): string {
  const crossing = /^boundary:(\w+) (.+)→(.+)$/.exec(reason)
  if (crossing === null) return `"${name}" would be passed over. ${reason}`
  const [, boundary, from, to] = crossing
  return `"${name}" is never reached: that would go from ${from} to ${to}, and the route may not cross ${boundary}. Name ${boundary} in "allow_cross" if it may.`
}
