import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startOn } from '../support/home.ts'
import { purser, temporaryHome } from './screen.ts'

test('a call is made in an empty home: the answer to stdout, its price to stderr, and the ledger has it', async (t) => {
  const environment = { PURSER_HOME: temporaryHome(t) }
  const shown = await purser(['try', 'simulated', 'How are you?'], environment)
  assert.deepEqual([shown.exitCode, shown.out], [0, 'How are you?\n'])
  const id = /^simulated \/ simulated-1: 0\.000009 USD \(priced\), \d+ ms\. Explain it: {2}purser explain call (\S+)\n$/.exec(
    shown.err,
  )?.[1]
  assert.ok(id, shown.err)
  assert.equal((await purser(['explain', 'call', id], environment)).exitCode, 0)
})

test('through a server that runs, by any contract; as JSON with the whole call', async (t) => {
  const root = temporaryHome(t)
  const server = await startOn(root)
  t.after(() => server.close())
  const claude = await purser(['try', 'simulated-claude', 'hello'], { PURSER_HOME: root })
  assert.deepEqual([claude.exitCode, claude.out], [0, 'hello\n'])
  const whole = JSON.parse((await purser(['try', 'simulated', 'hello', '--json'], { PURSER_HOME: root })).out)
  assert.equal(whole.text, 'hello')
  assert.equal(whole.call.attempts[0].settlement.pricing_status, 'priced')
})

const refusals: readonly (readonly [profile: string, exitCode: number, says: RegExp])[] = [
  ['simulatd', 3, /^No profile is named "simulatd"\.\nDid you mean "simulated"\? .*\nSee what there is: {2}purser profiles list\n$/],
  ['simulated/simulated-error-429', 6, /^.*429.*\n\(request \S+\)\nSee what was tried: {2}purser calls get \S+\n$/],
  ['simulated/simulated-error-mid', 6, /^Simulated: failed half way\.\n\(request \S+\)\nSee what was tried: {2}purser calls get \S+\n$/],
  [
    'openai/gpt-4o',
    1,
    /^"openai\/gpt-4o" cannot be used: .*OPENAI_API_KEY is absent[\s\S]*\(request \S+\)\nSee how things stand: {2}purser doctor\n$/,
  ],
]

test('what fails says what, why and what to do next, with the exit code of its kind', async (t) => {
  const root = temporaryHome(t)
  const server = await startOn(root)
  t.after(() => server.close())
  for (const [profile, exitCode, says] of refusals) {
    const shown = await purser(['try', profile, 'hello'], { PURSER_HOME: root })
    assert.match(shown.err, says)
    assert.equal(shown.exitCode, exitCode, profile)
  }
})
