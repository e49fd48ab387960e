/** What a call does about its secret: waits for one that is not at hand before anything is in the books, and tries once more with one that was replaced. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { storeError } from '../../src/store/faults.ts'
import { errorOf, plainError } from '../../src/store/writer-messages.ts'
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

test('what only an operator may know is in his log, and the caller is told the rest', () => {
  const lines: string[] = []
  const told = 'The secret file:a cannot be used.'
  const secretOf = () => {
    throw new PurserError('unavailable', 'The secret file:a cannot be used. There is no file /srv/purser/secrets/a.', {
      code: 'secret_unavailable',
      hint: 'Look into /srv/purser.',
      told,
    })
  }
  const { caller } = stage({ directory: paying('file:a'), secrets: { secretOf }, onError: (message) => lines.push(message) })
  assert.equal(caller.status, 503)
  assert.equal((JSON.parse(caller.text) as { error: { message: string } }).error.message, told)
  assert.match(lines.join(), /srv\/purser\/secrets\/a/)
})

test('a database that fails is said to callers in our words, and to the operator in its own', () => {
  const lines: string[] = []
  const failed = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' })
  const { caller, ledger } = stage({ onError: (message) => lines.push(message) })
  ledger.committed(errorOf(plainError(storeError(failed))))
  assert.equal(caller.status, 503)
  assert.doesNotMatch(caller.text, /10\.1\.2\.3|PURSER_DATABASE_URL/)
  assert.match(lines.join(), /10\.1\.2\.3/)
})
