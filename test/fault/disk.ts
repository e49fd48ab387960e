/**
 * A disk as a power cut leaves it. What a file's last sync covered is there; of what came later each sector of 512 bytes shows
 * some state between that sync and the cut; names made or removed since the folder's last sync may or may not have reached it.
 */

import type { Entry } from './journal.ts'
import type { Dice } from './random.ts'

const sectorLength = 512

export interface Disk {
  apply(entry: Entry): void
  /** What a cut at this moment could leave, by path. Another throw of the dice is another cut. */
  image(dice: Dice): Map<string, Buffer>
  /** Operations that no sync has covered yet. */
  unsynced(): number
}

type Later = Extract<Entry, { kind: 'write' | 'truncate' }>
type File = { synced: Buffer; later: Later[]; nameIsSafe: boolean }

export function createDisk(base: ReadonlyMap<string, Buffer>): Disk {
  const files = new Map<string, File>()
  /** Removed by name, and perhaps not on the disk. */
  let removed = new Map<string, File>()
  for (const [path, bytes] of base) files.set(path, { synced: Buffer.from(bytes), later: [], nameIsSafe: true })

  const fileAt = (path: string): File => {
    const known = files.get(path)
    if (known) return known
    const made: File = { synced: Buffer.alloc(0), later: [], nameIsSafe: false }
    files.set(path, made)
    return made
  }

  return {
    apply(entry) {
      if (entry.kind === 'write' || entry.kind === 'truncate') fileAt(entry.path).later.push(entry)
      else if (entry.kind === 'sync') {
        const file = fileAt(entry.path)
        file.synced = settled(file)
        file.later = []
        file.nameIsSafe = true
      } else if (entry.kind === 'syncFolder') {
        for (const file of files.values()) file.nameIsSafe = true
        removed = new Map()
      } else if (entry.kind === 'unlink') {
        const file = files.get(entry.path)
        if (file?.nameIsSafe) removed.set(entry.path, file)
        files.delete(entry.path)
      } else if (entry.kind === 'rename') {
        const file = files.get(entry.path)
        if (file) files.set(entry.to, file)
        files.delete(entry.path)
      } else {
        if (entry.created) fileAt(entry.path)
        if (entry.truncated) fileAt(entry.path).later.push({ kind: 'truncate', path: entry.path, size: 0 })
      }
    },
    image(dice) {
      const left = new Map<string, Buffer>()
      for (const [path, file] of removed) if (dice.chance(0.5)) left.set(path, torn(file, dice))
      for (const [path, file] of files) {
        if (file.nameIsSafe || dice.chance(0.5)) left.set(path, torn(file, dice))
      }
      return left
    },
    unsynced: () => [...files.values()].reduce((sum, file) => sum + file.later.length, 0),
  }
}

/** Everything applied: what a sync makes sure of. */
function settled(file: File): Buffer {
  return replay(file, () => true)
}

/** Each sector at a moment of its own: half of them as the sync left them, the others after one of the later writes. */
function torn(file: File, dice: Dice): Buffer {
  const writes = new Map<number, number>()
  eachSector(file.later, (sector) => writes.set(sector, (writes.get(sector) ?? 0) + 1))
  const kept = new Map<number, number>()
  for (const [sector, count] of writes) kept.set(sector, dice.chance(0.5) ? 0 : 1 + dice.below(count))
  const applied = new Map<number, number>()
  return replay(file, (sector) => {
    if (sector === undefined) return dice.chance(0.5)
    const before = applied.get(sector) ?? 0
    applied.set(sector, before + 1)
    return before < (kept.get(sector) ?? 0)
  })
}

function eachSector(later: readonly Later[], visit: (sector: number) => void): void {
  for (const entry of later) {
    if (entry.kind === 'truncate') continue
    const last = Math.floor((entry.offset + entry.bytes.length - 1) / sectorLength)
    for (let sector = Math.floor(entry.offset / sectorLength); sector <= last; sector += 1) visit(sector)
  }
}

/** The synced bytes with the later operations that are kept. A truncation asks with no sector. */
function replay(file: File, keeps: (sector?: number) => boolean): Buffer {
  let room = file.synced.length
  for (const entry of file.later) room = Math.max(room, entry.kind === 'write' ? entry.offset + entry.bytes.length : entry.size)
  const bytes = Buffer.alloc(room)
  file.synced.copy(bytes)
  let length = file.synced.length
  for (const entry of file.later) {
    if (entry.kind === 'truncate') {
      if (!keeps()) continue
      bytes.fill(0, Math.min(length, entry.size))
      length = entry.size
      continue
    }
    const end = entry.offset + entry.bytes.length
    for (let from = entry.offset; from < end; ) {
      const sector = Math.floor(from / sectorLength)
      const to = Math.min(end, (sector + 1) * sectorLength)
      if (keeps(sector)) {
        entry.bytes.copy(bytes, from, from - entry.offset, to - entry.offset)
        length = Math.max(length, to)
      }
      from = to
    }
  }
  return bytes.subarray(0, length)
}
