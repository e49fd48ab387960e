/** The check that comes last: no name that callers send may lead elsewhere than before, off the machine or to another payer. */

import type { Thing } from './present.ts'

export type Crossing = { readonly name: string; readonly why: 'locality_would_change' | 'billing_would_change' }

type Side = { readonly local: boolean; readonly billing: string | null }

export function crossingsOf(before: readonly Thing[], after: readonly Thing[]): readonly Crossing[] {
  const [then, now] = [sidesOf(before), sidesOf(after)]
  return [...then].flatMap(([name, old]): Crossing[] => {
    const fresh = now.get(name)
    if (fresh === undefined) return []
    if (old.local !== fresh.local) return [{ name, why: 'locality_would_change' }]
    // Who names no connection only ever gets one that its operator pays.
    return old.billing !== null && old.billing !== (fresh.billing ?? 'own') ? [{ name, why: 'billing_would_change' }] : []
  })
}

/** By name: where its calls go and who pays. A route is where its first member is. */
function sidesOf(things: readonly Thing[]): ReadonlyMap<string, Side> {
  const standing = things.filter((each) => !each.removed)
  const by = (kind: Thing['kind']) => new Map(standing.filter((each) => each.kind === kind).map((each) => [each.name, each]))
  const [providers, connections, profiles] = [by('provider'), by('connection'), by('profile')]
  const sideOf = (profile: Thing | undefined): Side | undefined => {
    const provider = profile && providers.get(String(profile.fields.provider))
    if (profile === undefined || provider === undefined) return undefined
    const connection = connections.get(String(profile.fields.connection))
    return { local: provider.fields.network !== 'public', billing: connection === undefined ? null : String(connection.fields.billing) }
  }
  const sides = new Map<string, Side>()
  for (const each of standing) {
    const [first] = each.kind === 'route' ? (each.fields.members as unknown as readonly { readonly profile: string }[]) : []
    const side = each.kind === 'profile' ? sideOf(each) : each.kind === 'route' ? sideOf(profiles.get(first?.profile ?? '')) : undefined
    if (side !== undefined) sides.set(each.name, side)
  }
  return sides
}
