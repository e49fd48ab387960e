/** The profiles and routes that the scopes of call keys name, checked where they are written. */

import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { nearest } from '../../core/nearest.ts'
import type { OperationContext } from '../context.ts'

/** Refuses a name that nothing has, and a default outside of the names that the key may send. */
export async function refuseUnknownNames({ store }: OperationContext, kind: string, scopes: JsonObject): Promise<void> {
  if (kind !== 'call') return
  const [profiles, routes] = await Promise.all([
    store.read.selectFrom('model_profiles').select('name').where('removed_at', 'is', null).execute(),
    store.read.selectFrom('routes').select('name').where('removed_at', 'is', null).execute(),
  ])
  refuseStrangeNames(kind, scopes, new Set([...profiles, ...routes].map(({ name }) => name)))
}

/** The same, where the names that there are are known already. */
export function refuseStrangeNames(kind: string, scopes: JsonObject, known: ReadonlySet<string>): void {
  if (kind !== 'call') return
  for (const [field, name] of named(scopes)) {
    if (known.has(name)) continue
    const meant = nearest(name, known)
    throw new PurserError(
      'invalid_request',
      `"${field}" names "${name}", and no profile or route has this name.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
      { field, hint: 'See what there is:  purser profiles list' },
    )
  }
  const { profiles: allowed, default: fallback } = scopes
  if (typeof fallback !== 'string' || !Array.isArray(allowed) || allowed.includes(fallback)) return
  throw new PurserError('invalid_request', `"scopes.default" is "${fallback}", which "scopes.profiles" does not hold.`, {
    field: 'scopes.default',
  })
}

function named(scopes: Json): readonly (readonly [field: string, name: string])[] {
  if (!isObject(scopes)) return []
  const { profiles, default: fallback } = scopes
  const listed = Array.isArray(profiles) ? profiles.map((each, place) => [`scopes.profiles.${place}`, String(each)] as const) : []
  return typeof fallback === 'string' ? [...listed, ['scopes.default', fallback]] : listed
}
