import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { codeNotes } from '../tools/error-notes.ts'
import { renderErrorPages } from '../tools/error-pages.ts'

const root = join(import.meta.dirname, '..')

/** Finer words that the source gives to an error: written out, or made of a finding's name. */
function codesInSource(): Set<string> {
  const found = new Set<string>()
  for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(join(root, 'src', file), 'utf8')
    for (const [, code] of text.matchAll(/\bcode: '([a-z][a-z_]+)'/g)) found.add(code!)
  }
  for (const finding of ['pending', 'failed', 'newer', 'branch', 'edited', 'drift', 'foreign']) found.add(`schema_${finding}`)
  return found
}

test('every code that the source throws has a page, and no page is of a code that nothing throws', () => {
  assert.deepEqual(Object.keys(codeNotes).sort(), [...codesInSource()].sort())
})

test('the folder of pages holds those that are generated, and no others', () => {
  const pages = Object.keys(renderErrorPages()).map((path) => path.slice('docs/errors/'.length))
  assert.deepEqual(readdirSync(join(root, 'docs/errors')).sort(), pages.sort())
})
