/** The mode flip, decided: for each profile the twin of its connection, what changes with it, and what stands in the way. Values in, values out. */

import type { Connection, Profile, Provider, Route } from '../../core/nouns.ts'
import { boundaryOf, crossingOf, localityOf } from '../../routing/boundary.ts'
import type { Directory } from '../../routing/directory.ts'

export const sides = ['own', 'platform'] as const
export type Side = (typeof sides)[number]

export const blockReasons = [
  'names_no_connection',
  'no_twin',
  'pair_broken',
  'not_cloud',
  'twin_disabled',
  'twin_incomplete',
  'not_served',
  'served_unknown',
  'secret_absent',
  'secret_unknown',
  'route_mixes',
] as const
export type Block = { readonly reason: (typeof blockReasons)[number]; readonly says: string }

export type Served = 'yes' | 'no' | 'unknown'

/** What the directory cannot say of the connection that a profile would get. */
export type Evidence = {
  served(connection: Connection, model: string): Served
  secret(connection: Connection): 'present' | 'absent' | 'unknown' | 'not_needed'
}

export type Chosen = { readonly profiles: readonly Profile[]; readonly everything: boolean }

export type Asked = { readonly to: Side; readonly allowUnlisted: boolean; readonly allowUnknown: boolean }

export type Line = {
  readonly profile: Profile
  readonly before: Connection | null
  readonly after: Connection | null
  readonly served: Served | null
  readonly secret: ReturnType<Evidence['secret']> | null
  readonly routes: readonly string[]
  readonly blocks: readonly Block[]
}

/** A profile that was looked at and stays where it is. */
export type Stay = { readonly profile: string; readonly why: string }

export type Flip = { readonly lines: readonly Line[]; readonly stays: readonly Stay[] }

/** The connection that each profile gets. */
export type Moves = ReadonlyMap<string, string>

export function planFlip(directory: Directory, chosen: Chosen, asked: Asked, evidence: Evidence): Flip {
  const stays: Stay[] = []
  const found: Line[] = []
  for (const profile of chosen.profiles) {
    const why = whyItStays(directory, profile, asked.to, chosen.everything)
    if (why === undefined) found.push(lineOf(directory, profile, asked, evidence))
    else stays.push({ profile: profile.name, why })
  }
  const mixed = mixedRoutes(directory, movesOf(found))
  const lines = found.map((line) => ({
    ...line,
    blocks: [
      ...line.blocks,
      ...line.routes.filter((name) => mixed.has(name)).map((name): Block => ({ reason: 'route_mixes', says: mixed.get(name)! })),
    ],
  }))
  return { lines, stays }
}

export function movesOf(lines: readonly Line[]): Moves {
  return new Map(lines.flatMap(({ profile, after }) => (after === null ? [] : [[profile.id, after.id] as const])))
}

/** Undefined: it is to move. With everything asked for, what never had two sides is passed by; a profile that was named is told why not. */
function whyItStays(directory: Directory, profile: Profile, to: Side, everything: boolean): string | undefined {
  const before = connectionOf(directory, profile)
  if (before?.billing === to) return `It is on "${before.name}" already.`
  if (!everything) return undefined
  const provider = directory.providers.get(profile.provider_id)
  if (provider !== undefined && localityOf(provider) === 'local')
    return `Its provider "${provider.name}" is local, and nobody else pays for it.`
  if (before?.billing === 'none' || before?.billing === 'subscription') return `Its connection "${before.name}" bills neither way.`
  return undefined
}

