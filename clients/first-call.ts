/** Runs `docs/guides/first-call.md` as it is written: its blocks in order, in a fresh clone, with an empty home. Fails if a command does, or if it takes ten. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')
const page = readFileSync(join(repository, 'docs/guides/first-call.md'), 'utf8')
const mostCommands = 9

type Block = { readonly server: boolean; readonly script: string }

const blocks: readonly Block[] = [...page.matchAll(/^```sh( server)?\n([\s\S]*?)^```$/gm)].map(([, server, script]) => ({
  server: server !== undefined,
  script: script!,
}))

/** A command begins at the margin; its further lines do not. */
const commands = blocks.flatMap(({ script }) => script.split('\n').filter((line) => /^\S/.test(line)))

const root = mkdtempSync(join(tmpdir(), 'purser-first-call-'))
const clone = join(root, 'clone')
const home = join(root, 'home')
mkdirSync(home)
const passedOn = Object.entries(process.env).filter(([name]) => /^(PATH|LANG|npm_config_.*|NPM_CONFIG_.*|NODE_EXTRA_CA_CERTS)$/.test(name))
const environment = { ...Object.fromEntries(passedOn), HOME: home }
let server: ChildProcess | undefined

try {
  if (commands.length > mostCommands) throw new Error(`The page takes ${commands.length} commands.`)
  run(root, `git clone --quiet --no-hardlinks '${repository}' '${clone}'`)
  let said = ''
  let exports = ''
  for (const block of blocks) {
    process.stdout.write(`${block.script.replaceAll(/^/gm, block.server ? 'server$ ' : '$ ').trimEnd()}\n`)
    if (block.server) server = await startServer(block.script)
    else said += show(run(clone, exports + block.script))
    exports += block.script
      .split('\n')
      .filter((line) => line.startsWith('export '))
      .map((line) => `${line}\n`)
      .join('')
  }
  for (const expected of [/Hello from the OpenAI SDK/, /Hello from opencode/, /priced/, /Every line comes out again/])
    if (!expected.test(said)) throw new Error(`Nothing printed matches ${expected}.`)
  process.stdout.write(`\n${commands.length} commands, each as written.\n`)
} catch (error) {
  process.stdout.write(`\nFAILED: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  if (server?.exitCode === null) {
    const ended = new Promise((resolve) => server?.once('exit', resolve))
    server.kill('SIGTERM')
    await ended
  }
  rmSync(root, { recursive: true, force: true })
}

function run(cwd: string, script: string): string {
  const done = spawnSync('bash', ['-c', `set -euo pipefail\n${script}`], { cwd, env: environment, encoding: 'utf8', timeout: 300_000 })
  if (done.status !== 0) throw new Error(`Exit ${done.status} of:\n${script}\n${done.stdout}\n${done.stderr}`)
  return done.stdout + done.stderr
}

function show(text: string): string {
  process.stdout.write(`${text.trimEnd()}\n\n`)
  return text
}

/** Resolves once the server has said the last of its lines. */
function startServer(script: string): Promise<ChildProcess> {
  const child = spawn('bash', ['-c', `exec ${script}`], { cwd: clone, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
      if (!out.includes('Then see what it cost')) return
      show(out)
      if (out.includes('on the next free port')) reject(new Error('Port 7878 is taken.'))
      resolve(child)
    })
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)))
  })
}
