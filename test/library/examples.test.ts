/** The examples run as they stand, in processes of their own: what they print, what they answer, and that they end by themselves. */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'

type Running = { readonly child: ChildProcess; output(): string; readonly ended: Promise<number | null> }

function run(t: TestContext, path: string, environment: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [path], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  return { child, output: () => output, ended: new Promise((resolve) => child.once('close', (code) => resolve(code))) }
}

test('the plain script answers, streams, prices, and leaves nothing that keeps its process alive', async (t) => {
  const { ended, output } = run(t, 'examples/plain.ts')
  assert.equal(await ended, 0, output())
  assert.match(output(), /^Good morning\.$/m)
  assert.match(output(), /data: \[DONE\]/)
  assert.deepEqual(output().match(/^assistant succeeded 0\.\d+ USD$/gm)?.length, 2)
})

test('the Hono app serves Purser under a path, to callers with a key and to nobody else', async (t) => {
  const app = run(t, 'examples/hono.ts', { PORT: '0' })
  const line = /OPENAI_BASE_URL=(\S+) OPENAI_API_KEY=(\S+)/
  await new Promise<void>((resolve, reject) => {
    app.child.stdout!.on('data', () => line.test(app.output()) && resolve())
    app.child.once('close', () => reject(new Error(app.output())))
  })
  const [, base, key] = line.exec(app.output()) as unknown as [string, string, string]
  const ask = (body: object, credential: string) =>
    fetch(`${base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'simulated', messages: [{ role: 'user', content: 'hello' }], ...body }),
    })
  const answer = await ask({}, key)
  assert.equal(answer.status, 200, await answer.clone().text())
  assert.match(await answer.text(), /"content":"hello"/)
  const streamed = await ask({ stream: true }, key)
  assert.match(await streamed.text(), /data: \[DONE\]/)
  const refused = await ask({}, 'sk-anything')
  assert.equal(refused.status, 401)
  await refused.text()
  const hidden = await ask({ model: 'simulated-claude' }, key)
  assert.equal(hidden.status, 403)
  await hidden.text()
  const leaving = new AbortController()
  const cut = await fetch(`${base}/chat/completions`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'simulated', stream: true, messages: [{ role: 'user', content: 'hello' }] }),
    signal: leaving.signal,
  })
  leaving.abort()
  await assert.rejects(cut.text())
  const costs = (await (await fetch(base.replace('/llm/v1', '/costs'))).json()) as { group: { profile: string } }[]
  assert.equal(costs[0]?.group.profile, 'simulated')
  app.child.kill('SIGTERM')
  assert.equal(await app.ended, 0, app.output())
})

test('the guide shows the examples as they stand', () => {
  const guide = readFileSync('docs/guides/library.md', 'utf8')
  for (const name of ['plain', 'hono']) assert.ok(guide.includes(readFileSync(`examples/${name}.ts`, 'utf8').trim()), name)
})
