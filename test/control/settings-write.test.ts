import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { invoke } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { PurserError } from '../../src/core/errors.ts'
import { settingOf } from '../../src/core/settings.ts'
import { readDirectory } from '../../src/routing/directory.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

type Answer = Record<string, unknown>

eachStore((fresh) => {
  const open = async (t: TestContext) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const run = (name: string, input: object) => invoke(operations.find((each) => each.name === name)!, context, input) as Promise<Answer>
    const refused = (name: string, input: object, kind: string, said: RegExp) =>
      assert.rejects(run(name, input), (error) => {
        assert.ok(error instanceof PurserError)
        assert.equal(error.kind, kind, error.message)
        assert.match(error.message, said)
        return true
      })
    return { context, run, refused }
  }

  test('a setting is set, changed and put back, and says what holds without it', async (t) => {
    const { context, run } = await open(t)
    const list = async () => ((await run('settings.list', {})).items as Answer[]).map(({ name, value, set }) => [name, value, set])
    assert.deepEqual(await list(), [
      ['manifest.apply', 'auto', false],
      ['default_profile', null, false],
    ])
    const set = await run('settings.update', { setting: 'manifest.apply', value: 'manual' })
    assert.deepEqual(set.changed, [{ kind: 'setting', name: 'manifest.apply', field: 'value', before: 'auto', after: 'manual' }])
    assert.equal((await run('settings.update', { setting: 'manifest.apply', value: 'manual' })).config_revision, set.config_revision)
    assert.equal((await run('settings.update', { setting: 'manifest.apply', value: 'auto' })).set, true)
    await run('settings.update', { setting: 'default_profile', value: 'simulated' })
    assert.equal((await readDirectory(context.store.read)).defaultName, 'simulated')
    await run('settings.update', { setting: 'manifest.apply', reset: true })
    await run('settings.update', { setting: 'default_profile', value: null })
    assert.deepEqual(await list(), [
      ['manifest.apply', 'auto', false],
      ['default_profile', null, true],
    ])
  })

  test('what is no setting, or no value of one, is refused with what is', async (t) => {
    const { run, refused } = await open(t)
    await refused('settings.update', { setting: 'manifest.aply', value: 'auto' }, 'not_found', /Did you mean "manifest.apply"/)
    await refused('settings.get', { setting: '__proto__' }, 'not_found', /No setting/)
    await refused(
      'settings.update',
      { setting: 'manifest.apply', value: 'never' },
      'invalid_request',
      /one of auto, manual, and not "never"/,
    )
    await refused('settings.update', { setting: 'manifest.apply', value: null }, 'invalid_request', /and not null/)
    await refused('settings.update', { setting: 'default_profile', value: 'simulatde' }, 'not_found', /Did you mean "simulated"/)
    await refused('settings.update', { setting: 'default_profile' }, 'invalid_request', /a value, or "reset"/)
    await refused('settings.update', { setting: 'default_profile', value: 'simulated', reset: true }, 'invalid_request', /not both/)
    await run('settings.update', { setting: 'default_profile', value: 'simulated' })
    await refused('profiles.remove', { profile: 'simulated' }, 'conflict', /setting "default_profile"/)
    await refused('profiles.update', { profile: 'simulated', name: 'other' }, 'conflict', /setting "default_profile"/)
  })
})

test('a value that was damaged by hand is as if it were not set', () => {
  assert.equal(settingOf([{ name: 'manifest.apply', value: 7 }], 'manifest.apply'), 'auto')
  assert.equal(settingOf([{ name: 'default_profile', value: 'No Name' }], 'default_profile'), null)
})
