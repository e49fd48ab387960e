/** What every operation that changes something promises, held against each of them: a story in which each has its turn. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { OperationContext } from '../../src/control/context.ts'
import { type Home, homeOf, makeHome } from '../../src/control/home/home.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { PurserError } from '../../src/core/errors.ts'
import { canonicalJson } from '../../src/core/json.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { type TableName, tables } from '../../src/store/schema.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'
import { later } from './later-manifests.ts'

type Answer = Record<string, unknown>
/** What was answered so far, by operation. */
type Told = Readonly<Record<string, Answer>>

const changes = operations.filter((each) => 'if_revision' in each.input.shape) as readonly Operation[]
const by = (name: string): Operation => operations.find((each) => each.name === name)!

/** Each step is a change of something: an operation that is declared by `change` and has no step here is a test that fails. */
const story: readonly (readonly [name: string, input: object | ((told: Told) => object)])[] = [
  ['providers.create', { name: 'workshop', contract: 'openai-chat', base_url: 'https://models.example.com/v1', disabled: true }],
  ['providers.enable', { provider: 'workshop' }],
  ['providers.update', { provider: 'workshop', dialect: { headers: { 'x-team': 'quite-secret' } } }],
  ['connections.create', { name: 'work', provider: 'openai', credential: 'env:WORK', disabled: true }],
  ['connections.enable', { connection: 'work' }],
  ['connections.update', { connection: 'work', on_abandon: 'drain' }],
  ['secrets.create', { origin: 'https://models.example.com', key: 'canary-one' }],
  ['secrets.rotate', (told) => ({ secret: told['secrets.create']!.secret, key: 'canary-two' })],
  ['secrets.bind', { secret: 'env:WORKSHOP', origin: 'https://models.example.com' }],
  ['secrets.rekey', {}],
  ['secrets.remove', (told) => ({ secret: told['secrets.create']!.secret })],
  ['profiles.create', { name: 'swift', provider: 'openai', connection: 'work', model: 'gpt-4o', disabled: true }],
  ['profiles.enable', { profile: 'swift' }],
  ['profiles.update', { profile: 'swift', temperature: 0.5 }],
  ['routes.create', { name: 'way', members: ['swift:2', 'simulated:1'], allow_cross: ['locality'], disabled: true }],
  ['routes.enable', { route: 'way' }],
  ['routes.update', { route: 'way', members: ['simulated'] }],
  ['rates.create', { provider: 'openai', model: 'other', input_token_cost_per_1m: '1.00', output_token_cost_per_1m: '2.00' }],
  ['rates.void', (told) => ({ card: told['rates.create']!.id, reason: 'a slip' })],
  ['settings.update', { setting: 'manifest.apply', value: 'manual' }],
  ['keys.create', { name: 'desk', scopes: { profiles: ['way'] } }],
  ['keys.update', { key: 'desk', scopes: { endpoints: ['generate'] } }],
  ['keys.rotate', { key: 'desk' }],
  ['keys.revoke', { key: 'desk' }],
  [
    'connections.update',
    { connection: 'openai-platform', auth: { type: 'platform', base_url: 'https://platform.example/v1', credential: 'env:PLATFORM' } },
  ],
  ['connections.enable', { connection: 'openai-platform' }],
  ['profiles.create', { name: 'fast', provider: 'openai', connection: 'openai', model: 'gpt-4o' }],
  ['mode.plan', { to: 'platform', profile: 'fast', allow_unlisted: true, allow_unknown: true }],
  ['mode.flip', (told) => ({ plan: told['mode.plan']!.plan })],
  ['mode.undo', (told) => ({ flip: told['mode.plan']!.plan })],
  ['backfill.plan', { config: '{"provider":"ollama","model":"phi4"}' }],
  ['backfill.apply', (told) => ({ plan: told['backfill.plan']!.plan })],
  ['backfill.undo', (told) => ({ import: told['backfill.apply']!.import })],
  ['apply', { document: 'purser = 1\n[[settings]]\nname = "manifest.apply"\nvalue = "auto"\n' }],
  ['providers.update', { provider: 'groq', dialect: { topK: true } }],
  ['manifest.apply', {}],
  ['manifest.resolve', { row: 'provider/groq', field: 'dialect.topK', take: 'theirs' }],
  ['manifest.undo', { revision: 2 }],
  ['routes.disable', { route: 'way' }],
  ['routes.remove', { route: 'way' }],
  ['profiles.disable', { profile: 'swift' }],
  ['profiles.remove', { profile: 'swift' }],
  ['connections.disable', { connection: 'work' }],
  ['connections.remove', { connection: 'work' }],
  ['providers.disable', { provider: 'workshop' }],
  ['providers.remove', { provider: 'workshop' }],
]

test('every operation that changes something has its turn', () => {
  const told = new Set(story.map(([name]) => name))
  assert.deepEqual(
    changes.map(({ name }) => name).filter((name) => !told.has(name)),
    [],
    'Give it a step in the story above.',
  )
})

