/** Who sent a request: its key, checked by shape and checksum, then against the rows in memory. No query, ever. */

import { hash } from 'node:crypto'
import { PurserError } from '../core/errors.ts'
import { hashSecret, type KeyKind, keyPrefix, parseKey, sameHash } from '../core/keys.ts'
import type { Key } from '../core/nouns.ts'
import type { Clock } from '../core/ports.ts'
import type { Headers } from '../core/wire.ts'
import { countFailedKeys } from './failed-keys.ts'

export interface Authenticator {
  /**
   * The key's row. Throws `unauthenticated` in one shape for everything that is wrong, `rate_limited` in its place where the peer's
   * keys were refused too often, `forbidden` for a key of the other kind. `peer` is the address at the other end of the socket.
   */
  authenticate(headers: Headers, query: URLSearchParams, kind: KeyKind, peer?: string): Key
}

/** A credential that was checked is not hashed again for this long. Its row is looked at every time, so a revoked key stops at once. */
const rememberMs = 30_000
const mostRemembered = 10_000

/** `onUse` hears of every key that is let in. */
export function createAuthenticator(
  keyOf: (id: string) => Key | undefined,
  pepper: Uint8Array,
  clock: Clock,
  onUse: (keyId: string, now: number) => void = () => undefined,
): Authenticator {
  const failed = countFailedKeys(clock)
  const known = new Map<string, { readonly id: string; readonly secretHash: string; readonly until: number }>()

  const rowOf = (credential: string, now: number): Key => {
    const digest = hash('sha256', credential, 'base64')
    const found = known.get(digest)
    if (found && found.until > now) {
      const row = keyOf(found.id)
      if (row && isSecretOf(row, found.secretHash, now)) return row
    }
    const parsed = parseKey(credential)
    if (!parsed) throw refused('is not a Purser key: its shape or its checksum is wrong')
    const row = keyOf(parsed.id)
    const secretHash = hashSecret(pepper, parsed.secret)
    if (!row || row.kind !== parsed.kind || !isSecretOf(row, secretHash, now)) throw refused('is not known here')
    if (known.size >= mostRemembered) known.clear()
    known.set(digest, { id: row.id, secretHash, until: now + rememberMs })
    return row
  }

  const liveRowOf = (headers: Headers, query: URLSearchParams, now: number): Key => {
    const row = rowOf(credentialOf(headers, query), now)
    if (row.revoked_at !== null && row.revoked_at <= now) throw refused('was revoked')
    if (row.expires_at !== null && row.expires_at <= now) throw refused('has expired')
    return row
  }

  /** Every refusal counts against the address that it came from. Nobody at the other end of a socket is nobody to count. */
  const counted = (peer: string | undefined, find: () => Key): Key => {
    try {
      return find()
    } catch (refusal) {
      throw (peer === undefined ? undefined : failed.count(peer)) ?? refusal
    }
  }

  return {
    authenticate(headers, query, kind, peer) {
      const now = clock.now()
      const row = counted(peer, () => liveRowOf(headers, query, now))
      if (row.kind !== kind)
        throw new PurserError(
          'forbidden',
          `This is ${row.kind === 'admin' ? 'an admin' : 'a call'} key, and this address takes ${kind} keys only.`,
        )
      onUse(row.id, now)
      return row
    },
  }
}

/** The newest secret of the key, or the one before it while the key rotates. Both are compared, whichever it is. */
function isSecretOf(row: Key, secretHash: string, now: number): boolean {
  const isNewest = sameHash(row.secret_hash, secretHash)
  const isBefore = sameHash(row.next_hash ?? '', secretHash)
  return isNewest || (isBefore && row.next_until !== null && row.next_until > now)
}

/** Whether a request shows a Purser key, right or wrong. Clients that are made to send some key send any other word. */
export function showsKey(headers: Headers, query: URLSearchParams): boolean {
  return credentialsOf(headers, query).some((one) => one.startsWith(keyPrefix))
}

function credentialsOf(headers: Headers, query: URLSearchParams): string[] {
  const bearer = /^bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim()
  const given = [bearer, headers['x-api-key'], headers['x-goog-api-key'], query.get('key')]
  return given.filter((one): one is string => typeof one === 'string' && one !== '')
}

/** The one credential of a request. Two are allowed only when they agree. */
function credentialOf(headers: Headers, query: URLSearchParams): string {
  const given = credentialsOf(headers, query)
  const [first] = given
  if (first === undefined) throw refused('is missing: send it as "Authorization: Bearer <key>" or "x-api-key: <key>"')
  if (given.some((one) => one !== first)) throw refused('was sent twice, in two different values')
  return first
}

function refused(why: string): PurserError {
  return new PurserError('unauthenticated', `The key ${why}.`, { code: 'invalid_api_key' })
}
