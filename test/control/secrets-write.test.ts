import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { OperationContext } from '../../src/control/context.ts'
import { homeOf, makeHome } from '../../src/control/home/home.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { makeKek, readKek } from '../../src/control/secrets/kek-file.ts'
import { cataloguePairs, readSecretRows } from '../../src/control/secrets/rows.ts'
import { PurserError } from '../../src/core/errors.ts'
import { createVault, type Vault } from '../../src/net/vault.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!
const workshop = { name: 'workshop', contract: 'openai-chat', base_url: 'http://127.0.0.1:8000/v1', network: 'loopback' }
const here = 'http://127.0.0.1:8000'
const elsewhere = 'http://127.0.0.1:9000'

type Answer = Record<string, unknown>

/** A context with a home, and a vault that follows the database as a server's does. */
async function prepared(t: TestContext, store: OpenStore, changes: Partial<OperationContext> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'purser-secrets-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const home = homeOf(root, {}, root)
  makeHome(home)
  const vault: Vault = createVault({
    clock: new HandClock(),
    keys: makeKek(home.kek, false),
    catalogue: cataloguePairs(),
    environment: { variables: { WORK: 'canary-env', OTHER: 'canary-other' }, forget: false },
    folder: home.secrets,
    commands: null,
  })
  const { context: books } = await openBooks(t, store, new HandClock())
  const refresh = async () => vault.update(await readSecretRows(store), ['env:WORK', 'env:OTHER'])
  const context: OperationContext = { ...books, home, secrets: vault, refresh, ...changes }
  await refresh()
  const run = (name: string, input: object, from: OperationContext = context) => invoke(by(name), from, input) as Promise<Answer>
  await run('providers.create', workshop)
  return { context, vault, home, run, overHttp: { ...context, face: 'http' } as OperationContext }
}

const refusedWith = (kind: string, code?: string) => (error: unknown) =>
  error instanceof PurserError && error.kind === kind && (code === undefined || error.code === code)

