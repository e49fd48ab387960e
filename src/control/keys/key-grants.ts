/** What a key grants, and who may give that away: nobody grants what he does not hold, and one admin key without an end always stays. */

import { z } from 'zod'
import { callScope } from '../../core/call-scope.ts'
import { PurserError } from '../../core/errors.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { KeyKind } from '../../core/keys.ts'
import { invalidInput } from '../invalid.ts'
import { type Actor, adminScope, grantedScopes, type Scope, scopesOfRole } from '../scopes.ts'

/** What an operator may write into `scopes`, for both kinds. `readScopes` says which fields a kind takes. */
export const keyScopes = z.strictObject({ ...callScope.shape, ...adminScope.shape }).partial()

const kinds = {
  call: { schema: callScope, noun: 'a call key', fields: Object.keys(callScope.shape) },
  admin: { schema: adminScope.partial(), noun: 'an admin key', fields: Object.keys(adminScope.shape) },
} as const

/** The scopes as they are stored, or `invalid_request` by the field that is wrong. */
export function readScopes(kind: KeyKind, scopes: JsonObject): JsonObject {
  const { schema, noun, fields } = kinds[kind]
  const foreign = Object.keys(scopes).find((field) => !(fields as readonly string[]).includes(field))
  if (foreign !== undefined) {
    throw new PurserError('invalid_request', `"scopes.${foreign}" means nothing to ${noun}, which takes ${fields.join(', ')}.`, {
      field: `scopes.${foreign}`,
    })
  }
  const read = z.strictObject({ scopes: schema }).safeParse({ scopes })
  if (!read.success) throw invalidInput(read.error, ['scopes'])
  return scopes
}

export type KeyFacts = {
  readonly id: string
  readonly kind: string
  readonly scopes: Json
  readonly expires_at: number | null
  readonly revoked_at: number | null
}

export function isUsable(key: Pick<KeyFacts, 'expires_at' | 'revoked_at'>, now: number): boolean {
  return (key.revoked_at === null || key.revoked_at > now) && (key.expires_at === null || key.expires_at > now)
}

/** The scopes that a key grants over the control plane. A call key grants none. */
export function grantOf(key: Pick<KeyFacts, 'kind' | 'scopes'>): ReadonlySet<Scope> {
  return key.kind === 'admin' ? grantedScopes(key.scopes) : new Set()
}

/** Whoever makes, changes, renews or ends a key holds all that it grants. Else a key would be a way to more than its maker has. */
export function refuseBeyond(actor: Actor, granted: ReadonlySet<Scope>, name: string): void {
  const lacking = [...granted].filter((scope) => !actor.scopes.has(scope))
  if (lacking.length === 0) return
  throw new PurserError(
    'forbidden',
    `The key "${name}" grants ${lacking.join(', ')}, which "${actor.name}" does not hold. Only someone who holds it can give, change or end it.`,
    { code: 'beyond_own_scopes', details: { lacking } },
  )
}

/** Refuses what would leave nobody who can administer everything for good: `before` and `after` are all keys. */
export function refuseLockout(before: readonly KeyFacts[], after: readonly KeyFacts[], now: number): void {
  if (!before.some((key) => isLasting(key, now)) || after.some((key) => isLasting(key, now))) return
  throw new PurserError(
    'conflict',
    'This is the last admin key that can do everything and has no end. Without it nobody could administer.',
    {
      code: 'last_admin_key',
      hint: `Make another one first:  purser keys create NAME --kind admin --scopes '{"roles":["admin"]}'`,
    },
  )
}

function isLasting(key: KeyFacts, now: number): boolean {
  const granted = grantOf(key)
  return isUsable(key, now) && key.expires_at === null && scopesOfRole('admin').every((scope) => granted.has(scope))
}
