import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Home, homeOf } from '../../src/control/home/home.ts'
import { systemClock, systemRandom } from '../../src/core/system.ts'
import { openHome } from '../../src/opening.ts'
import { type ServerOptions, startServer } from '../../src/server.ts'
import { lockDatabase } from '../../src/store/open.ts'
import { eachDatabase } from '../support/databases.ts'

function emptyHome(t: TestContext): Home {
  const root = mkdtempSync(join(tmpdir(), 'purser-bootstrap-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return homeOf(root, {}, root)
}

async function open(home: Home, database = home.database): Promise<void> {
  const { store } = await openHome({ home, database, migrate: true })
  await store.close()
}

/** One that starts although it should not is closed again. */
async function starts(home: Home, options: Partial<ServerOptions>): Promise<void> {
  const ports = { port: 0, adminPort: 0, portsAsked: { port: true, adminPort: true } }
  const server = await startServer({
    home,
    host: '127.0.0.1',
    ...ports,
    database: home.database,
    migrate: true,
    log: { warn() {}, error() {} },
    ...options,
  })
  await server.close(0)
}

eachDatabase(({ fresh }) => {
  test('of two first starts only the one that holds the database makes a pepper', async (t) => {
    const home = emptyHome(t)
    const database = await fresh()
    const held = await lockDatabase({ database, clock: systemClock, random: systemRandom, instance: { name: 'other' } })
    t.after(() => held.release())
    await assert.rejects(open(home, database), { code: 'lock_busy' })
    assert.ok(!existsSync(home.pepper))
  })

  test('a pepper that is gone is not made anew for a database with keys: that would lock them all out', async (t) => {
    const home = emptyHome(t)
    const database = await fresh()
    await open(home, database)
    const pepper = readFileSync(home.pepper, 'utf8')
    rmSync(home.pepper)
    await assert.rejects(open(home, database), { kind: 'invalid_request', code: 'unsafe_file' })
    assert.ok(!existsSync(home.pepper))
    await assert.rejects(open(emptyHome(t), database), { code: 'unsafe_file' }, 'nor in another home')
    writeFileSync(home.pepper, pepper, { mode: 0o600 })
    await open(home, database)
  })

  test('a server that listens beyond this machine makes no keys, and uses those that are there', async (t) => {
    const home = emptyHome(t)
    const beyond = { host: '0.0.0.0', allowPlainHttp: true, database: await fresh() }
    await assert.rejects(starts(home, beyond), { kind: 'invalid_request', code: 'open_bind' })
    assert.ok(!existsSync(home.adminToken) && !existsSync(home.firstKey))
    await open(home, beyond.database)
    await starts(home, beyond)
  })
})

test('secret files are for their owner alone, even where a start that was killed left an open one', async (t) => {
  const home = emptyHome(t)
  mkdirSync(home.config, { recursive: true })
  for (const path of [home.pepper, home.adminToken, home.firstKey]) writeFileSync(`${path}.new`, 'half', { mode: 0o644 })
  await open(home)
  for (const path of [home.pepper, home.adminToken, home.firstKey]) {
    assert.equal(statSync(path).mode & 0o777, 0o600, path)
    assert.ok(!existsSync(`${path}.new`))
  }
})
