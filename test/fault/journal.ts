/** The journal that the preloaded shim writes, read back: everything a process did to the files of a folder, in the order of the disk. */

import { readFileSync } from 'node:fs'

/** `path` is absolute. An `open` is there for its effects alone: a file made or emptied. */
export type Entry =
  | { readonly kind: 'open'; readonly path: string; readonly created: boolean; readonly truncated: boolean }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'syncFolder' }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }

const headLength = 24
const flags = { created: 1n, truncated: 2n } as const

export function readJournal(file: string): Entry[] {
  const journal = readFileSync(file)
  const entries: Entry[] = []
  const paths = new Map<number, string>()
  let at = 0
  while (at + headLength <= journal.length) {
    const operation = journal.readUInt32LE(at)
    const number = journal.readUInt32LE(at + 4)
    const offset = journal.readBigUInt64LE(at + 8)
    const length = Number(journal.readBigUInt64LE(at + 16))
    const bytes = journal.subarray(at + headLength, at + headLength + length)
    if (operation === operations.open) paths.set(number, bytes.toString())
    entries.push(entryOf(operation, paths.get(number) ?? '', offset, bytes))
    at += headLength + length
  }
  return entries
}

/** As `shim.c` numbers them. */
const operations = { open: 1, write: 2, truncate: 3, sync: 4, syncFolder: 5, unlink: 6, rename: 7 } as const

function entryOf(operation: number, path: string, offset: bigint, bytes: Buffer): Entry {
  switch (operation) {
    case operations.open:
      return { kind: 'open', path, created: (offset & flags.created) !== 0n, truncated: (offset & flags.truncated) !== 0n }
    case operations.write:
      return { kind: 'write', path, offset: Number(offset), bytes }
    case operations.truncate:
      return { kind: 'truncate', path, size: Number(offset) }
    case operations.sync:
      return { kind: 'sync', path }
    case operations.syncFolder:
      return { kind: 'syncFolder' }
    case operations.unlink:
      return { kind: 'unlink', path: bytes.toString() }
    case operations.rename:
      return { kind: 'rename', path: bytes.toString('utf8', 0, Number(offset)), to: bytes.toString('utf8', Number(offset)) }
    default:
      throw new Error(`The journal holds an operation ${operation}, which nobody writes.`)
  }
}
