import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import type { Scope } from '../../src/control/scopes.ts'
import { PurserError } from '../../src/core/errors.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!
const vllm = { name: 'workshop', contract: 'openai-chat', base_url: 'http://127.0.0.1:8000/v1', network: 'loopback' }

eachStore((fresh) => {
  test('an address at which no call will ever find a provider is said to be so', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    const there = { ...vllm, network: 'private', network_cidrs: ['10.0.0.0/8'], base_url: 'http://169.254.169.254/v1' }
    const no = /private network may stand at 169\.254\.169\.254, so every call to "workshop" is refused/
    assert.match(String((await run('providers.create', there)).warnings), no)
    const update = async (patch: object) => (await run('providers.update', { provider: 'workshop', ...patch })).warnings as string[]
    assert.deepEqual(await update({ base_url: 'http://10.1.2.3/v1' }), [])
    assert.match(String(await update({ network_cidrs: null })), /"network_cidrs" names no range of it/)
    assert.deepEqual(await update({ network: 'loopback', base_url: 'http://localhost:8000/v1' }), [])
  })

  test('a provider is added, changed, taken out of use and removed, each with its audit entry', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    const made = await run('providers.create', vllm)
    assert.equal(made.name, 'workshop')
    assert.deepEqual((await run('providers.update', { provider: 'workshop', dialect: { headers: { 'x-team': 'a' } } })).changed, [
      { kind: 'provider', name: 'workshop', field: 'dialect', before: {}, after: { headers: { 'x-team': '[redacted]' } } },
    ])
    const merged = await run('providers.update', { provider: 'workshop', dialect: { headers: { 'x-org': 'b' } } })
    assert.deepEqual(merged.dialect, { headers: { 'x-team': 'a', 'x-org': 'b' } })
    const cut = await run('providers.update', { provider: 'workshop', unset: ['dialect.headers.x-team'] })
    assert.deepEqual(cut.dialect, { headers: { 'x-org': 'b' } })
    assert.equal((await run('providers.disable', { provider: 'workshop' })).disabled, true)
    assert.equal((await run('providers.enable', { provider: 'workshop' })).disabled, false)
    await run('providers.remove', { provider: 'workshop' })
    await assert.rejects(run('providers.get', { provider: 'workshop' }), { kind: 'not_found' })
    const audited = await context.store.read
      .selectFrom('audit_log')
      .selectAll()
      .where('target_id', '=', String(made.id))
      .orderBy('revision')
      .execute()
    assert.deepEqual(
      audited.map((row) => row.operation),
      ['create', 'update', 'update', 'update', 'disable', 'enable', 'remove'].map((verb) => `providers.${verb}`),
    )
    assert.ok(
      audited.every((row) => !JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value)).includes('"a"')),
    )
  })

  test('the values of static headers are for those who may write them, and others see their names', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    await invoke(by('providers.create'), context, { ...vllm, dialect: { headers: { 'x-team': 'canary' } } })
    const headersSeen = async (scopes: readonly Scope[]) => {
      const asking = { ...context, actor: { ...context.actor, scopes: new Set(scopes) } }
      const one = await invoke(by('providers.get'), asking, { provider: 'workshop' })
      const all = (await invoke(by('providers.list'), asking, {})) as { items: { name: string; dialect: { headers?: object } }[] }
      const listed = all.items.find(({ name }) => name === 'workshop')
      return [one, listed].map((each) => (each as { dialect: { headers?: object } }).dialect.headers)
    }
    assert.deepEqual(await headersSeen(['usage:read']), [{ 'x-team': '[redacted]' }, { 'x-team': '[redacted]' }])
    assert.deepEqual(await headersSeen(['usage:read', 'providers:write']), [{ 'x-team': 'canary' }, { 'x-team': 'canary' }])
  })

  test('a dry run shows the change and writes nothing, and a stale revision is a conflict', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    const planned = await run('providers.create', { ...vllm, dry_run: true })
    assert.equal(planned.dry_run, true)
    await assert.rejects(run('providers.get', { provider: 'workshop' }), { kind: 'not_found' })
    const { config_revision } = await run('providers.create', { ...vllm, if_revision: planned.config_revision })
    await assert.rejects(
      run('providers.disable', { provider: 'workshop', if_revision: planned.config_revision }),
      (error) => error instanceof PurserError && error.code === 'stale',
    )
    assert.equal(
      (await run('providers.enable', { provider: 'workshop' })).config_revision,
      config_revision,
      'nothing changed, nothing written',
    )
  })

  test('what is wrong is refused by its field, a taken name and a provider in use too', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const refused = async (name: string, input: object, field: string | undefined, kind = 'invalid_request') =>
      assert.rejects(
        invoke(by(name), context, input),
        (error) => error instanceof PurserError && error.kind === kind && error.field === field,
      )
    await refused('providers.create', { ...vllm, base_url: 'http://models.example.com', network: 'public' }, 'base_url')
    await refused('providers.create', { ...vllm, name: '__proto__' }, 'name')
    await refused('providers.create', { ...vllm, dialect: { no_such_field: 1 } }, 'dialect.no_such_field')
    await refused('providers.create', { ...vllm, network_cidrs: ['10.0.0.0/8'] }, 'network_cidrs')
    await refused('providers.create', { ...vllm, name: 'simulated' }, 'name', 'conflict')
    await refused('providers.remove', { provider: 'simulated' }, undefined, 'conflict')
    await refused('providers.update', { provider: 'simulated', unset: ['dialect.nothing'] }, 'unset')
  })

  test('a provider that was damaged by hand can be mended by an update, or removed as it is', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    for (const name of ['workshop', 'other']) await run('providers.create', { ...vllm, name })
    const sql = `UPDATE providers SET network = 'moon', dialect = '"none"' WHERE name IN ('workshop', 'other')`
    await context.store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] })
    const aside = async () => (await readDirectory(context.store.read)).quarantined.map((row) => row.name).toSorted()
    assert.deepEqual(await aside(), ['other', 'workshop'])
    await assert.rejects(run('providers.update', { provider: 'workshop', bills_errors: true }), { kind: 'invalid_request' })
    await run('providers.update', { provider: 'workshop', network: 'loopback', dialect: {} })
    await run('providers.disable', { provider: 'other' })
    await run('providers.remove', { provider: 'other' })
    assert.deepEqual(await aside(), [])
  })

  test('prices keep no provider, and stay when it goes', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    await run('providers.create', vllm)
    const price = { input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.00' }
    const { id } = await run('rates.create', { provider: 'workshop', model: 'm', ...price })
    await run('connections.create', { name: 'near', provider: 'workshop', auth: { type: 'none' } })
    await run('profiles.create', { name: 'swift', provider: 'workshop', model: 'm' })
    await assert.rejects(run('providers.remove', { provider: 'workshop' }), (error) => {
      assert.ok(error instanceof PurserError)
      assert.deepEqual(error.details?.referrers, [
        { kind: 'connection', name: 'near' },
        { kind: 'profile', name: 'swift' },
      ])
      return true
    })
    await run('profiles.remove', { profile: 'swift' })
    await run('connections.remove', { connection: 'near' })
    await run('providers.remove', { provider: 'workshop' })
    assert.equal((await run('rates.get', { card: id })).provider, 'workshop')
  })

  test('a column that is taken out whole holds what it held without being set', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Record<string, unknown>>
    await run('providers.create', { ...vllm, dialect: { topK: true }, stops_on_disconnect: true })
    const cut = await run('providers.update', { provider: 'workshop', unset: ['dialect', 'stops_on_disconnect'] })
    assert.deepEqual([cut.dialect, cut.stops_on_disconnect], [{}, null])
    await assert.rejects(run('providers.update', { provider: 'workshop', unset: ['base_url'] }), { field: 'unset' })
  })

  test('a burst of changes lands whole: each waits for the one before', async (t) => {
    const { context } = await openBooks(t, await fresh(t, { clock: new HandClock() }), new HandClock())
    const burst = Array.from({ length: 40 }, (_, n) => invoke(by('providers.create'), context, { ...vllm, name: `workshop-${n}` }))
    await Promise.all(burst)
    const made = await context.store.read.selectFrom('providers').select('id').where('name', 'like', 'workshop-%').execute()
    assert.equal(made.length, 40)
  })
})