function lineOf(directory: Directory, profile: Profile, asked: Asked, evidence: Evidence): Line {
  const before = connectionOf(directory, profile)
  const routes = routesWith(directory, profile).map(({ name }) => name)
  const stuck = (block: Block): Line => ({ profile, before, after: null, served: null, secret: null, routes, blocks: [block] })
  const provider = directory.providers.get(profile.provider_id)
  if (before === null) {
    const says = `Profile "${profile.name}" names no connection, so it has no twin. Name one first.`
    return stuck({ reason: 'names_no_connection', says })
  }
  const after = directory.connections.get(before.canonical_equivalent_id ?? '')
  if (after === undefined) return stuck({ reason: 'no_twin', says: `Connection "${before.name}" has no twin.` })
  const broken = provider === undefined ? 'its provider cannot be read' : whyNoPair(provider, before, after, asked.to)
  if (broken !== undefined) {
    return stuck({ reason: 'pair_broken', says: `"${before.name}" and "${after.name}" are no pair: ${broken}.` })
  }
  if (localityOf(provider!) === 'local') {
    return stuck({ reason: 'not_cloud', says: `Provider "${provider!.name}" is local, and a pair is between two clouds.` })
  }
  const served = evidence.served(after, profile.model)
  const secret = evidence.secret(after)
  return { profile, before, after, served, secret, routes, blocks: blocksOf(profile, after, served, secret, asked) }
}

function whyNoPair(provider: Provider, before: Connection, after: Connection, to: Side): string | undefined {
  if (after.canonical_equivalent_id !== before.id) return `"${after.name}" is not paired with "${before.name}"`
  if (before.provider_id !== provider.id || after.provider_id !== provider.id) return 'they belong to different providers'
  const from = to === 'own' ? 'platform' : 'own'
  if (before.billing !== from || after.billing !== to) return `they bill "${before.billing}" and "${after.billing}"`
  return undefined
}

function blocksOf(profile: Profile, after: Connection, served: Served, secret: Line['secret'], asked: Asked): readonly Block[] {
  const blocks: Block[] = []
  const add = (reason: Block['reason'], says: string): void => void blocks.push({ reason, says })
  if (after.disabled) add('twin_disabled', `Connection "${after.name}" is disabled.`)
  if (after.auth.type === 'platform' && after.auth.base_url === null) {
    add('twin_incomplete', `Connection "${after.name}" does not say where its platform is: its auth has no base_url.`)
  }
  if (served === 'no') add('not_served', `"${after.name}" does not serve ${profile.model}.`)
  if (served === 'unknown' && !asked.allowUnlisted) {
    add('served_unknown', `Nobody knows whether "${after.name}" serves ${profile.model}. Accept that with --allow-unlisted.`)
  }
  if (secret === 'absent') add('secret_absent', `The secret of "${after.name}" is absent.`)
  if (secret === 'unknown' && !asked.allowUnknown) {
    add('secret_unknown', `Whether the secret of "${after.name}" is there cannot be seen from here. Accept that with --allow-unknown.`)
  }
  return blocks
}

/** The routes that some of the moves touch and that would then hold several payers without leave to, each with a sentence. */
export function mixedRoutes(directory: Directory, moves: Moves): ReadonlyMap<string, string> {
  const mixed = new Map<string, string>()
  for (const route of directory.routes.values()) {
    if (!route.members.some((member) => moves.has(member.profile_id))) continue
    const crossing = crossingWithin(directory, route, moves)
    if (crossing === undefined) continue
    mixed.set(route.name, `Route "${route.name}" would mix who pays (${crossing}), and its allow_cross does not say so.`)
  }
  return mixed
}

function crossingWithin(directory: Directory, route: Route, moves: Moves): string | undefined {
  const paid = route.members.flatMap((member) => {
    const profile = directory.profilesById.get(member.profile_id)
    const provider = directory.providers.get(profile?.provider_id ?? '')
    const connection = directory.connections.get(moves.get(member.profile_id) ?? profile?.connection_id ?? '')
    if (provider === undefined || connection === undefined || (connection.billing !== 'own' && connection.billing !== 'platform')) return []
    return [boundaryOf(provider, connection)]
  })
  const [first, ...others] = paid
  if (first === undefined) return undefined
  // Where it stands is not what this is about: it does not move.
  const allowed = [...route.allow_cross, 'locality'] as const
  return others.map((other, place) => crossingOf(paid[place]!, other, allowed)).find((crossing) => crossing !== undefined)
}

export function routesWith(directory: Directory, profile: Profile): readonly Route[] {
  return [...directory.routes.values()].filter((route) => route.members.some((member) => member.profile_id === profile.id))
}

function connectionOf(directory: Directory, profile: Profile): Connection | null {
  return directory.connections.get(profile.connection_id ?? '') ?? null
}
