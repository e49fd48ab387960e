/** What `explain route` says of a name is what dispatch did with it: the same decision, the same targets, the same price. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeExitCode } from '../../src/cli/route-view.ts'
import type { Purser } from '../../src/index.ts'
import { chat, eachPlace, lastCall, openPurser } from './purser.ts'

async function withNames(purser: Purser): Promise<string> {
  await purser.connections.create({ name: 'keyed', provider: 'simulated', auth: { type: 'api_key', credential: 'env:NOT_SET_ANYWHERE' } })
  await purser.profiles.create({ name: 'unreached', provider: 'simulated', connection: 'keyed', model: 'simulated-1' })
  await purser.profiles.create({
    ...{ name: 'tuned', provider: 'simulated', connection: 'simulated-openai', model: 'simulated-tools' },
    ...{ temperature: 0.5, max_tokens: 64, params: { seed: 7 }, strict: true },
  })
  await purser.routes.create({ name: 'fallbacks', members: ['unreached', 'tuned', 'simulated-claude'] })
  await purser.routes.create({ name: 'drawn', members: ['tuned:1', 'simulated:1', 'simulated-claude:1'] })
  const { key } = await purser.keys.create({ name: 'narrow', scopes: { profiles: ['fallbacks', 'simulated'], default: 'fallbacks' } })
  return key!
}

eachPlace((place) => {
  test('the decision is what the row of a call says, and the first target what its attempt says', async (t) => {
    const purser = await openPurser(t, await place(t))
    const key = await withNames(purser)
    const asked = [
      { name: 'simulated' },
      { name: 'anthropic/simulated-claude' },
      { name: 'simulated-anthropic/simulated-1' },
      { name: 'tuned' },
      { name: 'fallbacks' },
      { name: 'drawn' },
      { name: 'fallbacks', key: 'narrow' },
      { name: 'nobody-has-this', key: 'narrow' },
    ]
    for (const { name, ...as } of asked) {
      const answer = await purser.fetch(chat({ model: name, headers: as.key === undefined ? {} : { 'x-api-key': key } }))
      assert.equal(answer.status, 200, `${name}: ${await answer.text()}`)
      const call = await lastCall(purser)
      const { items, config_revision } = await purser.explain.route({ name, ...as, call: call.id })
      const [explained] = items
      assert.deepEqual(explained?.decision, call.decision, name)
      assert.equal(config_revision, call.config_revision)
      const [target] = explained!.targets
      const [attempt] = call.attempts
      const { profile, provider, connection, model, contract, billing, locality } = target!
      assert.deepEqual(
        [profile, provider, connection, model, contract, billing, locality],
        [
          attempt?.profile_name,
          attempt?.provider_name,
          attempt?.connection_name,
          attempt?.model,
          attempt?.contract,
          attempt?.billing,
          attempt?.locality,
        ],
      )
      assert.equal(target?.card?.id, attempt?.charges[0]?.rate_card_id, name)
      const input = target?.card?.prices.find(({ meter }) => meter === 'input_tokens')
      assert.equal(input?.price, attempt?.charges.find(({ meter }) => meter === 'input_tokens')?.price)
    }
  })

  test('it shows what is set, what was passed over and why, and each member in its turn', async (t) => {
    const purser = await openPurser(t, await place(t))
    await withNames(purser)
    const { items } = await purser.explain.route({ name: 'fallbacks' })
    const [{ targets, decision }] = items as [(typeof items)[number]]
    assert.deepEqual(
      targets.map(({ name, contract, secret }) => [name, contract, secret]),
      [
        ['tuned', 'openai-chat', 'not_needed'],
        ['simulated-claude', 'anthropic-messages', 'not_needed'],
      ],
    )
    assert.deepEqual(targets[0]?.sets, { temperature: 0.5, max_tokens: 64, seed: 7 })
    assert.equal(targets[0]?.strict, true)
    const { skipped } = decision as { skipped: { name: string; reason: string }[] }
    assert.equal(skipped[0]?.name, 'unreached')
    assert.match(skipped[0]!.reason, /NOT_SET_ANYWHERE/)
  })

  test('a name that leads nowhere is explained in the words that its caller gets', async (t) => {
    const purser = await openPurser(t, await place(t))
    await withNames(purser)
    for (const name of ['unreached', 'nobody']) {
      const answer = await purser.fetch(chat({ model: name }))
      const told = ((await answer.json()) as { error: { message: string } }).error.message
      const explained = await purser.explain.route({ name })
      const [only] = explained.items
      assert.ok(told.startsWith(only!.refusal!.message), told)
      assert.deepEqual([only?.decision, only?.targets], [null, []])
      assert.equal(routeExitCode(JSON.parse(JSON.stringify(explained))), 1)
    }
  })

  test('without a name every name in use is explained, a key those of its own', async (t) => {
    const purser = await openPurser(t, await place(t))
    await withNames(purser)
    const names = (await purser.explain.route()).items.map(({ name }) => name)
    for (const name of ['simulated', 'tuned', 'fallbacks', 'drawn']) assert.ok(names.includes(name), name)
    const narrow = (await purser.explain.route({ key: 'narrow' })).items.map(({ name }) => name)
    assert.deepEqual(narrow.toSorted(), ['fallbacks', 'simulated'])
  })
})
