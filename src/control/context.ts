/** What an operation may touch: handed in, so that a test passes its own. */

import type { Shipped } from '../catalog/shipped.ts'
import type { Presence, ProviderAuth } from '../core/auth.ts'
import type { Clock, Random } from '../core/ports.ts'
import type { Vault } from '../net/vault.ts'
import type { Directory } from '../routing/directory.ts'
import type { PresenceOf } from '../routing/profile.ts'
import type { Store } from '../store/store.ts'
import type { Inspection } from './health/inspect.ts'
import type { Home } from './home/home.ts'
import type { ServerFile } from './home/server-file.ts'
import type { Actor } from './scopes.ts'

export type Face = 'cli' | 'http' | 'library' | 'console'

export interface OperationContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly ids: () => string
  /** What keys are hashed with. Throws `unsafe_file` where it cannot be read. */
  pepper(): Uint8Array
  /** The control tables as calls are resolved against. */
  directory(): Promise<Directory>
  readonly actor: Actor
  readonly face: Face
  readonly release: string
  /** The database as the operator named it, without a password. */
  readonly database: string
  /** The server that answers, or null where a command works on the database by itself. */
  readonly server: ServerFile | null
  /** Where the files of this installation stand, or null where there are none. */
  readonly home: Home | null
  /** Whether the secret that an auth refers to is there, and may go to the address that the auth or the provider has. Of a variable and a command only a serving process can say. */
  presence(auth: ProviderAuth, baseUrl?: string): Presence | 'not_needed'
  /** Where secrets are looked up: how one stands and why, and the key-encryption key. Never a value. */
  readonly secrets: Pick<Vault, 'keys' | 'useKeys' | 'standing'>
  /** How late the server's event loop runs, or null where no server answers. */
  loopDelayMs(): number | null
  /** A look at the database itself. Null where no second connection can see it. */
  inspect(): Promise<Inspection | null>
  /** Whether a secret is at hand, as dispatch asks it; or null where nothing here dispatches. */
  readonly presenceOf: PresenceOf | null
  /** Makes a call as this process's own local caller, without a key, or null where nothing here serves calls. */
  readonly fetch: ((request: Request) => Promise<Response>) | null
  /** What comes in the box, where it is not this release's own. */
  readonly shipped?: () => Shipped
  /** Resolves once the process answers calls from the new state of the control tables. */
  refresh(): Promise<void>
}
