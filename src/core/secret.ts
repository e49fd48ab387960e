/** A secret value that cannot be printed by accident. */

import { createHmac, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

const fingerprintKey = randomBytes(32)

/** Shows itself only to `reveal`, and only for the origin it was bound to. Everywhere else it is `[secret:ab12cd34]`. */
export class Secret {
  readonly #value: string
  readonly #origin: string

  /** `origin` is `scheme://host:port` of the one destination this secret may go to. */
  constructor(value: string, origin: string) {
    this.#value = value
    this.#origin = origin
  }

  reveal(origin: string): string {
    if (origin !== this.#origin) throw new Error(`A secret bound to ${this.#origin} was asked for by ${origin}.`)
    return this.#value
  }

  /** The text with every occurrence of the secret taken out. */
  redact(text: string): string {
    return this.#value === '' ? text : text.replaceAll(this.#value, String(this))
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
