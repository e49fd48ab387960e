/** The secret of a connection that is made or changed: a key that is sealed for it, or a reference that may go where the connection leads. */

import { PurserError } from '../../core/errors.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { originOf } from '../../net/destination.ts'
import { isReference } from '../../net/references.ts'
import type { Row } from '../../store/schema.ts'
import type { Planned } from '../change.ts'
import type { OperationContext } from '../context.ts'
import { planBinding, planSealed, type SecretPlan } from '../secrets/plan.ts'
import { referrersOfSecret } from './referrers.ts'

/** Where a connection's secret goes: to its platform, or to its provider. Null while a platform has no address. */
export function placeOf(auth: Json | undefined, provider: Pick<Row<'providers'>, 'base_url'>): string | null {
  const address = isObject(auth) && auth.type === 'platform' ? auth.base_url : provider.base_url
  return typeof address === 'string' && URL.canParse(address) ? originOf(address) : null
}

/** Seals a key for a connection. Where it has a sealed one already that nobody else uses, that one gets the new value and the new place. */
export async function planKey(context: OperationContext, now: Json | undefined, place: string | null, value: string): Promise<SecretPlan> {
  if (place === null)
    throw new PurserError('invalid_request', 'A key is sealed for one place, and this connection has no address yet.', {
      field: 'key',
      hint: 'Name the base_url of the platform together with the key.',
    })
  const reference = isObject(now) && typeof now.credential === 'string' ? now.credential : ''
  const alone = reference.startsWith('sealed:') && (await referrersOfSecret(context, reference)).length < 2
  return planSealed(context, { value, origin: place, ...(alone ? { replaces: reference.slice('sealed:'.length) } : {}) })
}

/** A reference may go where the connection leads, or is bound to go there in the same batch. */
export async function planReference(
  context: OperationContext,
  auth: Json,
  place: string | null,
  proof?: string,
): Promise<SecretPlan | null> {
  const reference = isObject(auth) ? auth.credential : undefined
  if (typeof reference !== 'string' || place === null || !isReference(reference)) return null
  return planBinding(context, reference, place, proof)
}

/** What is said of the auth, with the sealed key in its place. */
export function authWith(auth: JsonObject | undefined, sealed: SecretPlan | null): JsonObject | undefined {
  return sealed === null || auth === undefined ? auth : { ...auth, credential: sealed.reference }
}

export function together<Answer>(planned: Planned<Answer>, secret: SecretPlan | null): Planned<Answer> {
  if (secret === null) return planned
  return {
    ...planned,
    statements: [...secret.statements, ...planned.statements],
    touched: [...secret.touched, ...planned.touched],
  }
}
