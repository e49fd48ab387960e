/** The first start of a home: a pepper, an admin token and a first caller key, each in a 0600 file. Their rows hold hashes only. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { PurserError } from '../core/errors.ts'
import { hashSecret, type KeyKind, mintKey } from '../core/keys.ts'
import type { Clock, Random } from '../core/ports.ts'
import type { Store } from '../store/store.ts'
import type { Home } from './home.ts'
import { insertKey } from './key-statements.ts'

const pepperBytes = 32

/** The pepper beside the database's hashes: without it a stolen database opens nothing. Made when it is missing. */
export function readPepper(home: Home): Uint8Array {
  if (!existsSync(home.pepper)) writeSecretFile(home.pepper, randomBytes(pepperBytes).toString('hex'))
  const mode = statSync(home.pepper).mode & 0o777
  if ((mode & 0o077) !== 0) {
    throw new PurserError('invalid_request', `The file ${home.pepper} may be read by others (mode ${mode.toString(8)}).`, {
      code: 'unsafe_file',
      hint: `Close it: chmod 600 ${home.pepper}`,
    })
  }
  const pepper = Buffer.from(readFileSync(home.pepper, 'utf8').trim(), 'hex')
  if (pepper.length !== pepperBytes) {
    throw new PurserError('invalid_request', `The file ${home.pepper} does not hold 64 hex digits.`, {
      code: 'unsafe_file',
      hint: 'Restore it from a backup. Without it no key of this database can be checked.',
    })
  }
  return pepper
}

export type Deps = {
  readonly store: Store
  readonly home: Home
  readonly pepper: Uint8Array
  readonly clock: Clock
  readonly random: Random
}

/** Mints both keys where the database has none at all. Says whether it did. */
export async function mintFirstKeys(deps: Deps): Promise<boolean> {
  const { store, home, pepper, clock, random } = deps
  const any = await store.read.selectFrom('keys').select('id').limit(1).executeTakeFirst()
  if (any) return false
  const mint = (kind: KeyKind, name: string, path: string, scopes: string) => {
    const key = mintKey(kind, random)
    writeSecretFile(path, key.text)
    return insertKey(store.read, { id: key.id, name, kind, secret_hash: hashSecret(pepper, key.secret), scopes, created_at: clock.now() })
  }
  const statements = [mint('admin', 'admin-token', home.adminToken, '{"roles":["admin"]}'), mint('call', 'first-key', home.firstKey, '{}')]
  await store.writer.control({ statements })
  return true
}

/** Whole or not at all, and for its owner alone. */
function writeSecretFile(path: string, value: string): void {
  const fresh = `${path}.new`
  writeFileSync(fresh, `${value}\n`, { mode: 0o600 })
  renameSync(fresh, path)
}
