/** Rules about the source itself, on which the safety of the database rests. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../../src')
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path: path.replaceAll('\\', '/'), text: readFileSync(join(root, path), 'utf8') }))

test('one file imports the SQLite driver', () => {
  assert.deepEqual(
    sources.filter(({ text }) => text.includes("'node:sqlite'")).map(({ path }) => path),
    ['store/sqlite.ts'],
  )
})

/** What the store may ask of the file system: closing a descriptor of a database's file would drop SQLite's locks on it. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'store/lock.ts': ['readFileSync', 'statfsSync'],
  // The finished copy, while no connection has it open. Renaming and removing open no descriptor.
  'store/backup.ts': ['closeSync', 'existsSync', 'fsyncSync', 'openSync', 'renameSync', 'rmSync', 'statfsSync'],
}

test('nothing in the store opens a file that SQLite may have open', () => {
  for (const { path, text } of sources.filter((source) => source.path.startsWith('store/'))) {
    const names = [...text.matchAll(/import (?:type )?\{([^}]*)\} from 'node:fs(?:\/promises)?'/g)].flatMap(([, list]) =>
      list!.split(',').map((name) => name.trim()),
    )
    const others = /(?:import\(|require\(|\* as \w+ from |import \w+ from )['"]node:fs/.test(text)
    assert.equal(others, false, `${path} takes node:fs whole`)
    for (const name of names) assert.ok(allowed[path]?.includes(name), `${path} uses ${name} of node:fs`)
  }
})

test('the one file that the lock reads is the machine’s boot id', () => {
  const lock = sources.find(({ path }) => path === 'store/lock.ts')!
  assert.deepEqual(lock.text.match(/readFileSync\([^)]*\)/g), ["readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')"])
})
