/** The text of a Purser key: made, checked without any I/O, and hashed for storage. `purser_<kind>_<id>_<secret><checksum>`. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Random } from './ports.ts'

export type KeyKind = 'call' | 'admin'

/** The secret is a plain string here: it lives for one check, and only its hash goes further. */
export type ParsedKey = { readonly kind: KeyKind; readonly id: string; readonly secret: string }

/** What every key begins with, and no key of anybody else. */
export const keyPrefix = 'purser_'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 10
/** What the id of a key looks like: another one could never be read off the key again. */
export const keyId = new RegExp(`^[0-9A-Za-z]{${idLength}}$`)
/** 62^43 is more than 2^256. */
const secretLength = 43
const checksumLength = 6
const shape = new RegExp(`^purser_(call|admin)_([0-9A-Za-z]{${idLength}})_([0-9A-Za-z]{${secretLength}})([0-9A-Za-z]{${checksumLength}})$`)

/** A new key. `text` is shown once and not kept; what is stored is `id` and the hash of `secret`. */
export function mintKey(kind: KeyKind, random: Random): ParsedKey & { readonly text: string } {
  return renewKey(kind, letters(idLength, random), random)
}

/** The same key with a new secret. */
export function renewKey(kind: KeyKind, id: string, random: Random): ParsedKey & { readonly text: string } {
  const secret = letters(secretLength, random)
  const head = `purser_${kind}_${id}_${secret}`
  return { kind, id, secret, text: head + checksum(head) }
}

/** The parts of a key whose shape and checksum are right, else undefined. Whether it is known is another question. */
export function parseKey(text: string): ParsedKey | undefined {
  const found = shape.exec(text)
  if (found === null) return undefined
  const [, kind, id, secret, sum] = found as unknown as [string, KeyKind, string, string, string]
  return checksum(text.slice(0, -checksumLength)) === sum ? { kind, id, secret } : undefined
}

/** What stands in `keys.secret_hash`. Without the pepper, which is not in the database, it proves nothing. */
export function hashSecret(pepper: Uint8Array, secret: string): string {
  return createHmac('sha256', pepper).update(secret).digest('hex')
}

/** In a time that does not depend on where two hashes differ. */
export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function checksum(head: string): string {
  let rest = crc32(head)
  let text = ''
  for (let place = 0; place < checksumLength; place++) {
    text = alphabet[rest % alphabet.length]! + text
    rest = Math.floor(rest / alphabet.length)
  }
  return text
}

/** Every letter equally likely: bytes beyond the last whole multiple of 62 are thrown away. */
function letters(count: number, random: Random): string {
  const fair = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < count) {
    for (const byte of random.bytes(count)) {
      if (byte < fair && text.length < count) text += alphabet[byte % alphabet.length]!
    }
  }
  return text
}
