/** References turned into secrets: each where it lives, each for the origin it is bound to and no other. What is slow is asked ahead; the rest is at hand. */

import { atHand, type Standing } from '../core/auth.ts'
import { PurserError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { Secret } from '../core/secret.ts'
import { type Keyring, proves } from './kek.ts'
import { absent, type Lack, type Reading, unknown } from './reading.ts'
import { parseReference, type Reference } from './references.ts'
import { type SealedRow, unseal } from './sealed.ts'
import { type Commands, type RunCommand, readCommands } from './secret-command.ts'
import { type EnvironmentOptions, readEnvironment } from './secret-environment.ts'
import { readSecretFile } from './secret-file.ts'

export type Binding = { readonly reference: string; readonly origin: string; readonly hmac: string }
export type SecretRows = { readonly sealed: readonly SealedRow[]; readonly bindings: readonly Binding[] }
export type Pair = { readonly reference: string; readonly origin: string }

/** The key-encryption key, or why there is none: for whoever must mend it, and, where that names a path, for callers. */
export type Keys = Keyring | { readonly missing: string; readonly told?: string }

export type VaultOptions = {
  readonly clock: Clock
  readonly keys: Keys
  /** Which references the catalogue itself gives to which origins. */
  readonly catalogue: readonly Pair[]
  readonly environment: EnvironmentOptions
  /** The folder of `file:` secrets. */
  readonly folder: string | null
  /** Null in a process that runs none. */
  readonly commands: Commands | null
  readonly run?: RunCommand
}

export interface Vault {
  readonly keys: Keys
  /** Another key-encryption key from here on. */
  useKeys(keys: Keys): void
  /** What the database holds now, and which references are in use. Nothing that was kept is kept. */
  update(rows: SecretRows, references: Iterable<string>): void
  /** How a secret stands. Without an origin only whether it is there is asked. */
  standing(reference: string, origin: string | null): Standing
  /** The same for a call: a command that nobody has asked yet counts as present, for `warm` asks it. The reason is one for callers. */
  usable(reference: string, origin: string): Standing
  /** What has to be waited for before `secretOf` can answer; undefined where the secret is at hand. Never rejects. */
  warm(reference: string, origin: string): Promise<void> | undefined
  /** Throws `secret_unavailable`, with the reason, where it cannot be used. */
  secretOf(reference: string, origin: string): Secret
  /** Looked up anew because its provider refused it: another value, or null where it is still the same. Only a command takes time. */
  reload(refused: Secret, reference: string): Secret | null | Promise<Secret | null>
  /** A text without any of the secrets that were used lately. */
  scrub(text: string): string
}

/** No secret is kept longer than this without a look at where it lives. A lack is looked at again sooner. */
const limits = { keptMs: 60_000, lackingMs: 1_000, scrubbed: 256 }

type Kept = { readonly found: Secret | Lack; readonly until: number }

export function createVault(options: VaultOptions): Vault {
  const { clock, folder } = options
  const environment = readEnvironment(options.environment)
  const commands = readCommands(options.commands, clock, options.run)
  const given = new Set(options.catalogue.map(keyOf))
  let keys = options.keys
  let rows: SecretRows = { sealed: [], bindings: [] }
  let sealed = new Map<string, SealedRow>()
  let bound = new Set<string>()
  let used: readonly string[] = []
  const kept = new Map<string, Kept>()
  const seen = new Map<string, Secret>()

  const refresh = (): void => {
    sealed = new Map(rows.sealed.map((row) => [row.id, row]))
    const ring = keys
    const proven = 'missing' in ring ? [] : rows.bindings.filter(({ reference, origin, hmac }) => proves(ring, reference, origin, hmac))
    bound = new Set(proven.map(keyOf))
    const allowed = new Set([...options.catalogue, ...proven].map(({ reference }) => reference))
    environment.adopt(used.filter((reference) => reference.startsWith('env:') && allowed.has(reference)).map((each) => each.slice(4)))
    kept.clear()
  }

  /** Why a reference may not be used at an origin, or undefined where it may. */
  const refusal = (reference: string, origin: string): Reading | undefined => {
    const key = keyOf({ reference, origin })
    if (given.has(key) || bound.has(key)) return undefined
    const bind = `purser secrets bind ${reference} --origin ${origin}`
    if (!rows.bindings.some((row) => keyOf(row) === key)) return unknown(`${reference} is not bound to ${origin}. Bind it:  ${bind}`)
    if ('missing' in keys) return unknown(...withoutKey(`The binding of ${reference} to ${origin} cannot be checked.`, keys))
    return unknown(`The binding of ${reference} to ${origin} was not made with this key-encryption key. Bind it again:  ${bind}`)
  }

  const openSealed = (id: string, origin: string | null): Reading => {
    const row = sealed.get(id)
    if (row === undefined) return absent(`There is no sealed secret ${id}. Enter the key again.`)
    if ('missing' in keys) return unknown(...withoutKey('It is sealed, and cannot be opened.', keys))
    if (origin !== null && row.origin !== origin)
      return unknown(`It was sealed for ${row.origin}, and is not given to ${origin}. Enter the key again for the new place.`)
    const value = unseal(keys, row)
    if (value !== undefined) return { type: 'value', value }
    const known = keys.all.has(row.kid)
    const why = known ? 'the row was changed' : `it was sealed with another key-encryption key (${row.kid})`
    return unknown(`It does not open: ${why}. Enter the key again.`)
  }

  /** Undefined where a command has to be asked first. */
  const read = ({ kind, name }: Reference, origin: string | null): Reading | undefined => {
    switch (kind) {
      case 'env':
        return environment.read(name)
      case 'file':
        return readSecretFile(folder, name)
      case 'command':
        return commands.read(name)
      case 'sealed':
        return openSealed(name, origin)
      case 'keychain':
        return unknown('This release of Purser reads no keychain. Use env:, file:, command: or sealed:.')
    }
  }

  /** The secret, why there is none, or undefined where a command has to be asked first. */
  const lookUp = (reference: string, origin: string): Secret | Lack | undefined => {
    const key = keyOf({ reference, origin })
    const known = kept.get(key)
    const now = clock.monotonic()
    if (known !== undefined && now < known.until) return known.found
    const parsed = parseReference(reference)
    const refused = parsed.kind === 'sealed' ? undefined : refusal(reference, origin)
    const reading = refused ?? read(parsed, origin)
    if (reading === undefined) return undefined
    const found = reading.type === 'value' ? new Secret(reading.value, origin) : reading
    kept.set(key, { found, until: now + (found instanceof Secret ? limits.keptMs : limits.lackingMs) })
    if (found instanceof Secret) remember(found)
    return found
  }

  /** What the scrubber looks for: also secrets that were replaced, for a while. */
  const remember = (secret: Secret): void => {
    seen.delete(secret.fingerprint)
    seen.set(secret.fingerprint, secret)
    if (seen.size > limits.scrubbed) seen.delete(seen.keys().next().value!)
  }

  return {
    get keys() {
      return keys
    },
    useKeys(others) {
      keys = others
      refresh()
    },
    update(fresh, references) {
      rows = fresh
      used = [...references]
      refresh()
    },
    standing(reference, origin) {
      if (origin === null) return standingOf(read(parseReference(reference), null))
      const found = lookUp(reference, origin)
      return found === undefined ? notAsked : found instanceof Secret ? atHand : standingOf(found)
    },
    usable(reference, origin) {
      const found = lookUp(reference, origin)
      return found === undefined || found instanceof Secret ? atHand : { presence: found.presence, reason: found.told }
    },
    warm(reference, origin) {
      return lookUp(reference, origin) === undefined ? commands.ask(parseReference(reference).name) : undefined
    },
    secretOf(reference, origin) {
      const found = lookUp(reference, origin) ?? notAsked
      if (found instanceof Secret) return found
      throw new PurserError('unavailable', `The secret ${reference} cannot be used. ${found.reason}`, {
        code: 'secret_unavailable',
        told: `The secret ${reference} cannot be used. ${found.told}`,
      })
    },
    reload(refused, reference) {
      const { origin } = refused
      const { kind, name } = parseReference(reference)
      const another = (): Secret | null => {
        const found = lookUp(reference, origin)
        return found instanceof Secret && !found.equals(refused) ? found : null
      }
      kept.delete(keyOf({ reference, origin }))
      if (kind !== 'command') return another()
      commands.expire(name)
      return commands.read(name) === undefined ? commands.ask(name).then(another) : another()
    },
    scrub: (text) => [...seen.values()].reduce((rest, secret) => secret.redact(rest), text),
  }
}

const notYet = 'Its command has not been asked yet. The first call asks it.'
const notAsked = { presence: 'unknown', reason: notYet, told: notYet } as const satisfies Lack

function withoutKey(what: string, keys: { readonly missing: string; readonly told?: string }): [reason: string, told: string] {
  return [`${what} ${keys.missing}`, `${what} ${keys.told ?? keys.missing}`]
}

function standingOf(reading: Reading | Lack | undefined): Standing {
  const { presence, reason } = reading === undefined ? notAsked : 'value' in reading ? atHand : reading
  return { presence, reason }
}

/** No reference and no origin holds a space. */
function keyOf({ reference, origin }: Pair): string {
  return `${reference} ${origin}`
}
