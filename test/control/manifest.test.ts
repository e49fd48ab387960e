import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Shipped } from '../../src/catalog/shipped.ts'
import { manifestPlanExitCode } from '../../src/cli/manifest-view.ts'
import type { OperationContext } from '../../src/control/context.ts'
import { seed } from '../../src/control/manifest/seed.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import type { Json } from '../../src/core/json.ts'
import { audited } from '../support/audit.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'
import { later, rowOf } from './later-manifests.ts'

const by = (name: string): Operation => operations.find((each) => each.name === name)!
type Answer = Record<string, unknown> & {
  readonly items: readonly Line[]
  readonly waits: readonly Line[]
  readonly applied: readonly Line[]
}
type Line = Readonly<Record<string, unknown>> & { readonly row: string; readonly field: string | null; readonly action: string }

/** A database that this release seeded, met by what `shipped` holds. */
async function meeting(context: OperationContext) {
  let box: Shipped = later(1, {})
  const met: OperationContext = { ...context, shipped: () => box }
  return {
    run: async (name: string, input: object = {}) => {
      const answer = (await invoke(by(name), met, input)) as Answer
      const carried = JSON.parse(JSON.stringify(answer))
      assert.deepEqual(by(name).output.parse(carried), carried, name)
      return answer
    },
    ship: (next: Shipped) => void (box = next),
    start: () => seed(context.store, context.clock, context.ids, box),
    write: (sql: string) => context.store.writer.control({ audit: audited(), statements: [{ sql, parameters: [] }] }),
  }
}

const said = (lines: readonly Line[]) => lines.map(({ action, row, field }) => [action, row, field])

