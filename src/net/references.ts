/** A credential's reference in its two parts: where the secret lives, and its name there. */

import { PurserError } from '../core/errors.ts'

export const referenceKinds = ['env', 'file', 'command', 'sealed', 'keychain'] as const
export type ReferenceKind = (typeof referenceKinds)[number]
export type Reference = { readonly kind: ReferenceKind; readonly name: string }

/** What was typed is not repeated where it is no reference: it may be a key. */
export function parseReference(text: string): Reference {
  const kind = referenceKinds.find((each) => text.startsWith(`${each}:`))
  if (kind === undefined) {
    throw new PurserError('invalid_request', 'The credential is no reference. Use env:NAME, file:NAME, command:NAME or sealed:ID.', {
      field: 'credential',
    })
  }
  return { kind, name: text.slice(kind.length + 1) }
}

export function isReference(text: string): boolean {
  return referenceKinds.some((kind) => text.startsWith(`${kind}:`))
}
