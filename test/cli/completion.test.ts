import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { placeOf } from '../../src/cli/completion/candidates.ts'
import { type Shell, stubs } from '../../src/cli/completion/stubs.ts'
import { buildProgram, everyCommand } from '../../src/cli/program.ts'
import { noPrompts } from '../../src/cli/prompts.ts'
import { homeOf } from '../../src/control/home/home.ts'
import { writeServerFile } from '../../src/control/home/server-file.ts'
import { startOn } from '../support/home.ts'
import { purser, temporaryHome } from './screen.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const terminal = {
  out() {},
  err() {},
  width: 100,
  interactive: false,
  prompts: noPrompts,
  environment: {},
  userHome: '/nowhere',
  paint: (_style: unknown, text: string) => text,
}
const program = buildProgram(terminal, { exitCode: 0 }, 'test')

async function complete(home: string, ...words: string[]): Promise<readonly string[]> {
  const shown = await purser(['complete', '--', ...words], { PURSER_HOME: home })
  assert.deepEqual([shown.exitCode, shown.err], [0, ''])
  return shown.out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]!]))
}

test('every command is offered from any beginning of its name, and nothing that begins otherwise', () => {
  const shown = everyCommand(program).filter((command) => command.parent !== null)
  const path = (command: (typeof shown)[number]): string[] => [...(command.parent?.parent ? path(command.parent) : []), command.name()]
  const visible = shown.filter((command) => command.parent!.createHelp().visibleCommands(command.parent!).includes(command))
  fc.assert(
    fc.property(fc.constantFrom(...visible), fc.nat(), (command, cut) => {
      const words = path(command)
      const last = words.pop()!
      const { candidates, prefix } = placeOf(program, [...words, last.slice(0, cut % (last.length + 1))])
      assert.ok(
        candidates.some(({ value }) => value === last),
        [...words, last].join(' '),
      )
      assert.ok(candidates.every(({ value }) => value.startsWith(prefix)))
    }),
    { numRuns: 200 },
  )
})

test('whatever was typed, completion only offers', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('providers', 'get', '--by', '--', '=', '-', '--json', 'usage', '__proto__', ''))
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => void placeOf(program, words)),
    { numRuns: 300 },
  )
})

test('flags, choices and shells are completed without a server', async (t) => {
  const home = temporaryHome(t)
  assert.deepEqual(await complete(home, 'calls', 'list', '--lim'), ['--limit'])
  assert.ok((await complete(home, 'calls', 'list', '--')).includes('--json'), 'flags that every command takes')
  assert.deepEqual(await complete(home, 'usage', '--by', 'mo'), ['model'])
  assert.deepEqual(await complete(home, 'usage', '--by', '=', 'mo'), ['model'], 'as bash cuts --by=mo')
  assert.deepEqual(await complete(home, 'completion', 'f'), ['fish'])
  assert.deepEqual(await complete(home, 'providers', 'get', ''), [])
  assert.deepEqual(await complete(home, 'complet'), ['completion'], 'what only shells ask is not offered')
})

test('names come from the server that runs on this home, or on the one that was typed', async (t) => {
  const home = temporaryHome(t)
  const server = await startOn(home)
  t.after(() => server.close())
  /** A slow machine may give nothing in time, and then is asked again. Something wrong is never given. */
  const offered = async (at: string, ...words: string[]) => {
    for (let tries = 0; tries < 20; tries += 1) {
      const names = await complete(at, ...words)
      if (names.length > 0) return names
    }
    return []
  }
  assert.deepEqual(await offered(home, 'profiles', 'get', 'simulated-'), ['simulated-claude'])
  assert.deepEqual(await offered(home, 'calls', 'list', '--provider', 'simulated-'), ['simulated-anthropic'])
  assert.deepEqual(await offered(temporaryHome(t), '--home', home, 'profiles', 'get', 'simulated-'), ['simulated-claude'])
})

test('a server that does not answer is not waited for', async (t) => {
  const mute = createServer(() => {})
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    mute.closeAllConnections()
    mute.close()
  })
  const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`
  const root = temporaryHome(t)
  const home = homeOf(root, {}, root)
  for (const folder of [home.state, home.config]) mkdirSync(folder, { recursive: true })
  writeFileSync(home.adminToken, 'token\n')
  writeServerFile(home, { pid: process.pid, instance: 'x', database: home.database, inference_url: url, admin_url: url, started_at: 0 })
  assert.deepEqual(await complete(root, 'profiles', 'get', ''), [])
})

/** A shell that has `purser` on its path and the stub in a file. */
function shellWith(t: TestContext, shell: Shell) {
  const folder = temporaryHome(t)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'purser'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`)
  chmodSync(join(bin, 'purser'), 0o755)
  const stub = join(folder, 'stub')
  writeFileSync(stub, stubs[shell])
  const environment = { PATH: [bin, process.env.PATH].join(delimiter), HOME: folder, PURSER_HOME: folder }
  const run = (argv: readonly string[], script: string) => {
    const done = spawnSync(shell, [...argv, '-c', script.replaceAll('STUB', stub)], { env: environment, encoding: 'utf8', cwd: folder })
    assert.equal(done.status, 0, done.stderr)
    return done.stdout.split('\n').filter((line) => line !== '')
  }
  return { folder, run }
}

function installed(shell: Shell): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0
}

test('bash completes by its own function, and what was typed is run by nobody', { skip: !installed('bash') }, (t) => {
  const { folder, run } = shellWith(t, 'bash')
  const ask = (words: string) =>
    run(
      ['--norc'],
      `source STUB; COMP_WORDS=(purser ${words}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _purser; printf '%s\\n' "\${COMPREPLY[@]}"`,
    )
  assert.deepEqual(ask('prov'), ['providers'])
  assert.deepEqual(ask("routes ''").slice(0, 2), ['list', 'get'])
  assert.deepEqual(ask('usage --by = mo'), ['model'])
  ask(`'$(touch ran)' '\`touch ran\`' ';touch ran' ''`)
  assert.ok(!existsSync(join(folder, 'ran')))
})

test('zsh completes by its own function', { skip: !installed('zsh') }, (t) => {
  const { folder, run } = shellWith(t, 'zsh')
  const ask = (words: string) =>
    run(
      ['-f'],
      `compdef() {}; _describe() { print -l -- "\${(@P)2}" }; _files() {}; source STUB; words=(purser ${words}); CURRENT=\${#words}; _purser`,
    )
  assert.deepEqual(ask('prov'), ['providers:who serves models'])
  assert.ok(ask("providers ''").includes('get:Show one provider, by name or id.'))
  ask(`'$(touch ran)' ''`)
  assert.ok(!existsSync(join(folder, 'ran')))
})

test('fish completes as it does for a person', { skip: !installed('fish') }, (t) => {
  const { folder, run } = shellWith(t, 'fish')
  const ask = (line: string) => run(['--no-config'], `source STUB; complete -C '${line}'`)
  assert.deepEqual(ask('purser prov'), ['providers\twho serves models'])
  assert.deepEqual(ask('purser usage --by mo'), ['model'])
  ask('purser (touch ran) ')
  assert.ok(!existsSync(join(folder, 'ran')))
})
