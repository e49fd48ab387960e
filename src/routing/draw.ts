/**
 * The order in which one call tries the members of a route. Neighbours with a weight share one place, and the call's id draws who
 * comes first there, who second, and so on; members without one stay where they are. The rule is frozen: a decision that was made by
 * it can be made again.
 */

import { createHash } from 'node:crypto'
import type { RouteMember } from '../core/nouns.ts'

/** The members themselves where there is nothing to draw. */
export function drawnOrder(members: readonly RouteMember[], callId: string): readonly RouteMember[] {
  if (!isWeighted(members)) return members
  let draws = 0
  return neighbours(members).flatMap((run) => {
    const left = [...run]
    const order: RouteMember[] = []
    while (left.length > 1) order.push(...left.splice(drawnPlace(left, callId, draws++), 1))
    return [...order, ...left]
  })
}

export function isWeighted(members: readonly RouteMember[]): boolean {
  return members.some((member) => member.weight !== null)
}

/** Runs of members that stand side by side and have a weight each, and all others by themselves. */
function neighbours(members: readonly RouteMember[]): readonly (readonly RouteMember[])[] {
  const runs: RouteMember[][] = []
  let open: RouteMember[] | undefined
  for (const member of members) {
    if (member.weight !== null && open !== undefined) {
      open.push(member)
      continue
    }
    const run = [member]
    runs.push(run)
    open = member.weight === null ? undefined : run
  }
  return runs
}

/** The point that the draw hits on the weights laid end to end: the first 64 bits of SHA-256 of `<call id>:<draw>`, as a share of their sum. */
function drawnPlace(members: readonly RouteMember[], callId: string, draw: number): number {
  const weights = members.map((member) => BigInt(member.weight ?? 0))
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  const hit = (createHash('sha256').update(`${callId}:${draw}`).digest().readBigUInt64BE() * sum) >> 64n
  let end = 0n
  return weights.findIndex((weight) => {
    end += weight
    return hit < end
  })
}
