import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { homeOf } from '../../src/control/home/home.ts'
import { purser, temporaryHome } from './screen.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** A server of its own process. Resolves once it has said where it is. */
async function serve(t: TestContext, root: string, ...argv: string[]) {
  const env = { PATH: process.env.PATH, PURSER_HOME: root, OPENAI_API_KEY: 'sk-canary-0123456789' }
  const child = spawn(process.execPath, [main, 'serve', '--port', '0', '--admin-port', '0', ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)))
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (out.includes('calls list')) resolve()
    })
    child.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${err}`)))
  })
  return { child, exit, out: () => out, err: () => err }
}

async function stop(
  { child, exit }: { child: ChildProcess; exit: Promise<number | null> },
  signal: NodeJS.Signals,
): Promise<number | null> {
  child.kill(signal)
  return exit
}

test('a first start prints where it is, names of keys and paths of files, and never a secret; a call is then seen through the server', async (t) => {
  const root = temporaryHome(t)
  const home = homeOf(root, {}, root)
  const server = await serve(t, root)
  const key = readFileSync(home.firstKey, 'utf8').trim()
  const printed = server.out() + server.err()
  assert.ok(printed.includes('OPENAI_API_KEY') && printed.includes(home.firstKey) && printed.includes(home.adminToken))
  assert.ok(printed.includes('simulated'))
  for (const secret of [key, readFileSync(home.adminToken, 'utf8').trim(), 'sk-canary-0123456789']) assert.ok(!printed.includes(secret))
  for (const file of [home.firstKey, home.adminToken, home.pepper, home.serverFile]) assert.equal(statSync(file).mode & 0o777, 0o600, file)
  for (const folder of [home.config, home.data, home.state, home.cache]) assert.equal(statSync(folder).mode & 0o777, 0o700, folder)

  const url = /inference +(\S+)/.exec(server.out())![1]
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  assert.equal(answer.status, 200)
  await answer.text()
  const call = answer.headers.get('x-request-id')!

  const env = { PURSER_HOME: root }
  assert.equal((await purser(['calls', 'list', '--quiet'], env)).out, `${call}\n`)
  const explained = await purser(['explain', 'call', call], env)
  assert.equal(explained.exitCode, 0, explained.out)
  assert.match(explained.out, /usage from provider_final: input_tokens 2, output_tokens \d+$/m)
  assert.match(explained.out, /2 × 1\.00 \/ 1000000 = 0\.000002 USD/)
  assert.match((await purser(['status'], env)).out, /server +pid \d+/)
  const connections = JSON.parse((await purser(['connections', 'list', '--json'], env)).out) as {
    items: { credential: string | null; secret: string }[]
  }
  assert.equal(connections.items.find((item) => item.credential === 'env:OPENAI_API_KEY')?.secret, 'present')
  const created = await purser(['rates', 'create', '--provider', 'simulated', '--model', 'n', '--input', '1.00', '--output', '1.00'], env)
  assert.equal(created.exitCode, 0, created.err)
  assert.equal((await purser(['calls', 'get', 'nothing'], env)).exitCode, 3)
  assert.equal((await purser(['status'], { ...env, PURSER_ADMIN_TOKEN: 'wrong' })).exitCode, 4)
  assert.equal((await purser(['migrate'], env)).exitCode, 75)
  const second = await purser(['serve', '--port', '0', '--admin-port', '0'], env)
  assert.equal(second.exitCode, 75)
  assert.match(second.err, /already serves this home, as process \d+\./)

  assert.equal(await stop(server, 'SIGTERM'), 0, server.err())
  assert.ok(!existsSync(home.serverFile))
  assert.equal((await purser(['explain', 'call', call], env)).exitCode, 0, 'the same without a server')
})

test('a second start of a home says nothing of new keys, and Ctrl-C ends it with 0', async (t) => {
  const root = temporaryHome(t)
  assert.equal(await stop(await serve(t, root), 'SIGINT'), 0)
  const again = await serve(t, root)
  assert.doesNotMatch(again.out(), /were made/)
  assert.doesNotMatch(again.out(), /migrated/)
  assert.equal(await stop(again, 'SIGINT'), 0)
})
