import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { buildProgram } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'

/** A terminal that nothing is written to: the program is only walked. */
const paper = { out() {}, err() {}, width: 100, environment: {}, paint: (_style: string, text: string) => text } as unknown as Terminal
const program = buildProgram(paper, { exitCode: 0 }, 'test')
const root = join(import.meta.dirname, '../..')

/** A command begins a line, or follows what sets it off from the words before: a quote, a backtick, `:  `, `$(`. */
const named = /(?:^\s*|['"`(]|: {2}| or {2,})(?:purser|node bin\/purser\.js) ((?:--home|[a-z]).*)/gm

/** What ends a command in the words around it. */
const end = /`|'\s*[,)]|'$|"\)|\\n| {2}|\s#|\s[|>]|\s&&/

/** Every command named in a text, without what follows it there. */
function commandsIn(text: string): readonly string[] {
  const found = [...text.matchAll(named)].map(([, after]) => after!)
  return found.flatMap((after) => [cut(after), ...commandsIn(after)])
}

function cut(after: string): string {
  const plain = after.replaceAll(/\$\{[^}]*\}/g, 'VALUE')
  const place = plain.search(end)
  return place === -1 ? plain : plain.slice(0, place)
}

/** What the program would not take of a command, or undefined. Values are not looked at, only names. */
function faultOf(text: string): string | undefined {
  const words = text.match(/'[^']*'|"[^"]*"|<[^>]*>|\S+/g) ?? []
  let command: Command = program
  let isValue = false
  for (const word of words) {
    if (isValue) isValue = false
    else if (word === '--' || word === 'VALUE') return undefined
    else if (word.startsWith('-') && word.length > 1) {
      const option = optionOf(command, word.replace(/=.*|[)'".,;:]+$/gs, ''))
      if (option === undefined) return `${command.name()} takes no ${word}`
      isValue = (option.required || option.optional) && !word.includes('=')
    } else {
      const next = command.commands.find((each) => [each.name(), ...each.aliases()].includes(word.replace(/[).,;:]+$/, '')))
      if (next !== undefined) command = next
      else if (command.commands.length > 0 && /^[a-z][a-z-]*$/.test(word)) return `${command.name()} has no ${word}`
    }
  }
  return undefined
}

function optionOf(command: Command, word: string) {
  const own = (each: Command) => each.options.find(({ long, short }) => long === word || short === word)
  // What a noun is usually asked for is asked without its verb.
  const usual = command.commands.find(
    (each) => (command as unknown as { _defaultCommandName?: string })._defaultCommandName === each.name(),
  )
  for (let each: Command | null = command; each !== null; each = each.parent) {
    const found = own(each)
    if (found !== undefined) return found
  }
  if (word === '--help' || word === '-h') return { required: false, optional: false }
  return usual === undefined ? undefined : own(usual)
}

test('every command that the source, its tools or a document names is one that the program has, with the options it is named with', () => {
  const files = globSync(['src/**/*.ts', 'tools/*.ts', 'docs/*.md', 'docs/{guides,errors}/*.md', '*.md', 'bench/*.md'], { cwd: root })
  const faults: string[] = []
  let seen = 0
  for (const file of files)
    for (const command of commandsIn(readFileSync(join(root, file), 'utf8'))) {
      seen++
      const fault = faultOf(command)
      if (fault !== undefined) faults.push(`${file}: purser ${command}: ${fault}`)
    }
  assert.deepEqual(faults, [])
  assert.ok(seen > 200, `${seen} commands were found`)
})

test('a command that there is not, and an option that a command does not take, are seen', () => {
  const seen = (text: string) => commandsIn(text).map(faultOf)
  assert.deepEqual(seen("hint: 'See it:  purser route get a',"), ['purser has no route'])
  assert.deepEqual(seen('`purser keys create NAME --scope {}`'), ['create takes no --scope'])
  assert.deepEqual(seen("'purser secrets rekey'"), [undefined])
  assert.deepEqual(seen('Set it:  purser settings set a b'), ['settings has no set'])
  assert.deepEqual(seen('purser usage --by day'), [undefined])
})
