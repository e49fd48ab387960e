/** What a server does not start on, and how it says so: an exit code, at most three lines, one command. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { before, describe, type TestContext, test } from 'node:test'
import { homeOf } from '../../src/control/home/home.ts'
import { openHome } from '../../src/opening.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type Ended, emptyHome, linesOf, main, type Place, purser, serve } from './process.ts'

const ports = ['--port', '0', '--admin-port', '0']

function startOn(place: Place, ...flags: string[]): Promise<Ended> {
  return purser(place, 'serve', ...(flags.length > 0 ? flags : ports)).ended
}

/** A home that a server has been on. */
async function usedHome(t: TestContext): Promise<string> {
  const root = emptyHome(t)
  const home = homeOf(root, {}, root)
  const { store } = await openHome({ home, database: home.database })
  await store.close()
  return root
}

function change(root: string, ...statements: string[]): void {
  const connection = openSqlite(join(root, 'data/purser.db'))
  for (const statement of statements) connection.exec(statement)
  connection.close()
}

function saysInThreeLines({ err, out }: Ended, says: RegExp): void {
  assert.equal(out, '')
  const lines = linesOf(err)
  assert.ok(lines.length >= 2 && lines.length <= 3, err)
  assert.match(err, says)
}

describe('a port', () => {
  const holding = createServer()
  let busy = ''
  before(
    () =>
      new Promise<void>((resolve) =>
        holding.listen(0, '127.0.0.1', () => {
          busy = String((holding.address() as AddressInfo).port)
          holding.unref()
          resolve()
        }),
      ),
  )

  test('that was asked for and is taken ends the start with 1, and the database is free again', async (t) => {
    const home = await usedHome(t)
    for (const flags of [
      ['--port', busy, '--admin-port', '0'],
      ['--port', '0', '--admin-port', busy],
    ]) {
      const ended = await startOn({ home }, ...flags)
      assert.equal(ended.code, 1, ended.err)
      saysInThreeLines(ended, new RegExp(`Port ${busy}`))
      assert.match(ended.err, /purser serve --(admin-)?port \d+/)
    }
    const server = await serve(t, { home })
    assert.equal((await server.stop('SIGTERM')).code, 0)
  })

  test('that nobody asked for moves on when it is taken', async (t) => {
    const usual = createServer()
    await new Promise<void>((resolve) => {
      usual.once('error', () => resolve())
      usual.listen(7878, '127.0.0.1', resolve)
    })
    t.after(() => new Promise((resolve) => usual.close(resolve)))
    const server = await serve(t, { home: emptyHome(t), flags: ['--admin-port', '0'] })
    const port = Number(new URL(server.inferenceUrl).port)
    assert.ok(port > 7878 && port <= 7898, server.inferenceUrl)
    assert.equal((await server.caller.ask({ model: 'simulated' })).status, 200)
  })
})

describe('a database', () => {
  const cases: readonly (readonly [name: string, spoil: readonly string[], says: RegExp])[] = [
    [
      'that a later release has changed for good',
      [
        `INSERT INTO migrations (id, state, checksum, release, effect, down_kind, started_at, finished_at)
         VALUES ('9999-later', 'applied', 'x', '9.1.0', 'destructive', 'none', 1, 1)`,
      ],
      /npx purser@9\.1\.0 migrate to /,
    ],
    [
      'whose applied step was edited',
      ["UPDATE migrations SET checksum = 'other' WHERE id = (SELECT min(id) FROM migrations)"],
      /checksum differs/,
    ],
    ['that lost a column', ['ALTER TABLE calls DROP COLUMN client'], /purser doctor/],
  ]
  for (const [name, spoil, says] of cases) {
    test(`${name} is refused with 78 and one command, and not touched`, async (t) => {
      const home = await usedHome(t)
      change(home, ...spoil)
      const before = fingerprint(home)
      const ended = await startOn({ home })
      assert.equal(ended.code, 78, ended.err)
      saysInThreeLines(ended, says)
      assert.equal(fingerprint(home), before)
    })
  }

  test("that is somebody else's is refused with 78, and not touched", async (t) => {
    const home = emptyHome(t)
    mkdirSync(join(home, 'data'))
    change(home, "CREATE TABLE cats (name TEXT); INSERT INTO cats VALUES ('Tom')")
    const before = fingerprint(home)
    const ended = await startOn({ home })
    assert.equal(ended.code, 78, ended.err)
    saysInThreeLines(ended, /not Purser's \(cats\)/)
    assert.equal(fingerprint(home), before)
  })

  test('that a later release has only added to is served on', async (t) => {
    const home = await usedHome(t)
    change(
      home,
      `INSERT INTO migrations (id, state, checksum, release, effect, down_kind, started_at, finished_at)
       VALUES ('9999-later', 'applied', 'x', '9.1.0', 'additive', 'atomic', 1, 1)`,
      'CREATE TABLE later (id TEXT)',
    )
    const server = await serve(t, { home })
    assert.equal((await server.caller.ask({ model: 'simulated' })).status, 200)
  })

  test('that is no database at all is refused, and not touched', async (t) => {
    const home = emptyHome(t)
    mkdirSync(join(home, 'data'))
    writeFileSync(join(home, 'data/purser.db'), 'Dear diary, '.repeat(500))
    const ended = await startOn({ home })
    assert.equal(ended.code, 74, ended.err)
    saysInThreeLines(ended, /database/)
    assert.match(readFileSync(join(home, 'data/purser.db'), 'utf8'), /^Dear diary/)
  })
})

/** Root may write everywhere, so there the server is somebody else, if that one can read the program. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
const canRun = nobody === undefined || spawnSync(process.execPath, ['--check', main], { ...nobody, stdio: 'ignore' }).status === 0

describe('files that cannot be written', { skip: canRun ? false : 'Nobody but root can read this checkout.' }, () => {
  const modes: Readonly<Record<string, number>> = { 'data/purser.db': 0o400, 'config/pepper': 0o200 }

  function closed(root: string, ...paths: string[]): Place {
    if (nobody) {
      const all = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))
      for (const path of [root, ...all]) chownSync(path, nobody.uid, nobody.gid)
    }
    for (const path of paths) chmodSync(join(root, path), modes[path] ?? 0o500)
    return { home: root, ...(nobody ? { as: nobody, environment: { NODE_COMPILE_CACHE: '' } } : {}) }
  }

  const cases: readonly (readonly [name: string, paths: readonly string[]])[] = [
    ['a database file', ['data/purser.db']],
    ["a database's folder", ['data']],
    ["a home's state folder", ['state']],
    ["a home's configuration", ['config', 'config/pepper']],
  ]
  for (const [name, paths] of cases) {
    test(`${name} is named, with its place and what to do`, async (t) => {
      const root = await usedHome(t)
      const ended = await startOn(closed(root, ...paths))
      for (const path of paths) chmodSync(join(root, path), 0o700)
      assert.ok(ended.code === 74 || ended.code === 78, `exit ${ended.code}: ${ended.err}`)
      saysInThreeLines(ended, /permission|can not be (written|opened|read)/i)
    })
  }

  test('a pepper that others may read is refused with 78', async (t) => {
    const root = await usedHome(t)
    chmodSync(join(root, 'config/pepper'), 0o644)
    const ended = await startOn({ home: root })
    assert.equal(ended.code, 78, ended.err)
    saysInThreeLines(ended, /chmod 600 /)
  })
})

/** All bytes that stand in the database's folder but for the lock. */
function fingerprint(root: string): string {
  const folder = join(root, 'data')
  return readFileSync(join(folder, 'purser.db'), 'base64')
}
