/** What a caller's key may ask for: which names, which endpoints, from where. Nothing said is everything allowed; what cannot be read is nothing allowed. */

import { z } from 'zod'
import { type Cidr, isInside, parseAddress, parseCidr } from './addresses.ts'
import type { Json } from './json.ts'
import { modelName } from './nouns.ts'

export const callEndpoints = ['generate', 'countTokens', 'listModels'] as const

const range = z
  .string()
  .max(64)
  .refine((text) => parseCidr(text) !== undefined, 'A range is written as 10.0.0.0/8, fd00::/8, or as one address.')

export const callScope = z
  .strictObject({
    profiles: z.array(modelName).max(1_000).describe('The names of profiles and routes that it may send as model, and no others.'),
    endpoints: z.array(z.enum(callEndpoints)).max(callEndpoints.length).describe('What it may do.'),
    cidrs: z.array(range).max(100).describe('The ranges of addresses that it may be sent from.'),
    default: modelName.describe('The profile or route that answers where a caller asks for a name that nobody has.'),
  })
  .partial()

/** `null` is without a limit. */
export type CallGrant = {
  readonly names: ReadonlySet<string> | null
  readonly endpoints: ReadonlySet<string> | null
  readonly ranges: readonly Cidr[] | null
  readonly fallback: string | null
}

const nothing: CallGrant = { names: new Set(), endpoints: new Set(), ranges: [], fallback: null }

/** What the `scopes` column of a call key grants. */
export function readCallScope(column: Json): CallGrant {
  const read = callScope.safeParse(column)
  if (!read.success) return nothing
  const { profiles, endpoints, cidrs, default: fallback } = read.data
  return {
    names: profiles === undefined ? null : new Set(profiles),
    endpoints: endpoints === undefined ? null : new Set(endpoints),
    ranges: cidrs === undefined ? null : cidrs.map((text) => parseCidr(text)!),
    fallback: fallback ?? null,
  }
}

export function allowsEndpoint(grant: CallGrant, endpoint: string): boolean {
  return grant.endpoints?.has(endpoint) ?? true
}

/** `peer` is the address at the other end of the socket. A peer that has none is in no range. */
export function allowsPeer(grant: CallGrant, peer: string | undefined): boolean {
  if (grant.ranges === null) return true
  const address = parseAddress(plain(peer ?? ''))
  return address !== undefined && grant.ranges.some((each) => isInside(address, each))
}

/** A listener on every address shows an IPv4 peer inside an IPv6 address, and may name a zone behind it. */
function plain(peer: string): string {
  return peer.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
}
