/** Puts what a file or a folder holds on the disk itself. For paths that no open database connection stands on. */

import { closeSync, fsyncSync, openSync } from 'node:fs'

export function flush(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
