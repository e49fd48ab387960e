import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { flagOf } from '../../src/cli/operation-command.ts'
import { buildProgram, everyCommand } from '../../src/cli/program.ts'
import { noPrompts } from '../../src/cli/prompts.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { type Field, fieldsOf } from '../../src/control/fields.ts'
import { type Methods, methodsOf } from '../../src/control/methods.ts'
import { reaches } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { routesOf } from '../../src/control/routes.ts'
import { scopes } from '../../src/control/scopes.ts'
import { PurserError } from '../../src/core/errors.ts'
import { openApi } from '../../src/http/openapi.ts'
import { createPurser } from '../../src/library.ts'

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
const document = openApi(operations, 'test') as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { operationId: string }>>>>
}
const described = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))

/** What stands on the command line and is no operation, and so on no other face: each with the reason. */
const commandsAlone: Readonly<Record<string, string>> = {
  serve: 'It starts the process that the other faces talk to. In a program, startServer and createPurser do.',
  init: 'It asks a person at a terminal, and changes what it does by operations that every face has.',
  try: 'It is a client of the inference port, for a person at a terminal. HTTP is that port itself, and a program has fetch.',
  paths: "It says where this machine's files are, to whoever stands before it. Status and doctor say the rest on every face.",
  config: 'The group of config explain.',
  'config explain': 'It says how this command line came to its settings: flags, environment and files that no server has.',
  completion: 'It prints a script for the shell that the command line is typed in.',
  complete: 'The script of completion asks it, and nobody else.',
  migrate: 'The group of the steps of the schema, which no server may run beside its own: what there is, migrations shows on every face.',
  'migrate up': 'The schema moves while no server is up: there is none to ask. A program has the option migrate.',
  'migrate to': 'The schema moves while no server is up: there is none to ask.',
  'migrate plan': 'It shows what migrate would do to a database that no server of this release serves.',
  'migrate plan up': 'It shows what migrate would do to a database that no server of this release serves.',
  'migrate plan to': 'It shows what migrate would do to a database that no server of this release serves.',
  'migrate validate': 'It looks at a database that no server of this release may be able to serve.',
  'calls tail': 'It asks calls.list again and again, which whoever follows over HTTP or in a program does himself.',
}

/** What answers over HTTP and is no operation. */
const pathsAlone: Readonly<Record<string, string>> = {
  whether_the_process_is_alive: 'For what watches a process from outside. On the command line status says so, and a program knows.',
  whether_calls_are_admitted:
    'For what sends calls to several processes. On the command line status says so, and a program sees it in the answers.',
  this_document: 'It describes this face. Commands have help, and methods have types.',
}

/** What a Purser in a program has beside the operations. */
const membersAlone: Readonly<Record<string, string>> = {
  fetch: 'The inference port as a value: on the other faces it is a port of its own, and try is its command.',
  close: 'A program holds the process. On the command line a signal ends it, and HTTP may not.',
}

test('what stands on one face alone is known, with its reason', async (t) => {
  const pathOf = (command: (typeof commands)[number]): string =>
    command.parent === null ? '' : [pathOf(command.parent), command.name()].join(' ').trim()
  const ofOperations = new Set(operations.flatMap(({ name }) => [name.replace('.', ' '), name.split('.')[0]!]))
  const byHand = commands.map(pathOf).filter((path) => path !== '' && !ofOperations.has(path))
  assert.deepEqual(byHand.toSorted(), Object.keys(commandsAlone).toSorted())
  const names = new Set<string>(operations.map(({ name }) => name))
  assert.deepEqual(described.filter((name) => !names.has(name)).toSorted(), Object.keys(pathsAlone).toSorted())
  const purser = await createPurser({ database: ':memory:' })
  t.after(() => purser.close())
  const nouns = new Set(operations.map(({ name }) => name.split('.')[0]!))
  assert.deepEqual(
    Object.keys(purser)
      .filter((name) => !nouns.has(name))
      .toSorted(),
    Object.keys(membersAlone).toSorted(),
  )
  for (const reason of Object.values({ ...commandsAlone, ...pathsAlone, ...membersAlone })) assert.ok(reason.length > 20, reason)
})

/** Read by the type checker alone: each name has its method, with the input and the answer that it declares. */
type Declared = (typeof operations)[number]
type MethodAt<Name extends string> = Name extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof Methods
    ? Verb extends keyof Methods[Noun]
      ? Methods[Noun][Verb]
      : never
    : never
  : Name extends keyof Methods
    ? Methods[Name]
    : never
type Untyped = {
  [Name in Declared['name']]: MethodAt<Name> extends (
    input: z.input<Extract<Declared, { readonly name: Name }>['input']>,
  ) => Promise<z.output<Extract<Declared, { readonly name: Name }>['output']>>
    ? [MethodAt<Name>] extends [never]
      ? Name
      : never
    : Name
}[Declared['name']]
/** Does not compile where a name has no such method. */
const untyped: [Untyped] extends [never] ? 'none' : Untyped = 'none'

test('every operation is a method of a program, called by its name and typed by its schemas, or refused with the reason', async () => {
  assert.equal(untyped, 'none')
  const asked: string[] = []
  const methods = methodsOf(() => {
    asked.push('context')
    throw new PurserError('unavailable', 'There is none.')
  })
  const named = Object.entries(methods).flatMap(([noun, found]) => [
    ...(typeof found === 'function' ? [noun] : []),
    ...Object.keys(found).map((verb) => `${noun}.${verb}`),
  ])
  assert.deepEqual(named.toSorted(), operations.map(({ name }) => name).toSorted())
  for (const operation of operations) {
    const [noun, verb] = operation.name.split('.') as [keyof Methods, string | undefined]
    const found = methods[noun] as unknown as Record<string, () => Promise<unknown>> & (() => Promise<unknown>)
    const before = asked.length
    await assert.rejects(verb === undefined ? found() : found[verb]!(), PurserError)
    assert.equal(asked.length > before, reaches(operation, 'library'), operation.name)
  }
})

test('every operation has a command, a route and a place in the API document, or says why not', () => {
  for (const operation of operations) {
    const words = operation.name.split('.')
    const command = commands.find(
      (each) => each.name() === words.at(-1) && (words.length === 1 ? each.parent?.name() === 'purser' : each.parent?.name() === words[0]),
    )
    const route = routes.find((each) => each.operation === operation)
    assert.equal(command !== undefined, reaches(operation, 'cli'), `${operation.name} on the command line`)
    assert.equal(route !== undefined, reaches(operation, 'http'), `${operation.name} over HTTP`)
    assert.equal(described.includes(operation.name), reaches(operation, 'http'), `${operation.name} in the API document`)
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
