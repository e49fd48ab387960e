import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeOf, makeHome } from '../../src/control/home/home.ts'
import { liveServer, removeServerFile, writeServerFile } from '../../src/control/home/server-file.ts'
import { withoutPassword } from '../../src/core/database-address.ts'

const url = 'postgres://ann:hunter2@127.0.0.1/books'

test('the server of a home is found for the database it serves, the password given or not, and for no other', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'purser-server-file-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const home = homeOf(folder, {}, folder)
  makeHome(home)
  assert.equal(liveServer(home, undefined), null)
  const pages = { inference_url: 'http://127.0.0.1:1', admin_url: 'http://127.0.0.1:2' }
  writeServerFile(home, { pid: process.pid, instance: 'i', database: withoutPassword(url), ...pages, started_at: 0 })
  for (const named of [undefined, url, withoutPassword(url)]) assert.equal(liveServer(home, named)?.pid, process.pid)
  for (const other of [home.database, 'postgres://ann:hunter2@127.0.0.1/others']) assert.equal(liveServer(home, other), null)
  removeServerFile(home, process.pid + 1)
  assert.notEqual(liveServer(home, undefined), null)
  removeServerFile(home, process.pid)
  assert.equal(liveServer(home, undefined), null)
})
