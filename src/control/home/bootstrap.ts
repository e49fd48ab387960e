/** The first start of a home: a pepper, an admin token and a first caller key, each in a 0600 file. Their rows hold hashes only. */

import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { PurserError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { hashSecret, type KeyKind, mintKey } from '../../core/keys.ts'
import type { Clock, Random } from '../../core/ports.ts'
import type { AuditEntry, Store } from '../../store/store.ts'
import { insertKeys, type NewKey } from '../keys/key-statements.ts'
import type { Home } from './home.ts'

const pepperBytes = 32

/**
 * The pepper beside the database's hashes: without it a stolen database opens nothing. Made for a database without keys, by the
 * process that holds its lock; for one with keys a new pepper would lock every one of them out, so a missing one is refused.
 */
export function readPepper(home: Home, hasKeys: boolean): Uint8Array {
  if (!existsSync(home.pepper)) {
    if (hasKeys) {
      throw new PurserError('invalid_request', `The file ${home.pepper} is missing. Without it no key of this database can be checked.`, {
        code: 'unsafe_file',
        hint: 'Restore it from a backup, or name the home that this database was started with:  purser serve --home DIR',
      })
    }
    writeSecretFile(home.pepper, randomBytes(pepperBytes).toString('hex'))
  }
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

export async function hasKeys({ read }: Pick<Store, 'read'>): Promise<boolean> {
  return (await read.selectFrom('keys').select('id').limit(1).executeTakeFirst()) !== undefined
}

type Deps = {
  readonly store: Store
  readonly home: Home
  readonly pepper: Uint8Array
  readonly clock: Clock
  readonly random: Random
  readonly ids: () => string
}

/** Mints both keys, for a database that has none at all. */
export async function mintFirstKeys(deps: Deps): Promise<void> {
  const { store, home, pepper, clock, random } = deps
  const mint = (kind: KeyKind, name: string, path: string, scopes: Json): NewKey => {
    const key = mintKey(kind, random)
    writeSecretFile(path, key.text)
    return { id: key.id, name, kind, secret_hash: hashSecret(pepper, key.secret), scopes, created_at: clock.now() }
  }
  const keys = [mint('admin', 'admin-token', home.adminToken, { roles: ['admin'] }), mint('call', 'first-key', home.firstKey, {})]
  const [first, ...others] = keys.map(
    ({ id, name, kind, scopes }): AuditEntry => ({
      id: deps.ids(),
      actor_key_id: null,
      face: 'start',
      operation: 'first-keys',
      target_kind: 'key',
      target_id: id,
      before: {},
      after: { name, kind, scopes },
      undo: {},
    }),
  )
  await store.writer.control({ statements: insertKeys(store.read, keys), audit: [first!, ...others] })
}

/** Whole or not at all, for its owner alone, and on the disk before a row counts on it. */
export function writeSecretFile(path: string, value: string): void {
  const fresh = `${path}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, `${value}\n`, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(fresh, path)
  flushFolder(dirname(path))
}

/** So that the new name in it outlives a power cut. */
function flushFolder(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
