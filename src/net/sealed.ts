/** A secret in our own database: AES-256-GCM under a data key of its own, which the key-encryption key wraps. It opens only as the row it was, for the origin it was. */

import { canonicalJson } from '../core/json.ts'
import type { Random } from '../core/ports.ts'
import { decrypt, encrypt, type Kek, type Keyring } from './kek.ts'

export type SealedRow = {
  readonly id: string
  readonly kid: string
  readonly wrapped_key: string
  readonly nonce: string
  readonly ciphertext: string
  readonly origin: string
  readonly fingerprint: string
}

const version = 1
const tenant = 'default'
const field = 'key'

/** What a ciphertext is bound to. The data key's own wrapping is bound to the key-encryption key as well, so a new one re-wraps and re-encrypts nothing. */
function factsOf({ id, origin }: Pick<SealedRow, 'id' | 'origin'>, kid: string | null): string {
  return canonicalJson(kid === null ? [version, tenant, id, field, origin] : [version, tenant, id, field, origin, kid])
}

export function seal(kek: Kek, random: Random, row: { readonly id: string; readonly origin: string; readonly value: string }): SealedRow {
  const [dataKey, nonce] = [random.bytes(32), random.bytes(12)]
  const ciphertext = encrypt(dataKey, nonce, Buffer.from(row.value), factsOf(row, null))
  return {
    id: row.id,
    kid: kek.kid,
    wrapped_key: base64(kek.wrap(dataKey, random.bytes(12), factsOf(row, kek.kid))),
    nonce: base64(nonce),
    ciphertext: base64(ciphertext),
    origin: row.origin,
    fingerprint: kek.fingerprint(row.value),
  }
}

/** The value, or undefined where the row was changed, or where its key-encryption key is not among these. */
export function unseal(keyring: Keyring, row: SealedRow): string | undefined {
  const kek = keyring.all.get(row.kid)
  if (kek === undefined) return undefined
  try {
    const dataKey = kek.unwrap(bytesOf(row.wrapped_key), factsOf(row, row.kid))
    const value = decrypt(dataKey, bytesOf(row.nonce), bytesOf(row.ciphertext), factsOf(row, null)).toString('utf8')
    return kek.fingerprint(value) === row.fingerprint ? value : undefined
  } catch {
    return undefined
  }
}

/** The columns that move when another key-encryption key takes over, or undefined where the row does not open. */
export function rewrap(
  keyring: Keyring,
  to: Kek,
  random: Random,
  row: SealedRow,
): Pick<SealedRow, 'kid' | 'wrapped_key' | 'fingerprint'> | undefined {
  const value = unseal(keyring, row)
  if (value === undefined) return undefined
  const dataKey = keyring.all.get(row.kid)!.unwrap(bytesOf(row.wrapped_key), factsOf(row, row.kid))
  return {
    kid: to.kid,
    wrapped_key: base64(to.wrap(dataKey, random.bytes(12), factsOf(row, to.kid))),
    fingerprint: to.fingerprint(value),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Text that is not exactly the base64 of some bytes is no bytes: one value has one spelling. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw new Error('It is no base64.')
  return bytes
}