eachStore((fresh) => {
  test('a connection is made with its key: sealed in the same batch, usable where its provider stands, shown by no answer and no row', async (t) => {
    const store = await fresh(t, { clock: new HandClock() })
    const { run, vault } = await prepared(t, store)
    const made = await run('connections.create', { name: 'work', provider: 'workshop', key: 'canary-key\n' })
    assert.equal(made.secret, 'present')
    const reference = String(made.credential)
    assert.match(reference, /^sealed:/)
    assert.equal(vault.secretOf(reference, here).reveal(here), 'canary-key')
    const rotated = await run('secrets.rotate', { secret: reference, key: 'canary-second' })
    assert.deepEqual([rotated.secret, rotated.used_by], [reference, ['work']])
    assert.equal(vault.secretOf(reference, here).reveal(here), 'canary-second')
    const again = await run('connections.update', { connection: 'work', key: 'canary-third' })
    assert.equal(again.credential, reference, 'its own secret is replaced where it is')
    assert.equal(vault.secretOf(reference, here).reveal(here), 'canary-third')
    const shown = [made, rotated, again, await run('secrets.list', {}), await run('secrets.get', { secret: reference })]
    const rows = await Promise.all([
      store.read.selectFrom('audit_log').selectAll().execute(),
      store.read.selectFrom('sealed_secrets').selectAll().execute(),
    ])
    assert.doesNotMatch(
      JSON.stringify([shown, rows], (_name, value) => (typeof value === 'bigint' ? String(value) : value)),
      /canary/,
    )
    assert.equal((await store.read.selectFrom('sealed_secrets').selectAll().execute()).length, 1)
  })

  test('a reference is bound by whoever has the key-encryption key, and by nobody over HTTP', async (t) => {
    const { run, overHttp, vault, context } = await prepared(t, await fresh(t, { clock: new HandClock() }))
    const asked = { name: 'work', provider: 'workshop', credential: 'env:WORK' }
    await assert.rejects(run('connections.create', asked, overHttp), refusedWith('forbidden', 'binding_needed'))
    await assert.rejects(run('secrets.bind', { secret: 'env:WORK', origin: here }, overHttp), refusedWith('forbidden', 'binding_needed'))
    const forged = 'ab'.repeat(32)
    await assert.rejects(
      run('connections.create', { ...asked, binding_proof: forged }, overHttp),
      refusedWith('forbidden', 'binding_needed'),
    )
    assert.ok('current' in vault.keys)
    const proof = vault.keys.current.prove('env:WORK', here.replace(/$/, ''))
    const made = await run('connections.create', { ...asked, binding_proof: proof }, overHttp)
    assert.equal(made.secret, 'present')
    await assert.rejects(
      run('secrets.bind', { secret: 'env:WORK', origin: elsewhere, binding_proof: proof }, overHttp),
      refusedWith('forbidden', 'binding_needed'),
    )
    await run('connections.create', { name: 'same-place', provider: 'workshop', credential: 'env:WORK' }, overHttp)
    await run('secrets.bind', { secret: 'env:OTHER', origin: elsewhere })
    assert.equal(vault.standing('env:OTHER', elsewhere).presence, 'present')
    await run('connections.create', { name: 'given', provider: 'openai', credential: 'env:OPENAI_API_KEY' }, overHttp)
    const operator = { ...context, actor: { ...context.actor, scopes: new Set(['providers:write', 'usage:read'] as const) } }
    await assert.rejects(run('connections.update', { connection: 'work', key: 'x' }, operator), refusedWith('forbidden'))
  })

  test('a provider that moves takes no secret along: they are named, and work again once they are entered or bound anew', async (t) => {
    const { run, vault, overHttp } = await prepared(t, await fresh(t, { clock: new HandClock() }))
    await run('connections.create', { name: 'bound', provider: 'workshop', credential: 'env:WORK' })
    const sealed = await run('connections.create', { name: 'sealed', provider: 'workshop', key: 'canary-key' })
    const document = JSON.stringify({ purser: 1, providers: [{ name: 'workshop', base_url: `${elsewhere}/v1` }] })
    const planned = await run('diff', { document })
    const moved = await run('providers.update', { provider: 'workshop', base_url: `${elsewhere}/v1` }, overHttp)
    assert.deepEqual(planned.warnings, moved.warnings, 'a document that moves it says the same')
    const warnings = (moved.warnings as string[]).toSorted()
    assert.match(
      warnings[0]!,
      /"bound" cannot be used at http:\/\/127\.0\.0\.1:9000.*purser secrets bind env:WORK --origin http:\/\/127\.0\.0\.1:9000$/,
    )
    assert.match(warnings[1]!, /"sealed" cannot be used.*purser connections update sealed --key-stdin$/)
    for (const connection of ['bound', 'sealed']) {
      const shown = await run('connections.get', { connection })
      assert.equal(shown.secret, 'unknown')
      assert.match(String(shown.secret_reason), /127\.0\.0\.1:9000/)
    }
    assert.throws(() => vault.secretOf(String(sealed.credential), elsewhere), { code: 'secret_unavailable' })
    await run('secrets.bind', { secret: 'env:WORK', origin: `${elsewhere}/v1` })
    await run('connections.update', { connection: 'sealed', key: 'canary-new' })
    for (const connection of ['bound', 'sealed']) assert.equal((await run('connections.get', { connection })).secret, 'present')
    await assert.rejects(
      run('connections.update', { connection: 'sealed', provider: 'openai' }),
      refusedWith('invalid_request'),
      'nor does a connection that moves to another provider',
    )
    assert.deepEqual((await run('providers.update', { provider: 'workshop', base_url: `${elsewhere}/v2` })).warnings, [])
  })

  test('a secret that a connection uses stays, and one that nobody uses goes', async (t) => {
    const { run } = await prepared(t, await fresh(t, { clock: new HandClock() }))
    const { secret } = await run('secrets.create', { origin: here, key: 'canary-key' })
    await run('connections.create', { name: 'work', provider: 'workshop', credential: secret })
    await assert.rejects(run('secrets.remove', { secret }), (error) => {
      assert.ok(error instanceof PurserError && error.code === 'referred')
      assert.deepEqual(error.details, { referrers: [{ kind: 'connection', name: 'work' }] })
      return true
    })
    await assert.rejects(run('connections.create', { name: 'far', provider: 'openai', credential: secret }), refusedWith('invalid_request'))
    await run('connections.remove', { connection: 'work' })
    await run('secrets.remove', { secret })
    await assert.rejects(run('secrets.get', { secret }), refusedWith('not_found'))
    await run('secrets.bind', { secret: 'env:WORK', origin: here })
    await run('secrets.remove', { secret: 'env:WORK' })
    await assert.rejects(run('secrets.get', { secret: 'env:WORK' }), refusedWith('not_found'))
  })

  test('another key-encryption key takes over in one batch, and what was read before is read still', async (t) => {
    const store = await fresh(t, { clock: new HandClock() })
    const { run, vault, home, context } = await prepared(t, store)
    const sealed = await run('connections.create', { name: 'sealed', provider: 'workshop', key: 'canary-key' })
    await run('connections.create', { name: 'bound', provider: 'workshop', credential: 'env:WORK' })
    const before = readFileSync(home.kek, 'utf8')
    assert.equal((await run('secrets.rekey', { dry_run: true })).sealed, 1)
    assert.equal(readFileSync(home.kek, 'utf8'), before, 'a dry run writes no file')
    const answer = await run('secrets.rekey', {})
    assert.deepEqual([answer.sealed, answer.bindings], [1, 1])
    const after = readFileSync(home.kek, 'utf8')
    assert.match(after, /^[0-9a-f]{64}\n$/)
    assert.notEqual(after, before)
    vault.useKeys(readKek(home.kek))
    assert.equal(vault.secretOf(String(sealed.credential), here).reveal(here), 'canary-key')
    assert.equal(vault.standing('env:WORK', here).presence, 'present')
    const { items } = (await run('doctor', { part: 'secrets' })) as { items?: { result: string; check: string }[] }
    assert.ok(items === undefined || items.every(({ result, check }) => result === 'ok' || check === 'schema'))
    const failing = {
      ...context,
      store: { ...store, writer: { ...store.writer, control: () => Promise.reject(new Error('the batch was lost')) } },
    }
    await assert.rejects(run('secrets.rekey', {}, failing))
    const both = readKek(home.kek)
    assert.ok('all' in both && both.all.size === 2, 'both keys are on the disk when a batch is lost')
    vault.useKeys(both)
    assert.equal(vault.secretOf(String(sealed.credential), here).reveal(here), 'canary-key')
    await run('secrets.rekey', {})
    assert.match(readFileSync(home.kek, 'utf8'), /^[0-9a-f]{64}\n$/)
  })

  test('a row that was changed by hand stops a new key from taking over, and is named', async (t) => {
    const store = await fresh(t, { clock: new HandClock() })
    const { run, vault } = await prepared(t, store)
    const { secret } = await run('secrets.create', { origin: here, key: 'canary-key' })
    const { sql, parameters } = store.read.updateTable('sealed_secrets').set({ origin: 'http://127.0.0.1:9000' }).compile()
    await store.writer.control({
      statements: [{ sql, parameters, expectChanges: 1 }],
      audit: (await import('../support/audit.ts')).audited(),
    })
    vault.update(await readSecretRows(store), [])
    assert.match(vault.standing(String(secret), elsewhere).reason!, /the row was changed/)
    await assert.rejects(run('secrets.rekey', {}), refusedWith('conflict', 'unopened'))
  })
})
