/** A whole Purser with a secret of every kind, and a provider that tells each key it is shown to whoever listens. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { compiled, main, type Place, serve } from '../e2e/process.ts'
import type { Wanted } from './scan.ts'
import { type Sinks, takeArguments } from './sinks.ts'

export const kinds = ['env', 'file', 'command', 'sealed'] as const

export type World = {
  readonly wanted: readonly Wanted[]
  readonly place: Place
  /** Runs a command, its output and the arguments of every process beside it in the sinks. */
  cli(parameters: readonly string[], stdin?: string): Promise<{ readonly code: number | null; readonly out: string }>
  serving(): Promise<Awaited<ReturnType<typeof serve>>>
  readonly keysShown: () => ReadonlySet<string>
}

type After = { after(run: () => unknown): void }

const canary = (kind: string): string => `sk-${kind}/canary+${randomBytes(24).toString('base64url')}="q`

export async function createWorld(t: After, home: string, sinks: Sinks, fillBytes: number): Promise<World> {
  const values = Object.fromEntries([...kinds, 'rotated'].map((kind) => [kind, canary(kind)])) as Record<string, string>
  const shown = new Set<string>()
  const provider = await startTelltale(shown, fillBytes)
  t.after(() => new Promise<void>((resolve) => provider.close(() => resolve())))
  const baseUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  const config = join(home, 'config')
  mkdirSync(join(config, 'secrets'), { recursive: true, mode: 0o700 })
  for (const path of [config, join(config, 'secrets')]) chmodSync(path, 0o700)
  writeFileSync(join(config, 'secrets', 'work'), `${values.file}\n`, { mode: 0o600 })
  writeFileSync(join(home, 'printed'), values.command!, { mode: 0o600 })
  writeFileSync(join(home, 'rotated'), values.rotated!, { mode: 0o600 })
  writeFileSync(join(config, 'config.toml'), `[commands]\nwork = ["cat", ${JSON.stringify(join(home, 'printed'))}]\n`, { mode: 0o600 })
  const place: Place = { home, environment: { CANARY_KEY: values.env!, PURSER_LOG_LEVEL: 'trace' } }
  const seen = new Set<string>()

  const cli: World['cli'] = async (parameters, stdin) => {
    const child = spawn(process.execPath, [main, ...parameters], {
      cwd: home,
      env: { PATH: process.env.PATH, PURSER_HOME: home, NODE_COMPILE_CACHE: compiled, CANARY_SEALED: values.sealed },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.end(stdin ?? '')
    const looking = setInterval(() => takeArguments(sinks, seen), 5)
    try {
      const [out, err, code] = await Promise.all([textOf(child, 'stdout'), textOf(child, 'stderr'), endOf(child)])
      sinks.write(code === 0 ? 'terminal' : 'errors', out + err)
      return { code, out: out + err }
    } finally {
      clearInterval(looking)
    }
  }

  const serving = async () => {
    const server = await serve(t, place)
    takeArguments(sinks, seen)
    server.child.stderr?.on('data', (chunk: Buffer) => sinks.write('logs', chunk))
    return server
  }

  const server = await serving()
  const must = async (parameters: readonly string[], stdin?: string): Promise<string> => {
    const { code, out } = await cli(parameters, stdin)
    if (code !== 0) throw new Error(`purser ${parameters.join(' ')}: exit ${code}\n${out}`)
    return out
  }
  const create = async (path: string, body: object): Promise<void> => {
    const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${server.adminUrl}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    await answer.text()
  }
  await must(['providers', 'create', 'telltale', '--contract', 'openai-chat', '--base-url', baseUrl, '--network', 'loopback'])
  await must(['connections', 'create', 'by-env', '--provider', 'telltale', '--credential', 'env:CANARY_KEY'])
  await must(['connections', 'create', 'by-file', '--provider', 'telltale', '--credential', 'file:work'])
  await must(['connections', 'create', 'by-command', '--provider', 'telltale', '--credential', 'command:work'])
  await must(['connections', 'create', 'by-sealed', '--provider', 'telltale', '--key-stdin'], values.sealed)
  for (const kind of kinds) {
    for (const [prefix, model] of Object.entries({ at: 'teller', torn: 'breaker' }))
      await create(`profiles/${prefix}-${kind}`, { provider: 'telltale', connection: `by-${kind}`, model })
  }
  await server.stop('SIGTERM')
  const files = { kek: 'kek', pepper: 'pepper', 'first key': 'first-key', 'admin token': 'admin-token' }
  const ours = Object.entries(files).map(([name, file]) => ({ name, value: readFileSync(join(config, file), 'utf8').trim() }))
  return {
    wanted: [...Object.entries(values).map(([name, value]) => ({ name, value })), ...ours],
    place,
    cli,
    serving,
    keysShown: () => shown,
  }
}

/** Refuses most calls, and repeats the key it was shown in the body, as it is and in other spellings. */
async function startTelltale(shown: Set<string>, fillBytes: number): Promise<Server> {
  const filling = 'The key that was sent is not right. '.repeat(Math.ceil(fillBytes / 36))
  let calls = 0
  const server = createServer((incoming, outgoing) => {
    let asked = ''
    incoming.setEncoding('utf8').on('data', (part: string) => {
      asked += part
    })
    incoming.on('end', () => {
      const key = String(incoming.headers.authorization).replace('Bearer ', '')
      shown.add(key)
      calls += 1
      const spelled = [key, encodeURIComponent(key), Buffer.from(key).toString('base64'), Buffer.from(key).toString('hex')].join(' ')
      const status = [400, 401, 403, 404, 422, 500, 503, 200][calls % 8]!
      const error = {
        error: { message: `Incorrect API key provided: ${spelled}. ${filling}`, type: 'invalid_request_error', code: 'bad', param: key },
      }
      if (asked.includes('"breaker"')) return tear(outgoing, calls, spelled)
      outgoing.writeHead(status, {
        'content-type': 'application/json',
        'x-echo': encodeURIComponent(key),
        'x-request-id': Buffer.from(key).toString('hex'),
      })
      outgoing.end(JSON.stringify(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** No answer of HTTP, with the key in whatever broke: the log hears of each. */
function tear(outgoing: ServerResponse, turn: number, spelled: string): void {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
  const torn = [
    `${head}content-length: 9000\r\n\r\n{"error":{"message":"${spelled}`,
    `${head}transfer-encoding: chunked\r\n\r\n8\r\n{"error"\r\n`,
    `${head}content-length: ${spelled}\r\n\r\n{}`,
    `${head}transfer-encoding: chunked\r\n\r\n8\r\n{"error"\r\n${spelled}\r\n`,
    `${head}bad header ${spelled}: 1\r\n\r\n{}`,
    `${spelled}\r\n\r\n`,
    `${head}x-${'key'.repeat(9_000)}: ${spelled}\r\n\r\n{}`,
  ]
  // Most break in their body, after which nobody asks again.
  outgoing.socket!.end(torn[turn % 3 === 0 ? Math.floor(turn / 3) % torn.length : turn % 2]!)
}

function textOf(child: ChildProcess, stream: 'stdout' | 'stderr'): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    child[stream]!.on('data', (chunk: Buffer) => {
      text += chunk
    }).on('end', () => resolve(text))
  })
}

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code)))
}
