/** A key that is limited to some names uses those and no others, and sees no others. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCallScope } from '../../src/core/call-scope.ts'
import { isKnown } from '../../src/routing/resolve.ts'
import { nameFor, visibleTo } from '../../src/routing/scope.ts'
import { connectionRow, directoryOf, profileRow, providerRow, routeRow, sent, stage } from '../support/gateway.ts'

const provider = providerRow({ name: 'chat', contract: 'openai-chat' })
const published = providerRow({ name: 'anthropic', contract: 'openai-chat' })
const [small, large, hidden] = ['small', 'large', 'hidden'].map((name) => profileRow({ name, provider_id: provider.id })) as [
  ReturnType<typeof profileRow>,
  ReturnType<typeof profileRow>,
  ReturnType<typeof profileRow>,
]
const directory = directoryOf({
  providers: [provider, published],
  connections: [connectionRow({ name: 'chat', provider_id: provider.id }), connectionRow({ name: 'anthropic', provider_id: published.id })],
  profiles: [small, large, hidden, profileRow({ name: 'off', provider_id: provider.id, disabled: true })],
  routes: [routeRow({ name: 'way', profiles: [hidden] })],
})

function ask(model: string, scopes: object, contract: 'openai-chat' | 'anthropic-messages' = 'openai-chat') {
  return stage({ directory, contract, body: { model }, grant: readCallScope(scopes as never) })
}

test('a name in scope is called, and one out of scope is refused before it is looked up, in the words of the caller', () => {
  assert.equal(ask('small', { profiles: ['small'] }).ledger.attempts.length, 1)
  for (const model of [
    'large',
    'hidden',
    'way',
    'chat/coin-1',
    'anthropic/hidden',
    'anthropic/coin-1',
    'nobody',
    'chat/',
    '/small',
    'small/',
    '__proto__',
  ]) {
    const { caller, ledger } = ask(model, { profiles: ['small'] })
    assert.equal(caller.status, 403, model)
    assert.equal(JSON.parse(caller.text).error.code, 'model_not_allowed', model)
    assert.equal(ledger.attempts.length, 0)
    assert.ok(!caller.text.replaceAll(JSON.stringify(JSON.stringify(model)).slice(1, -1), '').includes('large'), 'other names are not told')
  }
  const { caller } = ask('large', { profiles: ['small'] }, 'anthropic-messages')
  assert.deepEqual([caller.status, JSON.parse(caller.text).type, JSON.parse(caller.text).error.type], [403, 'error', 'permission_error'])
})

test('a route in scope may use its members, which may not be named themselves', () => {
  const { ledger } = ask('way', { profiles: ['way'] })
  assert.equal(ledger.attempts.length, 1)
  assert.equal(ask('hidden', { profiles: ['way'] }).caller.status, 403)
})

test('a name that Claude knows a profile by is in scope with it', () => {
  assert.equal(ask('anthropic/small', { profiles: ['small'] }).ledger.attempts.length, 1)
  assert.equal(ask('anthropic/gone', { profiles: ['gone'] }).caller.status, 403, 'else it would be a model of the provider anthropic')
})

test('an error for a name in scope tells of no name out of scope', () => {
  for (const model of ['off', 'gone']) {
    const { caller } = ask(model, { profiles: ['small', 'off', 'gone'] })
    assert.equal(caller.status, 404)
    assert.match(caller.text, /small/)
    assert.ok(!/large|hidden|way/.test(caller.text), caller.text)
  }
})

test('the list of models holds what the key may use', () => {
  const { gateway } = ask('small', {})
  const namesFor = (scopes: object) => {
    const { data } = JSON.parse(Buffer.from(gateway.models('openai-chat', readCallScope(scopes as never)).body).toString()) as {
      data: { id: string }[]
    }
    return data.map(({ id }) => id)
  }
  assert.deepEqual(namesFor({}), ['small', 'large', 'hidden', 'way'])
  assert.deepEqual(namesFor({ profiles: ['small', 'way', 'off', 'gone'] }), ['small', 'way'])
  assert.deepEqual(namesFor({ profiles: [] }), [])
  assert.deepEqual(namesFor({ profiles: 'broken' }), [])
})

test('a name that nobody has is answered by the default of the key, and this is told', () => {
  const { caller, ledger, upstream } = sent({ directory, body: { model: 'claude-haiku' }, grant: readCallScope({ default: 'small' }) })
  const { call } = ledger
  assert.equal(call?.requestedName, 'claude-haiku')
  const decision = JSON.parse(call?.decision ?? '{}')
  assert.deepEqual([decision.winner, decision.key_default], ['small', true])
  upstream.answer(200, { choices: [] })
  ledger.settled()
  assert.match(caller.headers['x-purser-warnings'] ?? '', /default small answers/)
  assert.equal(ask('large', { profiles: ['small'], default: 'small' }).caller.status, 403, 'a name that somebody has is never replaced')
  assert.equal(ask('off', { default: 'small' }).caller.status, 404)
  assert.equal(ask('nobody', { profiles: ['small'] }).caller.status, 403)
})

test("the installation's default answers for a key that has none of its own, and never for what a key may not name", () => {
  const withDefault = { ...directory, defaultName: 'large' }
  const asked = (scopes: object, model = 'claude-haiku') =>
    sent({ directory: withDefault, body: { model }, grant: readCallScope(scopes as never) })
  const { ledger, upstream, caller } = asked({})
  const decision = JSON.parse(ledger.call?.decision ?? '{}')
  assert.deepEqual([decision.winner, decision.default_profile, decision.key_default], ['large', true, undefined])
  upstream.answer(200, { choices: [] })
  ledger.settled()
  assert.match(caller.headers['x-purser-warnings'] ?? '', /the default large answers/)
  assert.equal(JSON.parse(asked({ default: 'small' }).ledger.call?.decision ?? '{}').winner, 'small')
  assert.equal(asked({ profiles: ['small'] }).caller.status, 403)
  assert.equal(asked({}, 'off').caller.status, 404, 'a name that somebody has is never replaced')
  const gone = sent({ directory: { ...directory, defaultName: 'nobody' }, body: { model: 'claude-haiku' }, grant: readCallScope({}) })
  assert.equal(gone.caller.status, 404, 'a default that is not there is none')
  assert.match(gone.caller.text, /claude-haiku/)
})

test('whatever is sent, what is resolved is in scope, or it is refused', () => {
  const names = ['small', 'large', 'hidden', 'way', 'off', 'gone']
  const sentName = fc.oneof(
    fc.constantFrom(...names, ...names.map((name) => `anthropic/${name}`), 'chat/coin-1', 'anthropic/x'),
    fc.string({ maxLength: 12 }),
  )
  fc.assert(
    fc.property(sentName, fc.subarray(names), fc.option(fc.constantFrom(...names), { nil: undefined }), (name, profiles, fallback) => {
      const grant = readCallScope({ profiles, ...(fallback === undefined ? {} : { default: fallback }) })
      let resolved: string
      try {
        resolved = nameFor(directory, grant, name)
      } catch {
        return
      }
      assert.ok(profiles.includes(resolved) || profiles.includes(resolved.replace(/^anthropic\//, '')))
      assert.ok(resolved === name || !isKnown(directory, name))
      for (const seen of visibleTo(directory, grant).profiles.keys()) assert.ok(profiles.includes(seen))
    }),
    { numRuns: 500 },
  )
})
