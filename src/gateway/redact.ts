/** Our secret out of a provider's words: some repeat the key that they refuse. */

import type { Secret } from '../core/secret.ts'

export function redacted(bytes: Uint8Array, secret: Secret | null): Buffer {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!secret) return whole
  const text = whole.toString('utf8')
  const clean = secret.redact(text)
  return clean === text ? whole : Buffer.from(clean)
}
