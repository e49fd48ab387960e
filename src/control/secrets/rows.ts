/** What a vault needs: sealed rows and bindings of the database, the references in use, the catalogue's own pairs. */

import { shippedManifest } from '../../catalog/manifest.ts'
import { originOf } from '../../net/destination.ts'
import type { Pair, SecretRows } from '../../net/vault.ts'
import type { Directory } from '../../routing/directory.ts'
import type { Store } from '../../store/store.ts'

export async function readSecretRows({ read }: Pick<Store, 'read'>): Promise<SecretRows> {
  const [sealed, bindings] = await Promise.all([
    read.selectFrom('sealed_secrets').selectAll().execute(),
    read.selectFrom('secret_bindings').selectAll().execute(),
  ])
  return { sealed, bindings }
}

export function referencesOf(directory: Directory): ReadonlySet<string> {
  return new Set(
    [...directory.connections.values()].flatMap(({ auth }) => (auth.type === 'none' || auth.credential === null ? [] : [auth.credential])),
  )
}

/** The pairs that need no binding: what the box itself says goes where. */
export function cataloguePairs(): Pair[] {
  const { connections, providers } = shippedManifest()
  const origins = new Map(providers.map(({ name, base_url }) => [name, originOf(base_url)]))
  return connections.flatMap(({ auth, provider }) =>
    auth.type === 'api_key' ? [{ reference: auth.credential, origin: origins.get(provider)! }] : [],
  )
}
