/** Everything that Purser writes, gathered in one file a kind so that it can be scanned and measured. */

import { appendFileSync, closeSync, copyFileSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Found } from './scan.ts'

export const sinkNames = ['database', 'logs', 'errors', 'answers', 'terminal', 'arguments'] as const
export type SinkName = (typeof sinkNames)[number]

const pieceBytes = 8 * 1024 * 1024
/** So that nothing is lost between two pieces. */
const overlapBytes = 16 * 1024

export type Sinks = {
  write(sink: SinkName, bytes: string | Uint8Array): void
  bytes(sink: SinkName): number
  scan(sink: SinkName, scanner: (bytes: Buffer) => readonly Found[]): readonly Found[]
}

export function createSinks(folder: string): Sinks {
  const pathOf = (sink: SinkName): string => join(folder, `${sink}.sink`)
  const written = new Map<SinkName, number>()
  return {
    write(sink, bytes) {
      appendFileSync(pathOf(sink), bytes)
      written.set(sink, (written.get(sink) ?? 0) + Buffer.byteLength(bytes))
    },
    bytes: (sink) => written.get(sink) ?? 0,
    scan(sink, scanner) {
      if (!written.has(sink)) return []
      const descriptor = openSync(pathOf(sink), 'r')
      try {
        const piece = Buffer.alloc(pieceBytes + overlapBytes)
        const found: Found[] = []
        for (let at = 0; ; at += pieceBytes) {
          const length = readSync(descriptor, piece, 0, piece.length, at)
          if (length === 0) return found
          found.push(...scanner(piece.subarray(0, length)))
        }
      } finally {
        closeSync(descriptor)
      }
    },
  }
}

/** The database as it stands on the disk, its write-ahead log included. */
export function takeDatabase(sinks: Sinks, folder: string, aside: string): void {
  for (const name of readdirSync(folder).filter((each) => each.startsWith('purser.db'))) {
    const copy = join(aside, 'copy')
    copyFileSync(join(folder, name), copy)
    if (statSync(copy).size > 0) sinks.write('database', readFileSync(copy))
    rmSync(copy)
  }
}

/** The arguments of every process of this machine that can be seen. */
export function takeArguments(sinks: Sinks, seen: Set<string>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      if (text === '' || !text.includes('main.ts') || seen.has(text)) continue
      seen.add(text)
      sinks.write('arguments', `${text.replaceAll('\0', ' ')}\n`)
    } catch {
      // It ended in the meantime.
    }
  }
}
