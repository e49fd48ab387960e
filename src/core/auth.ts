/** How a connection proves who pays: a discriminated union of auth kinds, with credentials as references and never as values. */

import { z } from 'zod'

const credential = z
  .string()
  .regex(
    /^(env|file|keychain|command|sealed):[A-Za-z0-9_./-]{1,200}$/,
    'A credential is a reference: env:NAME, file:NAME, keychain:NAME, command:NAME or sealed:ID.',
  )

export const providerAuth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('api_key'), credential }),
  /** Another Purser, say, that pays on the operator's behalf. Both fields are null in a seeded twin until a platform is named. */
  z.strictObject({ type: z.literal('platform'), base_url: z.url().nullable(), credential: credential.nullable() }),
  z.strictObject({ type: z.literal('none') }),
])

export type ProviderAuth = z.infer<typeof providerAuth>

/** Whether the secret behind a credential is at hand. `unknown` means that nobody looked; it never changes what is configured. */
export type Presence = 'present' | 'absent' | 'unknown'

/** Presence, and why it is not `present`: a sentence for whoever must mend it. */
export type Standing = { readonly presence: Presence; readonly reason: string | null }

export const atHand: Standing = { presence: 'present', reason: null }