test('every operation that writes is declared by change, but for one that makes a call and changes nothing', () => {
  const writes = operations.filter((each) => each.effect !== 'read' && !changes.includes(each as Operation))
  assert.deepEqual(
    writes.map(({ name }) => name),
    ['connections.test'],
  )
})

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const box = later(2, { providers: { groq: { dialect: { topK: false } }, vllm: { bills_errors: true } } })
    return { ...context, shipped: () => box, home: emptyHome(t) }
  }

  test('a dry run and a stale revision write nothing, and a change writes its audit rows with it', async (t) => {
    const context = await open(t)
    const told: Record<string, Answer> = {}
    let before = await everything(context)
    for (const [name, said] of story) {
      const operation = by(name)
      const input = typeof said === 'function' ? said(told) : said
      const run = (extra: object = {}) => invoke(operation, context, { ...input, ...extra }) as Promise<Answer>
      const revision = revisionIn(before)
      const dry = await run({ dry_run: true })
      assert.equal(dry.dry_run, true, name)
      assert.equal(dry.config_revision, revision, name)
      for (const stale of [revision - 1, revision + 1]) {
        await assert.rejects(run({ if_revision: stale }), isStale, name)
        await assert.rejects(run({ if_revision: stale, dry_run: true }), isStale, name)
      }
      await assert.rejects(run(JSON.parse('{"__proto__": {"dry_run": true}}')), { kind: 'invalid_request' }, name)
      await assert.rejects(run({ constructor: 1 }), { kind: 'invalid_request' }, name)
      assert.deepEqual(await everything(context), before, `${name} wrote although it did nothing`)

      const answer = await run({ if_revision: revision })
      told[name] = answer
      const after = await everything(context)
      const rows = after.audit_log!.filter((row) => !before.audit_log!.includes(row))
      assert.ok(rows.length > 0, `${name} has no audit row`)
      for (const row of rows) assert.deepEqual([JSON.parse(row).revision, JSON.parse(row).operation], [String(revision + 1), name])
      assert.deepEqual([revisionIn(after), answer.config_revision, answer.dry_run], [revision + 1, revision + 1, false], name)
      const logged = [...rows, JSON.stringify(answer.changed)].join('\n')
      for (const proof of proofsIn(after)) assert.ok(!(logged + JSON.stringify(answer)).includes(proof), `${name} shows a proof`)
      assert.ok(!(canonicalJson(after) + JSON.stringify(answer)).includes('canary-'), `${name} keeps or shows a secret in clear`)
      assert.ok(!logged.includes('quite-secret'), `${name} logs a header`)
      before = after
    }
    assert.deepEqual((await readDirectory(context.store.read)).quarantined, [])
  })

  test('what was asked of another revision is told so, whatever else is wrong with it now', async (t) => {
    const context = await open(t)
    await assert.rejects(invoke(by('providers.update'), context, { provider: 'gone', if_revision: 99 }), isStale)
  })

  test('two operators at once lose nothing: both changes land, or one is told that it was not done', async (t) => {
    const context = await open(t)
    const run = (name: string, input: object) => invoke(by(name), context, input) as Promise<Answer>
    await run('profiles.create', { name: 'swift', provider: 'simulated', model: 'simulated-1' })
    for (let round = 0; round < 3; round++) {
      const { config_revision: revision } = await run('settings.update', {
        setting: 'manifest.apply',
        value: round % 2 === 0 ? 'manual' : 'auto',
      })
      const settled = await Promise.allSettled([
        run('profiles.update', { profile: 'swift', params: { [`a${round}`]: 1 } }),
        run('profiles.update', { profile: 'swift', params: { [`b${round}`]: 1 } }),
        run('profiles.update', { profile: 'swift', params: { [`c${round}`]: 1 }, if_revision: revision }),
        run('profiles.create', { name: `twice-${round}`, provider: 'simulated', model: 'm' }),
        run('routes.create', { name: `twice-${round}`, members: ['swift'] }),
      ])
      const { params } = (await run('profiles.get', { profile: 'swift' })) as { params: Record<string, unknown> }
      for (const [place, letter] of ['a', 'b', 'c'].entries())
        assert.equal(`${letter}${round}` in params, settled[place]!.status === 'fulfilled', letter)
      for (const each of settled) if (each.status === 'rejected') assert.equal((each.reason as PurserError).kind, 'conflict')
      assert.equal(settled.slice(3).filter((each) => each.status === 'fulfilled').length, 1, 'one name is one thing')
    }
  })
})

/** The folders of an installation with nothing in them, gone when the test ends. */
function emptyHome(t: TestContext): Home {
  const root = mkdtempSync(join(tmpdir(), 'purser-changes-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const home = homeOf(root, {}, root)
  makeHome(home)
  return home
}

function isStale(error: unknown): boolean {
  assert.ok(error instanceof PurserError)
  assert.deepEqual([error.kind, error.code], ['conflict', 'stale'], error.message)
  return true
}

/** Every row of every table but the one that ticks by itself, each as text. */
async function everything({ store }: OperationContext): Promise<Readonly<Record<string, readonly string[]>>> {
  const names = (Object.keys(tables) as TableName[]).filter((name) => name !== 'instances')
  const lists = await Promise.all(names.map((name) => store.read.selectFrom(name).selectAll().execute()))
  return Object.fromEntries(names.map((name, place) => [name, lists[place]!.map((row) => canonicalJson(row)).toSorted()]))
}

function revisionIn(state: Readonly<Record<string, readonly string[]>>): number {
  return Number(JSON.parse(state.revision![0]!).n)
}

/** What must never be shown: the contents of the columns that prove something. */
function proofsIn(state: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const columns = { keys: ['secret_hash', 'next_hash'], sealed_secrets: ['ciphertext', 'wrapped_key', 'nonce'], secret_bindings: ['hmac'] }
  return Object.entries(columns).flatMap(([table, names]) =>
    state[table]!.flatMap((row) => names.map((name) => JSON.parse(row)[name] as string | null).filter((value) => value !== null)),
  )
}
