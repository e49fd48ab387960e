/** Keys are made, changed, renewed and ended: their text is told once, and nobody gives away more than he holds. */

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { grantOf, refuseBeyond, refuseLockout } from '../../src/control/keys/key-grants.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { type Actor, type Scope, scopes } from '../../src/control/scopes.ts'
import { PurserError } from '../../src/core/errors.ts'
import { hashSecret, parseKey } from '../../src/core/keys.ts'
import type { OpenStore } from '../../src/store/database.ts'
import { eachStore, open } from '../support/stores.ts'
import { HandClock, openBooks, start } from './books.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!
const hour = 3_600_000
const everything = { roles: ['admin'] }

async function keyring(t: TestContext, store: OpenStore, clock: HandClock) {
  const { context } = await openBooks(t, store, clock)
  const as = (actor: Actor) => (name: string, input: object) => invoke(by(name), { ...context, actor }, input) as Promise<Answer>
  return { context, run: as(context.actor), as }
}

type Answer = Readonly<Record<string, never>> & { readonly id: string; readonly key: string; readonly warnings: readonly string[] }

const holding = (...held: Scope[]): Actor => ({ name: 'someone', keyId: 'k', scopes: new Set(held) })
const operator = holding('usage:read', 'providers:write', 'rates:write', 'budgets:write', 'keys:write')

function refusal(kind: string, code?: string, field?: string) {
  return (error: unknown) =>
    error instanceof PurserError &&
    error.kind === kind &&
    (code === undefined || error.code === code) &&
    (field ?? error.field) === error.field
}

