/** Which of a caller's headers a provider sees, and how it is shown the credential. The one file in which a secret is revealed. */

import { PurserError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Headers } from '../core/wire.ts'
import type { Dialect } from './dialect.ts'

/**
 * The headers that go to the provider. The contract's allow list decides, so that a caller's key, cookies and Purser's own headers
 * never leave. The caller's `user-agent` stays here too: who runs which tool is not the provider's to know, and it is sent ours.
 */
export function forwardedHeaders(from: Headers, allowed: readonly string[], dialect: Dialect, defaults: Headers = {}): Headers {
  const kept: Record<string, string> = { 'content-type': 'application/json', accept: '*/*', 'user-agent': 'purser', ...defaults }
  for (const name of allowed) if (from[name] !== undefined) kept[name] = from[name]
  return { ...kept, ...dialect.headers, 'accept-encoding': 'identity' }
}

/** The credential in the place where this provider looks for it. */
export function credentialHeaders(auth: Dialect['auth'], secret: Secret | null, origin: string): Headers {
  if (secret === null) return {}
  const value = secret.reveal(origin)
  if (!/^[\x21-\x7e]+$/.test(value)) {
    throw new PurserError(
      'provider_auth',
      'The credential holds a space, a line end or another character that cannot stand in a header. Set it anew, without these.',
    )
  }
  if (auth === 'bearer') return { authorization: `Bearer ${value}` }
  return { [auth === 'x-api-key' ? auth : auth.header]: value }
}
