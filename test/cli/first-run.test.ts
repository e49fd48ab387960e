import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Served, servedLines } from '../../src/cli/first-run.ts'
import { homeOf } from '../../src/control/home/home.ts'
import { temporaryHome } from './screen.ts'

const served: Served = {
  inferenceUrl: 'http://127.0.0.1:7878',
  adminUrl: 'http://127.0.0.1:7879',
  database: '/home/me/purser.db',
  home: homeOf('/home/me', {}, ''),
  credentialsFound: [],
  mintedKeys: false,
  migrated: [],
  orphans: 0,
  quarantined: [],
  conflicts: [],
  manifest: { state: 'current', revision: 1, stored: 1 },
  portMoved: false,
  command: 'purser',
}

test('a start says what is shipped and was left out, and is silent where nothing was', () => {
  assert.ok(!servedLines(served).join('\n').includes('left out'))
  const card = (name: string) => ({ kind: 'rate_card', name, reason: 'another_price' })
  const lines = servedLines({
    ...served,
    conflicts: [{ kind: 'provider', name: 'groq', reason: 'name_taken' }, ...['a', 'b', 'c'].map(card)],
  })
  assert.ok(
    lines.includes(
      '  left out    of what is shipped: provider "groq" (name taken), rate card "a" (another price), rate card "b" (another price) and 1 more',
    ),
    lines.join('\n'),
  )
})

test('a database that was named stands open for its owner alone, wherever it is', (t) => {
  const folder = temporaryHome(t)
  chmodSync(folder, 0o755)
  const database = join(folder, 'purser.db')
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const env = { PATH: process.env.PATH, PURSER_HOME: join(folder, 'home') }
  const done = spawnSync(process.execPath, [main, 'migrate', '--database', database], { env, encoding: 'utf8' })
  assert.equal(done.status, 0, done.stderr)
  assert.equal(statSync(database).mode & 0o077, 0)
})

test('a merge of the manifest is said after a first start, with what an older one does', () => {
  const lineOf = (manifest: Served['manifest']) => servedLines({ ...served, manifest }).filter((line) => line.startsWith('  manifest'))
  assert.deepEqual(lineOf({ state: 'merged', revision: 1, stored: 0 }), [])
  assert.deepEqual(lineOf({ state: 'current', revision: 2, stored: 2 }), [])
  assert.match(lineOf({ state: 'merged', revision: 2, stored: 1 })[0]!, /revision 2 was merged, after 1/)
  assert.match(lineOf({ state: 'older', revision: 1, stored: 2 })[0]!, /older than 2/)
  assert.match(lineOf({ state: 'manual', revision: 2, stored: 1 })[0]!, /waits/)
})
