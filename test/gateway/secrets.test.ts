/** What a call does about its secret: waits for one that is not at hand before anything is in the books, and tries once more with one that was replaced. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../src/core/secret.ts'
import { type Asked, connectionRow, directoryOf, profileRow, providerRow, type Stage, stage } from '../support/gateway.ts'
import { chatReply } from './answers.ts'

const provider = providerRow({ name: 'first', contract: 'openai-chat', base_url: 'https://first.example/v1' })
const paying = (credential: string) =>
  directoryOf({
    providers: [provider],
    connections: [connectionRow({ name: 'first', provider_id: provider.id, auth: { type: 'api_key', credential } })],
    profiles: [profileRow({ name: 'chat', provider_id: provider.id, model: 'coin-1' })],
    routes: [],
  })
const call = (credential: string, secrets: NonNullable<Asked['secrets']>): Stage => stage({ directory: paying(credential), secrets })
const keysSent = ({ upstream }: Stage): unknown[] => upstream.requests.map(({ headers }) => headers.authorization)
const refusal = { error: { message: 'Incorrect API key', type: 'invalid_request_error', code: 'invalid_api_key', param: null } }
const value = (text: string) => (_reference: string, origin: string) => new Secret(text, origin)

test('a call waits for a command before its intent, and one whose caller left by then is never in the books', async () => {
  const asking = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const [stays, leaves] = asking.map(({ promise }) => call('command:vault', { warm: () => promise, secretOf: value('sk-fresh') }))
  assert.deepEqual([stays!.ledger.asked, stays!.gateway.active()], [[], 0])
  leaves!.caller.leave()
  for (const { resolve } of asking) resolve()
  await turn()
  assert.deepEqual(stays!.ledger.asked, ['intend 1'])
  assert.deepEqual(leaves!.ledger.asked, [])
  stays!.ledger.admit()
  assert.deepEqual(keysSent(stays!), ['Bearer sk-fresh'])
})

test('a secret of any other kind is never waited for', () => {
  for (const credential of ['env:A', 'file:a', 'sealed:a']) {
    const asked = call(credential, {
      warm: () => assert.fail('asked'),
    })
    assert.deepEqual(asked.ledger.asked, ['intend 1'])
  }
})

test('a 401 is tried once more where the secret was replaced, in one transaction, and the second 401 stands', () => {
  let reloads = 0
  const reload = (refused: Secret) => {
    reloads += 1
    return new Secret(`sk-fresh-${reloads}`, refused.origin)
  }
  const asked = call('file:a', { secretOf: value('sk-stale'), reload })
  asked.ledger.admit()
  asked.upstream.answer(401, refusal)
  assert.deepEqual(asked.ledger.asked, ['intend 1', 'follow 1 2'])
  asked.ledger.admit()
  asked.upstream.answer(401, refusal)
  asked.ledger.settled()
  assert.deepEqual(keysSent(asked), ['Bearer sk-stale', 'Bearer sk-fresh-1'])
  assert.deepEqual([reloads, asked.caller.status, asked.gateway.active()], [1, 502, 0])
})

test('a command that has to be asked again is waited for with the failure in the books', async () => {
  for (const fresh of [null, new Secret('sk-fresh', 'https://first.example:443')]) {
    const asking = Promise.withResolvers<Secret | null>()
    const asked = call('command:vault', { secretOf: value('sk-stale'), reload: () => asking.promise })
    asked.ledger.admit()
    asked.upstream.answer(401, refusal)
    asked.ledger.settled()
    assert.deepEqual(asked.ledger.asked, ['intend 1', 'settle 1'])
    asking.resolve(fresh)
    await turn()
    if (fresh !== null) {
      asked.ledger.admit()
      asked.upstream.answer(200, chatReply)
      asked.ledger.settled()
    }
    assert.deepEqual([asked.caller.status, asked.gateway.active()], [fresh === null ? 502 : 200, 0])
  }
})

test('another refusal than a 401, and a connection without a secret, reload nothing', () => {
  const asked = call('file:a', { reload: () => assert.fail('reloaded') })
  asked.ledger.admit()
  asked.upstream.answer(403, refusal)
  asked.ledger.settled()
  assert.equal(asked.caller.status, 502)
})

async function turn(): Promise<void> {
  for (let n = 0; n < 5; n += 1) await Promise.resolve()
}
