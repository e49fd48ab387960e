/** The database as a command line names it: what is refused, and how that is told. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { homeOf } from '../../src/control/home/home.ts'
import { purser, temporaryHome } from './screen.ts'

test('an address of another kind is refused, is not taken for a file, and its password is not shown', async (t) => {
  const root = temporaryHome(t)
  for (const address of ['mysql://me:hunter2@h/books', 'http://me:hunter2@h/books', 'file:///me/hunter2']) {
    for (const argv of [['status'], ['serve', '--port', '0', '--admin-port', '0'], ['migrate', 'plan']]) {
      const shown = await purser(argv, { PURSER_HOME: root, PURSER_DATABASE_URL: address })
      assert.equal(shown.exitCode, 2, `${argv} ${address}: ${shown.err}`)
      assert.match(shown.err, /^PURSER_DATABASE_URL names a database by "\w+:\/\/", which Purser does not know\.\n/)
      assert.doesNotMatch(shown.err, /hunter2/)
    }
  }
  const flag = await purser(['status', '--database', 'postgres://me:hunter2@h:port/books'], { PURSER_HOME: root })
  assert.equal(flag.exitCode, 2)
  assert.match(flag.err, /^--database does not read as an address\.\n/)
  assert.doesNotMatch(flag.err, /hunter2/)
})

test('an empty flag is as none', async (t) => {
  const root = temporaryHome(t)
  const shown = await purser(['paths', '--json', '--database', '', '--home', ''], { PURSER_HOME: root })
  assert.equal(JSON.parse(shown.out).database, homeOf(root, {}, '').database)
})

test('a folder is no database, and one that cannot be seen is not said to be missing', async (t) => {
  const root = temporaryHome(t)
  const folder = await purser(['status', '--database', root], { PURSER_HOME: root })
  assert.equal(folder.exitCode, 74)
  assert.match(folder.err, /is no file, so it can be no database\.\n/)
  const { data, database } = homeOf(root, {}, '')
  mkdirSync(data, { recursive: true })
  symlinkSync(database, database)
  const unseen = await purser(['status'], { PURSER_HOME: root })
  assert.equal(unseen.exitCode, 74)
  assert.match(unseen.err, /purser\.db can not be used: ELOOP\.\n/)
  assert.ok(!existsSync(join(root, 'state', 'server.json')))
})

test('a command that names nothing to do is JSON too when JSON was asked for', async (t) => {
  const environment = { PURSER_HOME: temporaryHome(t) }
  for (const argv of [['--json'], ['providers', '--json'], ['explain', '--json']]) {
    const shown = await purser(argv, environment)
    assert.equal(shown.exitCode, 2)
    assert.equal(JSON.parse(shown.out).error.code, 'invalid_request', argv.join(' '))
  }
})
