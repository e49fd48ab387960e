import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { eachDatabase } from '../support/databases.ts'
import { prepareHome, startOn } from '../support/home.ts'
import { purser, readyOn, temporaryHome } from './screen.ts'

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

eachDatabase((database) => {
  test('a call is made in a home without a server: the answer to stdout, its price to stderr, and the ledger has it', async (t) => {
    const environment = await readyOn(t, database)
    const shown = await purser(['try', 'simulated', 'How are you?'], environment)
    assert.deepEqual([shown.exitCode, shown.out], [0, 'How are you?\n'])
    const id =
      /^simulated \/ simulated-1: 0\.000009 USD \(priced\), \d+ ms\. Explain it: {2}node .*bin\/purser\.js explain call (\S+)\n$/.exec(
        shown.err,
      )?.[1]
    assert.ok(id, shown.err)
    assert.equal((await purser(['explain', 'call', id], environment)).exitCode, 0)
  })

  test('through a server that runs, by any contract; as JSON with the whole call', async (t) => {
    const environment = await readyOn(t, database)
    const server = await startOn(environment.PURSER_HOME, { database: environment.PURSER_DATABASE_URL })
    t.after(() => server.close())
    const claude = await purser(['try', 'simulated-claude', 'hello'], environment)
    assert.deepEqual([claude.exitCode, claude.out], [0, 'hello\n'])
    const whole = JSON.parse((await purser(['try', 'simulated', 'hello', '--json'], environment)).out)
    assert.equal(whole.text, 'hello')
    assert.equal(whole.call.attempts[0].settlement.pricing_status, 'priced')
    const used = await purser(['usage', '--by', 'key', '--key', 'first-key'], environment)
    assert.match(used.out, /^KEY +KEY NAME .*\n\S+ +first-key +2 /)
  })

  test('what fails says what, why and what to do next, with the exit code of its kind', async (t) => {
    const environment = await readyOn(t, database)
    const server = await startOn(environment.PURSER_HOME, { database: environment.PURSER_DATABASE_URL })
    t.after(() => server.close())
    for (const [profile, exitCode, says] of refusals) {
      const shown = await purser(['try', profile, 'hello'], environment)
      assert.match(shown.err, says)
      assert.equal(shown.exitCode, exitCode, profile)
    }
  })
})

test('without a server the variables stay where they are, and a credential that a command tells can be used', async (t) => {
  const root = temporaryHome(t)
  const upstream = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"no such key"}}')
  })
  const seen: (string | undefined)[] = []
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  t.after(() => upstream.close())
  const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  await prepareHome(root, { providers: [{ name: 'told', contract: 'openai-chat', baseUrl, network: 'loopback', models: [] }] })
  const printing = [process.execPath, '-e', 'process.stdout.write("sk-of-a-command")']
  writeFileSync(join(root, 'config', 'config.toml'), `[commands]\nvault = ${JSON.stringify(printing)}\n`)
  const environment = { PURSER_HOME: root }
  const bound = await purser(
    ['connections', 'update', 'told', '--set', 'auth.type=api_key', '--set', 'auth.credential=command:vault'],
    environment,
  )
  assert.equal(bound.exitCode, 0, bound.err)
  process.env.OPENAI_API_KEY = 'sk-of-this-test'
  t.after(() => delete process.env.OPENAI_API_KEY)
  const shown = await purser(['try', 'told/model', 'hello'], environment)
  assert.match(shown.err, /no such key/)
  assert.deepEqual(seen, ['Bearer sk-of-a-command'])
  assert.equal(process.env.OPENAI_API_KEY, 'sk-of-this-test')
})
