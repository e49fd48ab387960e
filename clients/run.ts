/** Runs real SDKs and coding agents against a Purser of its own, over both contracts and across them, and then reads the books. */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPurser } from '../src/index.ts'
import { prepareHome, startOn } from '../test/support/home.ts'
import { agents, prompt } from './agents.ts'
import { booksOf, openBooks } from './books.ts'
import { judge, priced, type Seen } from './judge.ts'

const folder = import.meta.dirname
const packages = join(folder, 'node_modules')
const python = join(folder, '.cells', 'python', 'bin', 'python')

/** What answers: a model and a provider for each contract. A client of the other contract is translated. */
const targets = {
  'openai-chat': { model: 'simulated', provider: 'simulated' },
  'anthropic-messages': { model: 'simulated-claude', provider: 'simulated-anthropic' },
} as const

type Client = { readonly inside?: true; readonly name: string; readonly contract: keyof typeof targets; readonly argv: readonly string[] }

const clients: readonly Client[] = [
  { name: 'openai', contract: 'openai-chat', argv: [process.execPath, 'openai.mjs'] },
  { name: 'anthropic', contract: 'anthropic-messages', argv: [process.execPath, 'anthropic.mjs'] },
  { name: 'openai in the library', contract: 'openai-chat', argv: [process.execPath, 'openai.mjs'], inside: true },
  { name: 'anthropic in the library', contract: 'anthropic-messages', argv: [process.execPath, 'anthropic.mjs'], inside: true },
  { name: 'ai with openai-compatible', contract: 'openai-chat', argv: [process.execPath, 'ai-sdk.mjs'] },
  { name: 'ai with anthropic', contract: 'anthropic-messages', argv: [process.execPath, 'ai-sdk.mjs'] },
  { name: 'openai for Python', contract: 'openai-chat', argv: [python, 'python_openai.py'] },
  { name: 'anthropic for Python', contract: 'anthropic-messages', argv: [python, 'python_anthropic.py'] },
]

type Ran = { readonly status: number | null; readonly out: string; readonly err: string }
const limitMs = 90_000

function run(argv: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): Promise<Ran> {
  const [file, ...args] = argv
  const child = spawn(file!, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ status: null, out, err: String(error) }))
    child.on('close', (status) => resolve({ status, out, err }))
  })
}

let passed = 0
let failed = 0

function tell(name: string, problems: readonly string[], facts = ''): void {
  if (problems.length === 0) passed += 1
  else failed += 1
  process.stdout.write(`  ${problems.length === 0 ? 'ok' : 'FAILED'} ${name} ${facts}${problems.map((one) => `\n     ${one}`).join('')}\n`)
}

/** Both folders of packages, from their own lockfile and list. */
function install(): void {
  const steps: readonly (readonly string[])[] = [
    ...(existsSync(packages) ? [] : [['npm', 'install', '--no-save', '--no-audit', '--no-fund']]),
    ...(existsSync(python)
      ? []
      : [
          ['python3', '-m', 'venv', join(folder, '.cells', 'python')],
          [python, '-m', 'pip', 'install', '-q', '-r', 'requirements.txt'],
        ]),
  ]
  for (const [command, ...args] of steps) {
    if (spawnSync(command!, args, { cwd: folder, stdio: 'inherit' }).status !== 0) process.exit(1)
  }
}

install()
const root = mkdtempSync(join(tmpdir(), 'purser-clients-'))
const { callKey, adminToken } = await prepareHome(root, { providers: [] })
const library = join(root, 'library')
const embedded = await prepareHome(library, { providers: [] })
const server = await startOn(root)
const books = openBooks(server.adminUrl, adminToken)
const only = process.argv.slice(2)
const wanted = (name: string): boolean => only.length === 0 || only.some((word) => name.includes(word))

try {
  for (const client of clients.filter(({ name }) => wanted(name))) {
    for (const [contract, target] of Object.entries(targets)) {
      process.stdout.write(`\n${client.name}, ${client.contract === contract ? 'relayed to' : 'translated to'} ${contract}\n`)
      const { out, err, status } = await run(client.argv, folder, {
        PATH: process.env.PATH,
        HOME: root,
        PURSER_URL: server.inferenceUrl,
        PURSER_API_KEY: callKey,
        PURSER_MODEL: target.model,
        PURSER_PROVIDER: target.provider,
        PURSER_CONTRACT: client.contract,
        NO_PROXY: '127.0.0.1,localhost',
        ...(client.inside && { PURSER_URL: 'http://purser', PURSER_API_KEY: embedded.callKey, PURSER_LIBRARY: library }),
      })
      // The process has ended, and its books stay: they are opened again to be read.
      const kept = client.inside && (await createPurser({ home: library }))
      if (status !== 0) tell('the client', [`ended with ${status}: ${err.slice(0, 500)}`])
      for (const line of out.split('\n').filter((text) => text.startsWith('{'))) {
        const seen = JSON.parse(line) as Seen
        const { problems, settlement } = await judge(seen, kept ? booksOf(kept) : books, client.contract === contract)
        tell(seen.name, problems, settlement ? `${settlement.outcome} ${settlement.usage_source} ${settlement.charged}` : '')
      }
      if (kept) await kept.close()
    }
  }
  for (const [index, agent] of agents.entries()) {
    if (!wanted(agent.name)) continue
    for (const [contract, target] of Object.entries(targets)) {
      process.stdout.write(
        `\n${agent.name} by ${agent.contract}, ${agent.contract === contract ? 'relayed to' : 'translated to'} ${contract}\n`,
      )
      const cell = {
        home: join(root, `${agent.name}-${index}`),
        work: join(root, 'work'),
        url: server.inferenceUrl,
        key: callKey,
        packages,
        path: process.env.PATH ?? '',
      }
      for (const [turn, model, expected] of [
        ['text turn', target.model, prompt],
        ['tool loop', `${target.provider}/simulated-tools`, 'simulated: command not found'],
      ] as const) {
        const begun = Date.now()
        const { argv, environment } = agent.command(cell, model)
        const { status, out, err } = await run(argv, cell.work, environment)
        const calls = (await books.since(begun)).filter((call) => call.requested_name === model)
        const problems = calls
          .flatMap(({ attempts }) => attempts.map((attempt) => priced(attempt.settlement)))
          .filter((one) => one !== undefined)
        if (status !== 0) problems.push(`ended with ${status}: ${err.slice(-500)}`)
        if (!`${out}${err}`.includes(expected)) problems.push(`did not print "${expected}": ${out.slice(-300)}`)
        if (calls.length < (turn === 'tool loop' ? 2 : 1)) problems.push(`${calls.length} calls in the books`)
        tell(turn, problems, `${calls.length} calls`)
      }
    }
  }
} finally {
  await server.close(1_000)
  rmSync(root, { recursive: true, force: true })
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
