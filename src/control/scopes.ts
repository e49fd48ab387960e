/** What an admin key may do: scopes, the roles that bundle them, and the check. Nothing granted is nothing allowed. */

import { z } from 'zod'
import { PurserError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'

export const scopes = [
  'providers:write',
  'secrets:write',
  'rates:write',
  'budgets:write',
  'keys:write',
  'usage:read',
  'prompts:read',
  'audit:read',
  'system',
] as const
export type Scope = (typeof scopes)[number]

const roles = {
  viewer: ['usage:read'],
  operator: ['usage:read', 'providers:write', 'rates:write', 'budgets:write', 'keys:write'],
  security: ['usage:read', 'secrets:write', 'audit:read'],
  admin: scopes.filter((scope) => scope !== 'prompts:read'),
} as const satisfies Record<string, readonly Scope[]>
export type Role = keyof typeof roles

/** What stands in the `scopes` of an admin key. */
export const adminScope = z.strictObject({
  roles: z
    .array(z.enum(Object.keys(roles) as [Role, ...Role[]]))
    .max(20)
    .describe('Bundles of scopes.'),
  scopes: z.array(z.enum(scopes)).max(scopes.length).describe('What it may do besides.'),
})

export function scopesOfRole(role: Role): readonly Scope[] {
  return roles[role]
}

/** The scopes that a key's `scopes` column grants: `{"roles":["admin"]}`, `{"scopes":["usage:read"]}`, or both. What cannot be read grants nothing. */
export function grantedScopes(column: Json): ReadonlySet<Scope> {
  const read = adminScope.partial().safeParse(column)
  if (!read.success) return new Set()
  return new Set([...(read.data.roles ?? []).flatMap((role) => roles[role]), ...(read.data.scopes ?? [])])
}

/** Who asks: a key, or the person at the terminal of this machine (`keyId` null). */
export type Actor = { readonly name: string; readonly keyId: string | null; readonly scopes: ReadonlySet<Scope> }

export const localActor: Actor = { name: 'local', keyId: null, scopes: new Set(scopes) }

/** What names no scope, or none that there is, is nobody's to use: it does not register. */
export function refuseUnscoped({ name, scope }: { readonly name: string; readonly scope: Scope }): void {
  if (!scopes.includes(scope)) throw new PurserError('internal', `The operation ${name} declares no scope, so it does not register.`)
}

export function requireScope(actor: Actor, scope: Scope, operation: string): void {
  if (actor.scopes.has(scope)) return
  throw new PurserError('forbidden', `The key "${actor.name}" may not use ${operation}. That needs the scope ${scope}.`, {
    hint: 'Use a key that has it, such as the one in config/admin-token.',
    details: { scope },
  })
}
