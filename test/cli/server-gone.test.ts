/** A server file that outlived its server, whose number another process has by now. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homeOf } from '../../src/control/home/home.ts'
import { writeServerFile } from '../../src/control/home/server-file.ts'
import { openHome } from '../../src/opening.ts'
import { purser, temporaryHome } from './screen.ts'

test('commands work on the database themselves where nobody answers any more, and never ask to kill a stranger', async (t) => {
  const root = temporaryHome(t)
  const home = homeOf(root, {}, root)
  await (await openHome({ home, database: home.database })).store.close()
  const url = 'http://127.0.0.1:1'
  writeServerFile(home, { pid: process.pid, instance: 'x', database: home.database, inference_url: url, admin_url: url, started_at: 0 })
  const listed = await purser(['providers', 'list', '--quiet'], { PURSER_HOME: root })
  assert.equal(listed.exitCode, 0, listed.err)
  const migrated = await purser(['migrate'], { PURSER_HOME: root })
  assert.equal(migrated.err, '')
  assert.equal(migrated.exitCode, 0)
})