eachStore((fresh) => {
  test('the text of a key is in the answer that made it, and nowhere else', async (t) => {
    const clock = new HandClock()
    const { context, run } = await keyring(t, await fresh(t, { clock }), clock)
    const made = await run('keys.create', { name: 'ci', scopes: { profiles: ['simulated'] } })
    const { id, secret } = parseKey(made.key)!
    assert.equal(id, made.id)
    const rotated = await run('keys.rotate', { key: 'ci' })
    const again = parseKey(rotated.key)!
    assert.equal(again.id, id)
    assert.notEqual(again.secret, secret)
    const told = [await run('keys.list', {}), await run('keys.get', { key: 'ci' })]
    told.push(await run('keys.update', { key: 'ci', name: 'build' }), await run('keys.revoke', { key: 'build' }))
    const keys = await context.store.read.selectFrom('keys').selectAll().execute()
    const audit = await context.store.read.selectFrom('audit_log').selectAll().where('target_id', '=', id).orderBy('revision').execute()
    const print = (value: unknown) => JSON.stringify(value, (_name, each) => (typeof each === 'bigint' ? String(each) : each))
    for (const text of [secret, again.secret]) {
      assert.ok(!print([keys, audit, told]).includes(text))
      assert.ok(!print([audit, told]).includes(hashSecret(context.pepper(), text)))
    }
    assert.deepEqual(
      audit.map((row) => row.operation),
      ['create', 'rotate', 'update', 'revoke'].map((verb) => `keys.${verb}`),
    )
  })

  test('a dry run makes no key and tells no text', async (t) => {
    const clock = new HandClock()
    const { context, run } = await keyring(t, await fresh(t, { clock }), clock)
    assert.equal((await run('keys.create', { name: 'ci', dry_run: true })).key, null)
    assert.deepEqual(await context.store.read.selectFrom('keys').selectAll().execute(), [])
    await run('keys.create', { name: 'ci' })
    const before = await context.store.read.selectFrom('keys').selectAll().execute()
    assert.equal((await run('keys.rotate', { key: 'ci', dry_run: true })).key, null)
    await run('keys.revoke', { key: 'ci', dry_run: true })
    assert.deepEqual(await context.store.read.selectFrom('keys').selectAll().execute(), before)
  })

  test('a rotation keeps the secret before for the overlap, and never more than two', async (t) => {
    const clock = new HandClock()
    const { context, run } = await keyring(t, await fresh(t, { clock }), clock)
    const hashOf = (text: string) => hashSecret(context.pepper(), parseKey(text)!.secret)
    const row = () => context.store.read.selectFrom('keys').selectAll().executeTakeFirstOrThrow()
    const first = await run('keys.create', { name: 'ci' })
    const second = await run('keys.rotate', { key: 'ci' })
    assert.deepEqual(second.warnings, [])
    const rotating = await row()
    assert.deepEqual(
      [rotating.secret_hash, rotating.next_hash, rotating.next_until],
      [hashOf(second.key), hashOf(first.key), start + 24 * hour],
    )
    const third = await run('keys.rotate', { key: 'ci', overlap_seconds: 60 })
    assert.equal(third.warnings.length, 1)
    assert.equal((await row()).next_hash, hashOf(second.key))
    const fourth = await run('keys.rotate', { key: 'ci', overlap_seconds: 0 })
    const settled = await row()
    assert.deepEqual([settled.secret_hash, settled.next_hash, settled.next_until], [hashOf(fourth.key), null, null])
  })

  test('scopes are refused by field: other kinds, unknown names, no ranges, a default out of reach', async (t) => {
    const clock = new HandClock()
    const { run } = await keyring(t, await fresh(t, { clock }), clock)
    const refused = (input: object, field: string) =>
      assert.rejects(run('keys.create', { name: 'ci', ...input }), refusal('invalid_request', undefined, field), JSON.stringify(input))
    await refused({ scopes: { roles: ['viewer'] } }, 'scopes.roles')
    await refused({ kind: 'admin', scopes: { profiles: ['simulated'] } }, 'scopes.profiles')
    await refused({ scopes: { profiles: ['simulatd'] } }, 'scopes.profiles.0')
    await refused({ scopes: { default: 'nobody' } }, 'scopes.default')
    await refused({ scopes: { profiles: ['simulated'], default: 'simulated-claude' } }, 'scopes.default')
    await refused({ scopes: { cidrs: ['10.0.0.0/33'] } }, 'scopes.cidrs.0')
    await refused({ scopes: { endpoints: ['anything'] } }, 'scopes.endpoints.0')
    await refused({ kind: 'admin', scopes: { roles: ['root'] } }, 'scopes.roles.0')
    await refused({ name: '__proto__' }, 'name')
    await refused({ expires_at: start }, 'expires_at')
  })

  test('an update merges, replaces lists, takes out by path, and a revoked key stays revoked', async (t) => {
    const clock = new HandClock()
    const { run } = await keyring(t, await fresh(t, { clock }), clock)
    await run('keys.create', { name: 'ci', scopes: { profiles: ['simulated', 'simulated-claude'] }, expires_at: start + hour })
    const narrowed = await run('keys.update', { key: 'ci', scopes: { profiles: ['simulated'], endpoints: ['generate'] } })
    assert.deepEqual(narrowed.scopes, { profiles: ['simulated'], endpoints: ['generate'] })
    const freed = await run('keys.update', { key: 'ci', unset: ['scopes.profiles', 'expires_at'] })
    assert.deepEqual([freed.scopes, freed.expires_at], [{ endpoints: ['generate'] }, null])
    await assert.rejects(run('keys.update', { key: 'ci', unset: ['scopes'] }), refusal('invalid_request', undefined, 'unset'))
    await run('keys.create', { name: 'other' })
    await assert.rejects(run('keys.update', { key: 'other', name: 'ci' }), refusal('conflict', 'name_taken'))
    await run('keys.revoke', { key: 'ci' })
    for (const name of ['keys.update', 'keys.rotate'])
      await assert.rejects(run(name, { key: 'ci', ...(name === 'keys.update' ? { name: 'x' } : {}) }), refusal('conflict', 'key_revoked'))
    assert.equal((await run('keys.update', { key: 'other', name: 'ci' })).name, 'ci', 'the name of a revoked key is free')
  })

  test('nobody gives away more than he holds: not by making, changing, renewing or ending a key', async (t) => {
    const clock = new HandClock()
    const { run, as, context } = await keyring(t, await fresh(t, { clock }), clock)
    await run('keys.create', { name: 'root', kind: 'admin', scopes: everything })
    await run('keys.create', { name: 'spare', kind: 'admin', scopes: everything })
    await run('keys.create', { name: 'mine', kind: 'admin', scopes: { roles: ['operator'] } })
    const before = await context.store.read.selectFrom('keys').selectAll().orderBy('id').execute()
    const beyond = refusal('forbidden', 'beyond_own_scopes')
    const try_ = as(operator)
    for (const [name, input] of [
      ['keys.create', { name: 'a', kind: 'admin', scopes: everything }],
      ['keys.create', { name: 'a', kind: 'admin', scopes: { scopes: ['secrets:write'] } }],
      ['keys.create', { name: 'a', kind: 'admin', scopes: { roles: ['security'] }, dry_run: true }],
      ['keys.update', { key: 'mine', scopes: { roles: ['admin'] } }],
      ['keys.update', { key: 'mine', scopes: { scopes: ['system'] } }],
      ['keys.update', { key: 'root', name: 'harmless' }],
      ['keys.update', { key: 'root', scopes: { roles: ['viewer'] } }],
      ['keys.rotate', { key: 'root' }],
      ['keys.rotate', { key: 'root', overlap_seconds: 0 }],
      ['keys.revoke', { key: 'spare' }],
    ] as const) {
      await assert.rejects(try_(name, input), beyond, `${name} ${JSON.stringify(input)}`)
    }
    await assert.rejects(
      as(holding(...scopes.filter((scope) => scope !== 'prompts:read')))('keys.create', {
        name: 'reader',
        kind: 'admin',
        scopes: { scopes: ['prompts:read'] },
      }),
      beyond,
    )
    assert.deepEqual(await context.store.read.selectFrom('keys').selectAll().orderBy('id').execute(), before)
    assert.ok((await try_('keys.create', { name: 'a', kind: 'admin', scopes: { roles: ['viewer', 'operator'] } })).key)
    assert.ok((await try_('keys.rotate', { key: 'mine' })).key)
    assert.ok((await try_('keys.create', { name: 'b' })).key)
  })

  test('the last admin key without an end can be neither revoked, nor narrowed, nor given an end', async (t) => {
    const clock = new HandClock()
    const { run } = await keyring(t, await fresh(t, { clock }), clock)
    await run('keys.create', { name: 'root', kind: 'admin', scopes: everything })
    await run('keys.create', { name: 'passing', kind: 'admin', scopes: everything, expires_at: start + hour })
    await run('keys.create', { name: 'lesser', kind: 'admin', scopes: { roles: ['operator'] } })
    const last = refusal('conflict', 'last_admin_key')
    await assert.rejects(run('keys.revoke', { key: 'root' }), last)
    await assert.rejects(run('keys.revoke', { key: 'root', dry_run: true }), last)
    await assert.rejects(run('keys.update', { key: 'root', scopes: { roles: ['viewer'] } }), last)
    await assert.rejects(run('keys.update', { key: 'root', unset: ['scopes.roles'] }), last)
    await assert.rejects(run('keys.update', { key: 'root', expires_at: start + hour }), last)
    await run('keys.rotate', { key: 'root' })
    await run('keys.revoke', { key: 'passing' })
    await run('keys.create', { name: 'next', kind: 'admin', scopes: everything })
    await run('keys.revoke', { key: 'root' })
    await assert.rejects(run('keys.revoke', { key: 'next' }), last)
  })

  test('of two who revoke the last two admin keys at once, one is refused', async (t) => {
    const clock = new HandClock()
    const { context, run } = await keyring(t, await fresh(t, { clock }), clock)
    for (const name of ['one', 'other']) await run('keys.create', { name, kind: 'admin', scopes: everything })
    const ended = await Promise.allSettled(['one', 'other'].map((key) => run('keys.revoke', { key })))
    assert.deepEqual(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const left = await context.store.read.selectFrom('keys').select('name').where('revoked_at', 'is', null).execute()
    assert.equal(left.length, 1)
  })
})

test('whatever is asked of any keys, a grant beyond the actor is refused and one within is not', () => {
  const some = fc.subarray([...scopes])
  fc.assert(
    fc.property(some, some, (held, asked) => {
      const granted = grantOf({ kind: 'admin', scopes: { scopes: asked } })
      const isWithin = asked.every((scope) => held.includes(scope))
      const refused = isThrown(() => refuseBeyond(holding(...held), granted, 'k'))
      assert.equal(refused, !isWithin)
    }),
    { numRuns: 300 },
  )
})

test('whatever is done to one of several keys, an admin key that lasts stays where there was one', () => {
  const key = fc.record({
    kind: fc.constantFrom('admin', 'call'),
    scopes: fc.constantFrom({ roles: ['admin'] }, { roles: ['viewer'] }, {}, { roles: 'broken' }),
    expires_at: fc.constantFrom(null, 5, 50),
    revoked_at: fc.constantFrom(null, null, 5),
  })
  fc.assert(
    fc.property(fc.array(key, { maxLength: 5 }), fc.array(key, { maxLength: 5 }), (some, others) => {
      const [before, after] = [some, others].map((each) => each.map((row, place) => ({ ...row, id: String(place) }))) as [never[], never[]]
      const lasts = (rows: typeof some) =>
        rows.some(
          (row) =>
            row.kind === 'admin' &&
            JSON.stringify(row.scopes) === '{"roles":["admin"]}' &&
            row.expires_at === null &&
            row.revoked_at === null,
        )
      assert.equal(
        isThrown(() => refuseLockout(before, after, 10)),
        lasts(some) && !lasts(others),
      )
    }),
    { numRuns: 300 },
  )
})

test('a key made at the terminal of a machine is the one that its pepper knows', async (t) => {
  const clock = new HandClock()
  const { context, run } = await keyring(t, await open(t, ':memory:', { clock }), clock)
  const { key } = await run('keys.create', { name: 'ci' })
  const row = await context.store.read.selectFrom('keys').selectAll().executeTakeFirstOrThrow()
  assert.equal(row.secret_hash, hashSecret(context.pepper(), parseKey(key)!.secret))
})

function isThrown(run: () => void): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}
