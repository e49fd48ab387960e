import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildProgram, everyCommand } from '../../src/cli/program.ts'
import { processTerminal } from '../../src/cli/terminal.ts'
import { reaches } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { prepareHome, startOn } from '../support/home.ts'
import { purser, temporaryHome } from './screen.ts'

/** The words of a command line as a shell would split it. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]))+/g)].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|"((?:[^"\\]|\\.)*)"/g,
      (_all, single?: string, double?: string) => single ?? double?.replaceAll('\\"', '"') ?? '',
    ),
  )
}

/** Every example there is: of operations, and of the commands made by hand. */
function examples(): readonly string[] {
  const shown: string[] = []
  const terminal = { ...processTerminal(), out: (text: string) => void shown.push(text) }
  const program = buildProgram(terminal, { exitCode: 0 }, 'test')
  for (const command of everyCommand(program)) command.outputHelp()
  const lines = shown.join('').match(/^ {2}purser .+$/gm) ?? []
  return [
    ...new Set([...operations.filter((each) => reaches(each, 'cli')).map((each) => each.example), ...lines.map((line) => line.trim())]),
  ]
}

/** A change is planned alone, so that no example spoils the next one's home. */
function writes(line: string): boolean {
  const asked = operations.find((each) => line.startsWith(`purser ${each.name.replace('.', ' ')} `))
  return asked !== undefined && 'dry_run' in asked.input.shape && !line.includes('--dry-run')
}

/** They do not end by themselves, or belong to a shell. */
const untried = /^purser (serve|calls tail|complete|completion|init|migrate)\b|<id>/
/** What an example needs that a fresh home has not, and its exit code without it: a name, a plan, a file of the old assistant, a decision. */
const needs: Readonly<Record<number, string>> = {
  2: 'an input that the home has not',
  3: 'a thing of that name',
  5: 'a state that fits',
  8: 'a decision',
}

test('every example of every command is understood by the program, and against a live server none fails otherwise than for want of a thing', async (t) => {
  const root = temporaryHome(t)
  await prepareHome(root, { providers: [] })
  const server = await startOn(root)
  const [folder, before] = [temporaryHome(t), process.cwd()]
  process.chdir(folder)
  try {
    const environment = { PURSER_HOME: root, EXAMPLE_KEY: 'canary-example' }
    // What stands on this test's own standard input is nobody's key.
    const run = (line: string) =>
      purser(
        [
          ...wordsOf(line.replace(/ > .*/, '').replace('--key-stdin', '--key-env EXAMPLE_KEY')).slice(1),
          ...(writes(line) ? ['--dry-run'] : []),
        ],
        environment,
      )
    const state = await run('purser export')
    for (const file of ['purser-state.toml', 'state.toml']) writeFileSync(join(folder, file), state.out)
    for (const made of [
      ['providers', 'create', 'workshop', '--contract', 'openai-chat', '--base-url', 'http://127.0.0.1:8000/v1', '--network', 'loopback'],
      ['routes', 'create', 'fast', '--members', 'simulated'],
      ['keys', 'create', 'build-server'],
    ])
      assert.equal((await purser(made, environment)).exitCode, 0, made.join(' '))
    const wanting: string[] = []
    const all = examples().filter((line) => !untried.test(line))
    assert.ok(all.length > 50, `${all.length} examples`)
    for (const line of all) {
      const shown = await run(line)
      if (shown.exitCode === 0) continue
      assert.ok(needs[shown.exitCode] !== undefined, `${line}: exit ${shown.exitCode}\n${shown.err}`)
      assert.doesNotMatch(shown.err, /^(Unknown|Missing|Too many|--\S+ (is missing|must|takes))/, line)
      wanting.push(`${line}: ${shown.exitCode} ${shown.err.split('\n')[0]}`)
    }
    assert.ok(wanting.length < all.length / 3, wanting.join('\n'))
  } finally {
    process.chdir(before)
    await server.close()
    rmSync(join(folder, 'purser-state.toml'), { force: true })
  }
})
