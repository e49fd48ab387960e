/** A reference to a secret turned into the secret. The environment is read once, at the start, into a map that nothing else can see. */

import type { Presence } from '../core/auth.ts'
import { PurserError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'

export type Secrets = {
  /** The secret, usable for this origin alone. Throws for a reference of a kind that is not served, and for a name nobody looked up. */
  resolveCredential(reference: string, origin: string): Secret | 'absent'
  presence(reference: string): Presence
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads the named variables once. A value of nothing but spaces is absent; spaces around a value are no part of it. */
export function readEnvironment(names: readonly string[], variables: Variables = process.env): Secrets {
  const values = new Map(names.map((name) => [name, variables[name]?.trim() ?? '']))
  return {
    resolveCredential(reference, origin) {
      const name = variableOf(reference)
      const value = values.get(name)
      if (value === undefined) {
        throw new PurserError('unavailable', `The environment variable ${name} was not read when Purser started.`, {
          code: 'secret_unavailable',
          hint: 'Restart Purser with the variable set.',
        })
      }
      return value === '' ? 'absent' : new Secret(value, origin)
    },
    presence(reference) {
      if (!reference.startsWith('env:')) return 'unknown'
      const value = values.get(variableOf(reference))
      if (value === undefined) return 'unknown'
      return value === '' ? 'absent' : 'present'
    },
  }
}

/** Takes the variables out of this process's own environment, so that no child and no crash report carries them. */
export function forgetEnvironment(names: readonly string[], variables: Record<string, string | undefined> = process.env): void {
  for (const name of names) delete variables[name]
}

/** The variable's name in `env:NAME`. */
export function variableOf(reference: string): string {
  if (reference.startsWith('env:')) return reference.slice(4)
  const kind = laterKinds.find((each) => reference.startsWith(`${each}:`))
  if (kind === undefined) throw new PurserError('invalid_request', 'The credential is no reference. Use env:NAME.', { field: 'credential' })
  throw new PurserError('unsupported', `The credential is a reference of kind "${kind}:", which comes with sealed secrets. Use env:NAME.`, {
    field: 'credential',
  })
}

const laterKinds = ['file', 'keychain', 'command', 'sealed'] as const
