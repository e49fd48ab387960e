/** A secret value that cannot be printed by accident. */

import { createHmac, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

const fingerprintKey = randomBytes(32)

/** What is shorter is no key, and would be found in half of all texts. */
const shortestScrubbed = 6

/** Shows itself only to `reveal`, and only for the origin it was bound to. Everywhere else it is `[secret:ab12cd34]`. */
export class Secret {
  readonly #value: string
  readonly #origin: string
  #spellings: readonly string[] | undefined

  /** `origin` is `scheme://host:port` of the one destination this secret may go to. */
  constructor(value: string, origin: string) {
    this.#value = value
    this.#origin = origin
  }

  /** Where it may go. */
  get origin(): string {
    return this.#origin
  }

  reveal(origin: string): string {
    if (origin !== this.#origin) throw new Error(`A secret bound to ${this.#origin} was asked for by ${origin}.`)
    return this.#value
  }

  /** Whether both are the same value for the same place. */
  equals(other: Secret): boolean {
    return this.#value === other.#value && this.#origin === other.#origin
  }

  /** The text with every occurrence of the secret taken out: as it is, and as JSON, a URL, base64 or hex spell it. */
  redact(text: string): string {
    this.#spellings ??= spellingsOf(this.#value)
    return this.#spellings.reduce((rest, spelling) => rest.replaceAll(spelling, String(this)), text)
  }

  /** Eight hex digits that tell two secrets of one process apart. */
  get fingerprint(): string {
    return createHmac('sha256', fingerprintKey).update(this.#value).digest('hex').slice(0, 8)
  }

  toString(): string {
    return `[secret:${this.fingerprint}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** Longest first, so that no spelling is found inside another. */
function spellingsOf(value: string): string[] {
  if (value === '') return []
  const bytes = Buffer.from(value)
  const others = [
    escaped(value),
    // A provider's JSON, quoted in a line of ours.
    escaped(escaped(value)),
    encodeURIComponent(value.toWellFormed()),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
  ]
  const all = value.length < shortestScrubbed ? [value] : [value, ...others]
  return [...new Set(all)].toSorted((one, other) => other.length - one.length)
}
