/** The members of a route as an operator says them, turned into rows: profiles by name, in their order, each once. */

import { z } from 'zod'
import { PurserError } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import { json, routeMember } from '../../core/nouns.ts'
import type { OperationContext } from '../context.ts'
import { findNamed } from '../find.ts'
import { invalidInput } from '../invalid.ts'
import { plainNumbers } from '../plain.ts'
import type { ShownMember } from './model-routes.ts'

const form = 'A member is "profile", "profile:weight", or {"profile": …, "weight": …}, and a weight is 1 or more.'
const spelled = z.string().regex(/^[^:\s]{1,200}(:[1-9]\d{0,5})?$/, form)
const whole = z.strictObject({
  profile: z.string().min(1).max(200),
  weight: routeMember.shape.weight.optional(),
  conditions: z.record(z.string(), json).optional(),
})

/** `fast`, `fast:3`, or the same in full. */
export const saidMember = z.union([spelled, whole], { error: form })
type SaidMember = z.output<typeof saidMember>

/** A member in full. */
export function inFull(said: SaidMember): z.output<typeof whole> {
  if (typeof said !== 'string') return said
  const [profile = '', weight] = said.split(':')
  return weight === undefined ? { profile } : { profile, weight: Number(weight) }
}

/** Throws by the place that is wrong: no profile of that name, a route, the same profile twice, conditions. */
export async function membersFrom(context: OperationContext, routeId: string, said: readonly SaidMember[]): Promise<ShownMember[]> {
  const { read } = context.store
  const [profiles, routes] = await Promise.all([
    read
      .selectFrom('model_profiles')
      .innerJoin('providers', 'providers.id', 'model_profiles.provider_id')
      .leftJoin('connections', 'connections.id', 'model_profiles.connection_id')
      .select(['model_profiles.id', 'model_profiles.name', 'model_profiles.model', 'providers.name as provider', 'connections.billing'])
      .where('model_profiles.removed_at', 'is', null)
      .execute(),
    read.selectFrom('routes').select(['id', 'name']).where('removed_at', 'is', null).execute(),
  ])
  const members = said.map(inFull).map(({ profile: asked, weight = null, conditions = {} }, position) => {
    const field = `members.${position}`
    if (!profiles.some((row) => row.name === asked || row.id === asked) && routes.some((row) => row.name === asked || row.id === asked))
      throw refused(field, `"${asked}" is a route, and the members of a route are profiles. Name its profiles instead.`)
    const { id, name, model, provider, billing } = findNamed('profiles', asked, profiles)
    return {
      ...{ route_id: routeId, position: BigInt(position), profile_id: id, weight: weight === null ? null : BigInt(weight), conditions },
      ...{ profile: name, provider, model, billing },
    }
  })
  refuseStrangeMembers(members)
  return members
}

/** Throws by the place of a member that no call could mean: one that stands there twice, or under conditions. */
export function refuseStrangeMembers(members: readonly Pick<ShownMember, 'profile_id' | 'profile' | 'conditions'>[]): void {
  members.forEach(({ profile_id, profile, conditions }, place) => {
    if (!isObject(conditions) || Object.keys(conditions).length > 0)
      throw refused(
        `members.${place}.conditions`,
        `"${profile}" has conditions, which this release of Purser does not understand. Only {} can stand there.`,
      )
    const first = members.findIndex((member) => member.profile_id === profile_id)
    if (first < place)
      throw refused(`members.${place}`, `"${profile}" is a member already, at place ${first + 1}. Each profile stands once in a route.`)
  })
}

/** Members as the audit log and a comparison need them. */
export function plainMembers(members: readonly ShownMember[]): JsonObject[] {
  return members.map(({ profile, weight, conditions }) => plainNumbers({ profile, weight, conditions }) as JsonObject)
}

/** Throws where a member that is kept does not read: what is written is what a call can use. */
export function refuseUnsoundMembers(members: readonly ShownMember[]): void {
  for (const member of members) {
    const read = routeMember.safeParse(plainNumbers(member))
    if (!read.success) throw invalidInput(read.error, Object.keys(routeMember.shape))
  }
}

function refused(field: string, message: string): PurserError {
  return new PurserError('invalid_request', message, { field, hint: 'See what there is:  purser profiles list' })
}
