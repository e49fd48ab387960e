/** Secrets in files of one folder that only their owner can read. No name leads out of the folder, and no link does. */

import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { absent, type Reading, readingOf, unknown } from './reading.ts'

const mostBytes = 64 * 1024
const nameShape = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/

/** `folder` is null where this process has no home. */
export function readSecretFile(folder: string | null, name: string): Reading {
  if (folder === null) return unknown('This process has no folder of secrets.')
  if (!nameShape.test(name)) return unknown(`"${name}" is no name of a file in the folder of secrets.`)
  const path = join(folder, name)
  const told = `The file of the secret "${name}" cannot be used.`
  try {
    const shared = sharedMode(statSync(folder).mode)
    if (shared !== undefined)
      return unknown(`The folder ${folder} is open to others (mode ${shared}). Close it:  chmod 700 ${folder}`, told)
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) return unknown(`${path} leads out of the folder of secrets.`, told)
    return readClosed(path, told)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent(`There is no file ${path}. Write the key into it, mode 600.`, told)
    return unknown(code === 'ELOOP' ? `${path} is a link, and links are not followed.` : `${path} cannot be read (${code}).`, told)
  }
}

/** Judged by the open file itself, so that nothing can be put in its place in between. */
function readClosed(path: string, told: string): Reading {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = fstatSync(descriptor)
    if (!facts.isFile()) return unknown(`${path} is no file.`, told)
    const shared = sharedMode(facts.mode)
    if (shared !== undefined) return unknown(`${path} may be read by others (mode ${shared}). Close it:  chmod 600 ${path}`, told)
    const bytes = Buffer.alloc(mostBytes + 1)
    const length = readSync(descriptor, bytes, 0, bytes.length, 0)
    if (length > mostBytes) return unknown(`${path} is larger than 64 KiB, so it is no key.`, told)
    return readingOf(bytes.toString('utf8', 0, length), `${path} is empty. Write the key into it.`, told)
  } finally {
    closeSync(descriptor)
  }
}

/** The mode as `ls` counts it, where anybody but the owner may do something. */
function sharedMode(mode: number): string | undefined {
  return (mode & 0o077) === 0 ? undefined : (mode & 0o777).toString(8)
}
