/** Who still needs a row: asked before it is removed, so that nothing is left pointing at what is gone. */

import { PurserError } from '../core/errors.ts'
import type { OperationContext } from './context.ts'

export type Referrer = { readonly kind: 'connection' | 'profile' | 'route' | 'key'; readonly name: string }

/** Refuses to remove what others need, and lists every one of them. */
export function refuseReferred(noun: string, name: string, referrers: readonly Referrer[]): void {
  if (referrers.length === 0) return
  const listed = referrers.map((each) => `${each.kind} "${each.name}"`).join(', ')
  throw new PurserError('conflict', `The ${noun} "${name}" is still used by ${listed}. Remove or move ${plural(referrers.length)} first.`, {
    code: 'referred',
    details: { referrers: referrers.map(({ kind, name: referrer }) => ({ kind, name: referrer })) },
    hint: 'What is only to be out of use can be disabled instead.',
  })
}

function plural(count: number): string {
  return count === 1 ? 'it' : 'them'
}

export async function referrersOfProvider({ store }: OperationContext, id: string): Promise<Referrer[]> {
  const [connections, profiles] = await Promise.all([
    store.read.selectFrom('connections').select('name').where('provider_id', '=', id).where('removed_at', 'is', null).execute(),
    store.read.selectFrom('model_profiles').select('name').where('provider_id', '=', id).where('removed_at', 'is', null).execute(),
  ])
  return [
    ...connections.map(({ name }) => ({ kind: 'connection', name }) as const),
    ...profiles.map(({ name }) => ({ kind: 'profile', name }) as const),
  ]
}
