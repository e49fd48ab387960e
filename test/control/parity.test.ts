import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flagOf } from '../../src/cli/operation-command.ts'
import { buildProgram, everyCommand } from '../../src/cli/program.ts'
import { noPrompts } from '../../src/cli/prompts.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { type Field, fieldsOf } from '../../src/control/fields.ts'
import { reaches } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { routesOf } from '../../src/control/routes.ts'
import { scopes } from '../../src/control/scopes.ts'

const paper: Terminal = {
  out() {},
  err() {},
  width: 100,
  interactive: false,
  prompts: noPrompts,
  environment: {},
  userHome: '/',
  paint: (_style, text) => text,
}
const commands = everyCommand(buildProgram(paper, { exitCode: 0 }, 'test'))
const routes = routesOf(operations)

test('every operation has a command and a route, or says why not', () => {
  for (const operation of operations) {
    const words = operation.name.split('.')
    const command = commands.find(
      (each) => each.name() === words.at(-1) && (words.length === 1 ? each.parent?.name() === 'purser' : each.parent?.name() === words[0]),
    )
    const route = routes.find((each) => each.operation === operation)
    assert.equal(command !== undefined, reaches(operation, 'cli'), `${operation.name} on the command line`)
    assert.equal(route !== undefined, reaches(operation, 'http'), `${operation.name} over HTTP`)
    if (operation.faces !== undefined) assert.ok(operation.faces.reason.length > 20, `${operation.name} gives its reason`)
  }
})

test('every field of an input can be given on the command line', () => {
  for (const operation of operations.filter((each) => reaches(each, 'cli'))) {
    const [noun, verb] = operation.name.split('.')
    const command = commands.find(
      (each) => each.name() === (verb ?? noun) && each.parent?.name() === (verb === undefined ? 'purser' : noun),
    )!
    for (const field of fieldsOf(operation)) {
      const given = operation.positional.includes(field.name)
        ? command.registeredArguments.some((argument) => argument.name() === field.name)
        : waysOf(field, flagOf(operation, field.name)).every((flag) => command.options.some(({ long }) => long === flag))
      assert.ok(given, `${operation.name} ${field.name}`)
    }
  }
})

/** A secret has three flags, and none that takes it as its value. */
function waysOf(field: Field, flag: string): readonly string[] {
  return field.type === 'secret' ? ['stdin', 'env', 'file'].map((way) => `--${flag}-${way}`) : [`--${flag}`]
}

test('no secret is the value of a flag or an argument', () => {
  for (const operation of operations) {
    for (const field of fieldsOf(operation).filter(({ type }) => type === 'secret')) {
      assert.ok(!operation.positional.includes(field.name), operation.name)
      const [noun, verb] = operation.name.split('.')
      const command = commands.find((each) => each.name() === verb && each.parent?.name() === noun)!
      assert.ok(!command.options.some(({ long }) => long === `--${flagOf(operation, field.name)}`), operation.name)
    }
  }
})

test('no flag of an operation hides one that every command takes', () => {
  const common = new Set(commands[0]!.options.map((option) => option.long))
  for (const command of commands.slice(1))
    for (const option of command.options) assert.ok(!common.has(option.long), `${command.name()} ${option.long}`)
})

test('operations are named noun.verb, the verbs of a noun in one order, and every scope is a known one', () => {
  const order = ['list', 'get', 'create', 'update', 'remove']
  const names = operations.map((operation) => operation.name)
  assert.equal(new Set(names).size, names.length)
  for (const operation of operations) {
    assert.match(operation.name, /^[a-z]+(\.[a-z]+)?$/)
    assert.ok(scopes.includes(operation.scope), operation.name)
    assert.ok(operation.example.startsWith('purser '), operation.name)
    for (const field of operation.positional) assert.ok(field in operation.input.shape, `${operation.name} ${field}`)
    for (const field of Object.values(operation.flags ?? {})) assert.ok(field in operation.input.shape, `${operation.name} ${field}`)
  }
  for (const noun of new Set(names.map((name) => name.split('.')[0]))) {
    const places = names.filter((name) => name.startsWith(`${noun}.`)).map((name) => order.indexOf(name.split('.')[1]!))
    const known = places.filter((place) => place >= 0)
    assert.deepEqual(
      known,
      known.toSorted((a, b) => a - b),
      noun,
    )
  }
})

test('an operation that changes something is a POST, PATCH or DELETE, and one that reads is a GET, unless it takes a document', () => {
  for (const { operation, method } of routes)
    assert.equal(method === 'GET', operation.effect === 'read' && !('takesDocument' in operation), operation.name)
})
