/** Which steps from one target to the next are a crossing: who pays, which platform, and whether the call leaves the operator's own machines. */

import type { Connection, Crossing, Provider } from '../core/nouns.ts'

export type Boundary = {
  readonly billing: Connection['billing']
  readonly platform: string | null
  readonly locality: 'local' | 'cloud'
}

export function localityOf(provider: Provider): Boundary['locality'] {
  return provider.network === 'public' ? 'cloud' : 'local'
}

export function boundaryOf(provider: Provider, connection: Connection): Boundary {
  return { billing: connection.billing, platform: connection.platform, locality: localityOf(provider) }
}

type Edge = { readonly crosses: (from: Boundary, to: Boundary) => boolean; readonly say: (side: Boundary) => string }

/** A call may come from the cloud to a machine of the operator's own, and not the other way. */
const edges: Readonly<Record<Crossing, Edge>> = {
  billing: { crosses: (from, to) => from.billing !== to.billing, say: (side) => side.billing },
  platform: {
    crosses: (from, to) => from.billing === 'platform' && to.billing === 'platform' && from.platform !== to.platform,
    say: (side) => side.platform ?? 'unnamed',
  },
  locality: { crosses: (from, to) => from.locality === 'local' && to.locality === 'cloud', say: (side) => side.locality },
}

/** The first crossing that is not allowed, as a reason (`boundary:billing own→platform`), or undefined where there is none. */
export function crossingOf(from: Boundary, to: Boundary, allowed: readonly Crossing[]): string | undefined {
  for (const [name, { crosses, say }] of Object.entries(edges) as [Crossing, Edge][]) {
    if (crosses(from, to) && !allowed.includes(name)) return `boundary:${name} ${say(from)}→${say(to)}`
  }
  return undefined
}
