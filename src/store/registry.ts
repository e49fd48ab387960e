/** The list of migrations is the folder: this writes `migrations/index.ts` from the files, each with its checksum. */

import { createHash } from 'node:crypto'
import type { Migration } from './migration.ts'

export type Registered = Migration & { readonly checksum: string }

export type MigrationFile = { readonly name: string; readonly text: string }

/** The index of the folder's files (itself left out). Throws where the numbers have a gap or a double. */
export function renderRegistry(files: readonly MigrationFile[]): string {
  const steps = files.filter(({ name }) => name !== 'index.ts').sort((a, b) => (a.name < b.name ? -1 : 1))
  const numbers = steps.map(({ name }, index) => {
    const number = /^(\d{4})-[a-z0-9-]+\.ts$/.exec(name)?.[1]
    if (number === undefined) throw new Error(`${name} is no migration: a name is four digits, a dash and words in small letters.`)
    if (Number(number) !== index + 1) throw new Error(`${name} should have the number ${index + 1}: numbers are unique and without gaps.`)
    return number
  })
  const imports = steps.map(({ name }, index) => `import { migration as m${numbers[index]} } from './${name}'`)
  const entries = steps.map(({ text }, index) => `  { ...m${numbers[index]}, checksum: '${checksumOf(text)}' },`)
  return `/** Every migration in order, with the checksum of its file. Generated from this folder by \`npm run docs\`. */

import type { Registered } from '../registry.ts'
${imports.join('\n')}

export const registry: readonly Registered[] = [
${entries.join('\n')}
]
`
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
}
