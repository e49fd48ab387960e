/** The key-encryption key: it wraps the data keys of sealed secrets and proves bindings. Its bytes never leave the closures made here. */

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { canonicalJson } from '../core/json.ts'

export const kekBytes = 32
const nonceBytes = 12
const tagBytes = 16

export interface Kek {
  /** Its fingerprint: tells two keys apart and says nothing of either. */
  readonly kid: string
  /** `nonce` is used once. What comes out is nonce, ciphertext and tag. */
  wrap(dataKey: Uint8Array, nonce: Uint8Array, facts: string): Buffer
  /** Throws where a byte of it, or of the facts, is another than it was. */
  unwrap(wrapped: Uint8Array, facts: string): Buffer
  /** What proves that a reference may be used at an origin. */
  prove(reference: string, origin: string): string
  /** Eight hex digits that tell two values apart. */
  fingerprint(value: string): string
}

/** The key that new things are made with, and all that can still be read, by kid: while a key is being replaced there are two. */
export type Keyring = { readonly current: Kek; readonly all: ReadonlyMap<string, Kek> }

export function kekOf(bytes: Uint8Array): Kek {
  const part = (name: string): Buffer => Buffer.from(hkdfSync('sha256', bytes, '', `purser/1/${name}`, kekBytes))
  const [wrapping, binding, printing] = [part('wrap'), part('binding'), part('fingerprint')]
  return {
    kid: part('kid').toString('hex').slice(0, 16),
    wrap: (dataKey, nonce, facts) => Buffer.concat([nonce, encrypt(wrapping, nonce, dataKey, facts)]),
    unwrap: (wrapped, facts) => decrypt(wrapping, wrapped.subarray(0, nonceBytes), wrapped.subarray(nonceBytes), facts),
    prove: (reference, origin) =>
      createHmac('sha256', binding)
        .update(canonicalJson([reference, origin]))
        .digest('hex'),
    fingerprint: (value) => createHmac('sha256', printing).update(value).digest('hex').slice(0, 8),
  }
}

/** The first is the current one. */
export function keyringOf(keks: readonly [Kek, ...Kek[]]): Keyring {
  return { current: keks[0], all: new Map(keks.map((kek) => [kek.kid, kek])) }
}

/** Whether one of the keys made this proof. */
export function proves(keyring: Keyring, reference: string, origin: string, proof: string): boolean {
  return [...keyring.all.values()].some((kek) => {
    const [right, said] = [Buffer.from(kek.prove(reference, origin)), Buffer.from(proof)]
    return right.length === said.length && timingSafeEqual(right, said)
  })
}

/** AES-256-GCM: the ciphertext with its tag behind it. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, facts: string): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(facts))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

export function decrypt(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, facts: string): Buffer {
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) throw new Error('It is too short to be a sealed value.')
  const end = sealed.length - tagBytes
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(facts)).setAuthTag(sealed.subarray(end))
  return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()])
}
