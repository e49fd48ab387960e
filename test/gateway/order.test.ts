/** What must come before what: intent, dispatch, first byte, settlement, last byte. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sent, stage } from '../support/gateway.ts'
import { chatFrames, chatReply, messageFrames } from './answers.ts'

test('the provider sees nothing before the intent is committed', () => {
  const { ledger, upstream } = stage()
  const pathSeen = (): string | undefined => upstream.request?.path
  assert.equal(pathSeen(), undefined)
  ledger.committed()
  assert.equal(pathSeen(), '/chat/completions')
})

test('an intent that is refused reaches no provider, and the caller hears it', () => {
  const { ledger, upstream, caller, gateway } = stage()
  ledger.committed(new Error('the log is full'))
  assert.equal(upstream.request, undefined)
  assert.equal(caller.status, 500)
  assert.equal(caller.end_, 'clean')
  assert.equal(gateway.active(), 0)
})

test('the first byte of an answer waits until the intent is durable', () => {
  const { ledger, upstream, caller } = stage({ body: { stream: true } })
  ledger.committed()
  upstream.stream(chatFrames.word)
  assert.equal(caller.status, 0)
  assert.equal(caller.text, '')
  ledger.durable()
  assert.equal(caller.status, 200)
  assert.equal(caller.text, chatFrames.word)
})

test('an intent whose durability fails breaks the connection', () => {
  const { ledger, upstream, caller } = stage({ body: { stream: true } })
  ledger.committed()
  upstream.stream(chatFrames.word)
  ledger.durable(new Error('fsync'))
  assert.equal(caller.end_, 'broken')
  assert.equal(caller.text, '')
})

test('a plain answer waits whole for its settlement', () => {
  const { ledger, upstream, caller } = sent()
  upstream.answer(200, chatReply)
  assert.equal(caller.status, 0)
  assert.equal(caller.text, '')
  ledger.settled()
  assert.equal(caller.text, JSON.stringify(chatReply))
  assert.equal(caller.end_, 'clean')
})

for (const [contract, words, terminal] of [
  ['openai-chat', [chatFrames.word, chatFrames.stop, chatFrames.usage], chatFrames.done],
  ['anthropic-messages', [messageFrames.start, messageFrames.word, messageFrames.delta], messageFrames.stop],
] as const) {
  test(`the terminal event of ${contract} waits for the settlement, what comes before does not`, () => {
    const { ledger, upstream, caller } = sent({
      contract,
      body: { stream: true, ...(contract === 'openai-chat' ? { stream_options: { include_usage: true } } : {}) },
    })
    upstream.stream(...words, terminal)
    assert.equal(caller.text, words.join(''))
    assert.equal(caller.end_, 'open')
    ledger.settled()
    assert.equal(caller.text, words.join('') + terminal)
    assert.equal(caller.end_, 'clean')
    assert.equal(ledger.settlement.usageSource, 'provider_final')
  })
}

test('an error answer waits for its settlement too', () => {
  const { ledger, upstream, caller } = sent()
  upstream.answer(500, { error: { message: 'broken' } })
  assert.equal(caller.status, 0)
  ledger.settled()
  assert.equal(caller.status, 500)
})

test('a settlement that is not durable within ten seconds cuts the connection without the terminal event', () => {
  const { upstream, caller, timers } = sent({ body: { stream: true } })
  upstream.stream(chatFrames.word, chatFrames.done)
  timers.pass(9_999)
  assert.equal(caller.end_, 'open')
  timers.pass(1)
  assert.equal(caller.end_, 'broken')
  assert.equal(caller.text, chatFrames.word)
})

test('a settlement that fails cuts the connection without the terminal event', () => {
  const { ledger, upstream, caller, gateway } = sent({ body: { stream: true } })
  upstream.stream(chatFrames.word, chatFrames.done)
  ledger.settled(new Error('disk'))
  assert.equal(caller.end_, 'broken')
  assert.equal(caller.text, chatFrames.word)
  assert.equal(gateway.active(), 0)
})

test('after a settlement no timer is left waiting', () => {
  const { ledger, upstream, timers } = sent()
  upstream.answer(200, chatReply)
  ledger.settled()
  assert.equal(timers.waiting, 0)
})
