/** The file of the key-encryption key: 64 hex digits, for its owner alone. While a new key takes over, the old ones stand below it. */

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { PurserError } from '../../core/errors.ts'
import { type Kek, kekBytes, kekOf, keyringOf } from '../../net/kek.ts'
import type { Keys } from '../../net/vault.ts'
import type { Store } from '../../store/store.ts'
import { writeSecretFile } from '../home/bootstrap.ts'

/** Why nothing can be opened where a process has no home at all. */
export const noKek: Keys = {
  missing: 'This process has no key-encryption key: it was given no home that keeps one. Give it one:  createPurser({ home, database })',
}

/** Whether a row of the database can be read with the key-encryption key alone. Then a new one would only hide that the old one is lost. */
export async function needsKek({ read }: Pick<Store, 'read'>): Promise<boolean> {
  const [sealed, bound] = await Promise.all([
    read.selectFrom('sealed_secrets').select('id').limit(1).executeTakeFirst(),
    read.selectFrom('secret_bindings').select('reference').limit(1).executeTakeFirst(),
  ])
  return sealed !== undefined || bound !== undefined
}

/** Made where nothing needs an older one. A file that others can read is refused; one that is lost leaves all that does not need it at work. */
export function makeKek(path: string, needed: boolean): Keys {
  if (!existsSync(path) && !needed) writeKeks(path, [newKek()])
  return readKek(path)
}

export function readKek(path: string): Keys {
  const lines = readLines(path)
  if (!Array.isArray(lines)) return lines
  const keks = lines.map((line) => (/^[0-9a-f]{64}$/i.test(line) ? kekOf(Buffer.from(line, 'hex')) : undefined))
  if (keks.length === 0 || keks.includes(undefined)) return lost(path, 'does not hold 64 hex digits')
  return keyringOf(keks as [Kek, ...Kek[]])
}

/** The lines of the file as they are, or why they cannot be had. */
export function readLines(path: string): string[] | { readonly missing: string } {
  try {
    const mode = statSync(path).mode & 0o777
    if ((mode & 0o077) !== 0) {
      throw new PurserError('invalid_request', `The file ${path} may be read by others (mode ${mode.toString(8)}).`, {
        code: 'unsafe_file',
        hint: `Close it: chmod 600 ${path}`,
      })
    }
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  } catch (error) {
    if (error instanceof PurserError) throw error
    const { code } = error as NodeJS.ErrnoException
    return lost(path, code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `cannot be read (${code})`)
  }
}

/** Whole or not at all, and on the disk. The first line is the key that new things are made with. */
export function writeKeks(path: string, lines: readonly string[]): void {
  writeSecretFile(path, lines.join('\n'))
}

export function newKek(): string {
  return randomBytes(kekBytes).toString('hex')
}

function lost(path: string, how: string): { readonly missing: string; readonly told: string } {
  const todo = 'Restore it from a backup and start Purser again.'
  return { missing: `The key-encryption key ${path} ${how}. ${todo}`, told: `The key-encryption key ${how}. ${todo}` }
}
