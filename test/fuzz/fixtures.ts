/** Inputs that once broke a decoder, one file each, in a folder named for the decoder. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export function folderOf(decoder: string): string {
  return join('test', 'fuzz', 'fixtures', decoder.replace(':', '-'))
}

export function fixturesOf(decoder: string): { readonly name: string; readonly bytes: Buffer }[] {
  const folder = folderOf(decoder)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}
