/** The disk under the ledger: what one append costs until it is safe. Purser's waits cannot be read without it. */

import { closeSync, fdatasyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { median } from './figures.ts'

const tmpfs = 0x01021994

export type Disk = { readonly isMemory: boolean; readonly syncMs: number }

export function diskUnder(directory: string): Disk {
  const file = `${directory}/sync-probe`
  const descriptor = openSync(file, 'w')
  const times: number[] = []
  for (let turn = 0; turn < 200; turn++) {
    const begin = performance.now()
    writeSync(descriptor, Buffer.alloc(4_096))
    fdatasyncSync(descriptor)
    times.push(performance.now() - begin)
  }
  closeSync(descriptor)
  rmSync(file)
  return { isMemory: statfsSync(directory).type === tmpfs, syncMs: median(times)! }
}