eachStore((fresh) => {
  const open = async (t: Parameters<typeof fresh>[0]) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    return { ...(await meeting(context)), context, store: context.store, clock }
  }

  test('a conflict names row, field, three values, both revisions and who edited when, and stays until it is decided', async (t) => {
    const { run, ship, start, clock, store } = await open(t)
    assert.deepEqual([(await run('manifest.plan')).state, manifestPlanExitCode((await run('manifest.plan')) as Json)], ['current', 0])
    clock.ms += 1000
    await run('providers.update', { provider: 'groq', bills_errors: true, dialect: { topK: true } })
    ship(later(2, { providers: { groq: { stops_on_disconnect: false, dialect: { topK: false } }, vllm: { bills_errors: true } } }))
    assert.equal((await run('manifest.plan')).state, 'newer')
    await start()
    for (let n = 0; n < 2; n++) {
      const { items } = await run('manifest.conflicts')
      assert.deepEqual(
        items.map(({ id: _id, referrers: _referrers, ...line }) => line),
        [
          {
            ...{
              action: 'conflict',
              decision: true,
              row: 'provider/groq',
              kind: 'provider',
              field: 'dialect.topK',
              ours: true,
              theirs: false,
            },
            ...{ reason: null, base_revision: 1, revision: 2 + n },
            edited: { by: 'local', face: 'library', operation: 'providers.update', at: clock.ms, revision: 2 },
          },
        ],
      )
      assert.equal(manifestPlanExitCode((await run('manifest.plan')) as Json), 8)
      ship(later(3, { providers: { groq: { stops_on_disconnect: true, dialect: { topK: false } }, vllm: { bills_errors: true } } }))
      await start()
    }
    const groq = await rowOf(store, 'providers', 'groq')
    assert.deepEqual([groq.bills_errors, groq.stops_on_disconnect], [true, true], 'one conflict freezes one field')
  })

  test('a decision for ours, theirs or the base moves the base to theirs, and is not asked again', async (t) => {
    for (const [take, holds] of [
      ['ours', 'mine'],
      ['theirs', 'their-2'],
      ['base', 'simulated-1'],
    ] as const) {
      const { run, ship, store } = await open(t)
      await run('profiles.update', { profile: 'simulated', model: 'mine' })
      ship(later(2, { profiles: { simulated: { model: 'their-2' } } }))
      await run('manifest.apply')
      const dry = await run('manifest.resolve', { row: 'simulated', field: 'model', take, dry_run: true })
      assert.equal(dry.dry_run, true)
      assert.equal((await run('manifest.conflicts')).items.length, 1)
      const { resolved, waits } = await run('manifest.resolve', { row: 'profile/simulated', field: 'model', take })
      assert.deepEqual([(resolved as unknown as Line).theirs, waits], ['their-2', 0])
      assert.equal((await rowOf(store, 'model_profiles', 'simulated')).model, holds)
      ship(later(3, { profiles: { simulated: { model: 'their-2' } } }))
      assert.deepEqual((await run('manifest.apply')).waits, [])
      assert.equal((await rowOf(store, 'model_profiles', 'simulated')).model, holds)
      await assert.rejects(run('manifest.resolve', { row: 'simulated', field: 'model', take }), { kind: 'not_found' })
    }
  })

  test('what points elsewhere waits while a secret or a profile is bound to it, and moves by consent alone', async (t) => {
    const { run, ship, start, store } = await open(t)
    const moved = { base_url: 'https://api.groq.example/v2' }
    ship(
      later(2, {
        providers: {
          groq: moved,
          vllm: { base_url: 'http://127.0.0.1:9000/v1' },
          simulated: { base_url: 'http://elsewhere.purser.invalid/v1' },
        },
        connections: { openai: { auth: { type: 'api_key', credential: 'env:OTHER_API_KEY' } } },
        profiles: { simulated: { provider: 'simulated-anthropic', connection: 'simulated-anthropic' } },
      }),
    )
    await start()
    assert.equal((await rowOf(store, 'providers', 'vllm')).base_url, 'http://127.0.0.1:9000/v1', 'nothing is bound to it')
    const { items } = await run('manifest.conflicts')
    assert.deepEqual(items.map(({ row, field, reason }) => `${row}.${field} ${reason}`).toSorted(), [
      'connection/openai.auth secret_bound',
      'profile/simulated.connection_id who_pays',
      'profile/simulated.provider_id who_pays',
      'provider/groq.base_url secret_bound',
      'provider/simulated.base_url profile_uses',
    ])
    assert.ok(items.every(({ action }) => action === 'held'))
    await assert.rejects(run('manifest.apply', { accept: ['provider/vllm.base_url'] }), { kind: 'invalid_request', field: 'accept' })
    const done = await run('manifest.apply', { accept: ['provider/groq.base_url'] })
    assert.deepEqual(said(done.applied), [['take', 'provider/groq', 'base_url']])
    assert.equal((done.warnings as string[]).length, 1)
    assert.equal((await rowOf(store, 'providers', 'groq')).base_url, moved.base_url)
    await run('manifest.resolve', { row: 'connection/openai', field: 'auth', take: 'ours' })
    assert.deepEqual((await run('manifest.conflicts')).items.length, 3)
  })

  test("a name that an operator's row bears is settled by renaming his row, or by declining ours for good", async (t) => {
    const { run, ship, start, write, store } = await open(t)
    await run('providers.create', { name: 'workshop', contract: 'openai-chat', base_url: 'https://workshop.example/v1' })
    const item = { ...later(1, {}).manifest.providers[0]!, id: '0d6f7c9e-8f43-5f0b-9a53-3f2f55e0a0ff', name: 'workshop' }
    const next = later(2, {})
    ship({ ...next, manifest: { ...next.manifest, providers: [...next.manifest.providers, item] } })
    await start()
    assert.deepEqual(said((await run('manifest.conflicts')).items), [['name_taken', 'provider/workshop', 'name']])
    await assert.rejects(run('manifest.resolve', { row: 'workshop', field: 'name', take: 'theirs' }), { kind: 'conflict' })
    await run('manifest.resolve', { row: 'workshop', field: 'name', take: 'ours' })
    assert.deepEqual((await run('manifest.conflicts')).items, [])
    assert.deepEqual(said((await run('manifest.plan')).items), [['tombstone', 'provider/workshop', null]])
    await write(`DELETE FROM canonical_base WHERE row_id = '${item.id}'`)
    await run('providers.update', { provider: 'workshop', name: 'mine' })
    assert.deepEqual(said((await run('manifest.apply')).applied), [['insert', 'provider/workshop', null]])
    assert.equal((await rowOf(store, 'providers', 'workshop')).id, item.id)
    assert.equal((await rowOf(store, 'providers', 'mine')).is_canonical, false)
  })

  test('a removed row stays removed, and a row that is no longer shipped is kept with what needs it', async (t) => {
    const { run, ship, start, store } = await open(t)
    await run('connections.remove', { connection: 'vllm-local' })
    await run('profiles.create', { name: 'mine', provider: 'lm-studio', connection: 'lm-studio-local', model: 'one' })
    ship(later(2, {}, {}, ['lm-studio', 'lm-studio-local', 'cerebras']))
    await start()
    const { items } = await run('manifest.plan')
    assert.deepEqual(
      items
        .filter(({ action }) => action !== 'keep')
        .map(({ action, row, reason, referrers }) => [action, row, reason, referrers])
        .toSorted(),
      [
        ['retired', 'connection/cerebras', 'disabled', []],
        ['retired', 'connection/lm-studio-local', 'referenced', ['profile/mine']],
        ['retired', 'provider/cerebras', 'disabled', []],
        ['retired', 'provider/lm-studio', 'referenced', ['connection/lm-studio-local', 'profile/mine']],
        ['tombstone', 'connection/vllm-local', 'removed', []],
      ],
    )
    assert.equal((await rowOf(store, 'providers', 'cerebras')).disabled, true)
    assert.equal((await rowOf(store, 'providers', 'lm-studio')).disabled, false)
  })

  test('diff shows the three sides of a row, and a name of two kinds must be said whole', async (t) => {
    const { run, ship } = await open(t)
    await run('providers.update', { provider: 'openai', bills_errors: true })
    ship(later(2, { providers: { openai: { stops_on_disconnect: true } } }))
    await assert.rejects(run('manifest.diff', { row: 'openai' }), { kind: 'invalid_request', field: 'row' })
    await assert.rejects(run('manifest.diff', { row: 'provider/opena' }), { kind: 'not_found' })
    assert.deepEqual((await run('manifest.diff', { row: 'provider/openai' })).items, [
      { field: 'stops_on_disconnect', base: null, ours: null, theirs: true },
      { field: 'bills_errors', base: false, ours: true, theirs: false },
    ])
  })

  test('undo restores what still holds what the merge wrote, removes what it added, and lists the rest', async (t) => {
    const { run, ship, start, store } = await open(t)
    const before = await rowOf(store, 'providers', 'groq')
    const profile = { ...later(1, {}).manifest.profiles[0]!, id: '0d6f7c9e-8f43-5f0b-9a53-3f2f55e0a0fe', name: 'fresh' }
    const second = later(2, { providers: { groq: { bills_errors: true, stops_on_disconnect: true, dialect: { topK: true } } } })
    ship({ ...second, manifest: { ...second.manifest, profiles: [...second.manifest.profiles, profile] } })
    await start()
    await run('providers.update', { provider: 'groq', stops_on_disconnect: false })
    const undone = await run('manifest.undo', { revision: 2 })
    assert.deepEqual(undone.left, [{ row: 'provider/groq', field: 'stops_on_disconnect', reason: 'changed_since' }])
    const groq = await rowOf(store, 'providers', 'groq')
    assert.deepEqual([groq.dialect, groq.bills_errors, groq.stops_on_disconnect], [before.dialect, false, false])
    await assert.rejects(run('profiles.get', { profile: 'fresh' }), { kind: 'not_found' })
    assert.equal((await run('manifest.undo', { revision: 2 })).config_revision, undone.config_revision, 'twice is once')
    await assert.rejects(run('manifest.undo', { revision: 1 }), { kind: 'not_found' })
    assert.deepEqual((await run('manifest.apply')).applied, [], 'what was undone is not taken again')
  })

  test('a manifest older than the store changes nothing and says so', async (t) => {
    const { run, ship, start } = await open(t)
    ship(later(2, { providers: { groq: { bills_errors: true } } }))
    await start()
    ship(later(1, {}))
    const planned = await run('manifest.plan')
    assert.deepEqual([planned.state, planned.items], ['older', []])
    const applied = await run('manifest.apply')
    assert.match(String((applied.warnings as string[])[0]), /older one changes nothing/)
    assert.equal((await run('manifest.conflicts')).items.length, 0)
  })
})
