/** Reads of a file: in the thread that opens it until the process serves, aside from then on. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openFileReader } from '../../src/store/reader-file.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

function aFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'purser-reader-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'purser.db')
  const connection = openSqlite(path)
  connection.exec("CREATE TABLE notes (name TEXT) STRICT; INSERT INTO notes VALUES ('one')")
  connection.close()
  return path
}

const slow = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) AS ticks FROM n'

test('a reader answers alike before and after it reads aside', async (t) => {
  const reader = openFileReader(aFile(t))
  t.after(() => reader.close())
  const before = await reader.query('SELECT name FROM notes', [])
  reader.readAside()
  assert.deepEqual(await reader.query('SELECT name FROM notes', []), before)
  assert.deepEqual(before, [{ name: 'one' }])
})

test('a slow read stops the thread that asks before, and not after it reads aside', async (t) => {
  const reader = openFileReader(aFile(t))
  t.after(() => reader.close())
  const turnsDuring = async (): Promise<number> => {
    let turns = 0
    let over = false
    const asked = reader.query(slow, []).then(() => {
      over = true
    })
    while (!over) {
      await new Promise((resolve) => setImmediate(resolve))
      turns += 1
    }
    await asked
    return turns
  }
  assert.ok((await turnsDuring()) <= 2)
  reader.readAside()
  await reader.query('SELECT name FROM notes', [])
  assert.ok((await turnsDuring()) > 2)
})

test('a reader that read nothing aside closes as well as one that did', async (t) => {
  const path = aFile(t)
  const idle = openFileReader(path)
  idle.readAside()
  await idle.close()
  const early = openFileReader(path)
  await early.close()
})
