/** `connections test`: one tiny call through the connection that was named, in the books like any other. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock, systemTimers } from '../../src/core/system.ts'
import { startSimulated } from '../../src/simulated/server.ts'
import { eachPlace, lastCall, openPurser } from './purser.ts'

eachPlace((place) => {
  test('a connection that answers says how fast and at what price, and the call is in the ledger', async (t) => {
    const purser = await openPurser(t, await place(t))
    for (const [connection, contract] of [
      ['simulated-openai', 'openai-chat'],
      ['simulated-anthropic', 'anthropic-messages'],
    ] as const) {
      const tried = await purser.connections.test({ connection })
      assert.deepEqual([tried.ok, tried.status, tried.failure], [true, 200, null])
      const call = await lastCall(purser)
      assert.equal(tried.call, call.id)
      assert.equal(call.attempts[0]?.connection_name, connection)
      assert.deepEqual([call.contract, call.attempts[0]?.contract], [contract, contract], 'nothing is translated on the way')
      assert.equal(tried.charged, call.attempts[0]?.settlement?.charged)
      assert.equal(tried.pricing_status, 'priced')
    }
  })

  test('one that fails says what happened, why, and what to do', async (t) => {
    const purser = await openPurser(t, await place(t))
    const refused = await purser.connections.test({ connection: 'simulated-openai', model: 'simulated-error-401' })
    assert.deepEqual([refused.ok, refused.status, refused.failure?.what], [false, 502, 'The call failed: provider auth.'])
    assert.match(refused.failure!.next, /purser connections get simulated-openai/)
    assert.equal((await lastCall(purser)).id, refused.call)

    await purser.providers.create({ name: 'shop', contract: 'openai-chat', base_url: 'https://models.example.com/v1' })
    await purser.connections.create({ name: 'shop', provider: 'shop', auth: { type: 'api_key', credential: 'env:NOT_SET_ANYWHERE' } })
    const without = await purser.connections.test({ connection: 'shop', model: 'any-1' })
    assert.deepEqual([without.ok, without.call, without.failure?.what], [false, null, 'No call was made.'])
    assert.match(without.failure!.why, /NOT_SET_ANYWHERE/)
    const shipped = await purser.connections.test({ connection: 'anthropic', model: 'any-1' })
    assert.match(shipped.failure!.why, /ANTHROPIC_API_KEY/, 'its platform twin is no choice')

    await purser.providers.create({ name: 'later', contract: 'cohere-chat', base_url: 'https://models.example.com/v1' })
    await purser.connections.create({ name: 'later', provider: 'later', auth: { type: 'none' } })
    await assert.rejects(purser.connections.test({ connection: 'later', model: 'any-1' }), {
      kind: 'conflict',
      field: 'connection',
      message: /cohere-chat, which Purser cannot call yet/,
    })
  })

  test('it never goes through another connection than the one that was named', async (t) => {
    const purser = await openPurser(t, await place(t))
    const upstream = await startSimulated({ listen: { port: 0 }, clock: systemClock, timers: systemTimers, keep: 10 })
    t.after(() => upstream.close())
    const { port } = upstream.address as { port: number }
    await purser.providers.create({ name: 'own', contract: 'openai-chat', base_url: `http://127.0.0.1:${port}/v1`, network: 'loopback' })
    await purser.connections.create({ name: 'first', provider: 'own', auth: { type: 'none' } })
    await purser.connections.create({ name: 'paid-monthly', provider: 'own', auth: { type: 'none' }, billing: 'subscription' })
    await assert.rejects(purser.connections.test({ connection: 'paid-monthly', model: 'simulated-1' }), {
      kind: 'conflict',
      field: 'model',
    })
    await purser.connections.create({ name: 'second', provider: 'own', auth: { type: 'none' } })
    await assert.rejects(purser.connections.test({ connection: 'second' }), { kind: 'invalid_request', field: 'model' })
    await assert.rejects(purser.connections.test({ connection: 'second', model: 'simulated-1' }), { kind: 'conflict', field: 'model' })
    assert.equal(upstream.counts().received, 0)
    await purser.profiles.create({ name: 'by-second', provider: 'own', connection: 'second', model: 'simulated-1' })
    const tried = await purser.connections.test({ connection: 'second', model: 'simulated-1' })
    assert.deepEqual([tried.ok, tried.asked_for], [true, 'by-second'])
    assert.equal((await lastCall(purser)).attempts[0]?.connection_name, 'second')
  })
})
