import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { withAssignments } from '../../src/cli/given.ts'
import type { Prompts } from '../../src/cli/prompts.ts'
import { fieldsOf } from '../../src/control/fields.ts'
import { providersCreate } from '../../src/control/nouns/providers-write.ts'
import { PurserError } from '../../src/core/errors.ts'
import { at, type Json } from '../../src/core/json.ts'
import { prepareHome } from '../support/home.ts'
import { purser, temporaryHome } from './screen.ts'

let root: string
const run = (argv: readonly string[], prompts?: Prompts) => purser(argv, { PURSER_HOME: root }, prompts)
const added = ['--contract', 'openai-chat', '--base-url', 'http://127.0.0.1:8009/v1', '--network', 'loopback']

before(async (t) => {
  root = temporaryHome(t as never)
  mkdirSync(root, { recursive: true })
  await prepareHome(root, { providers: [] })
  assert.equal((await run(['providers', 'create', 'workshop', ...added])).exitCode, 0)
})

test('several --set reach into one field, each value JSON where it reads as JSON', async () => {
  const sets = ['dialect.headers.x-team=blue', 'dialect.models.gpt-5\\.1.drop=["stop"]', 'dialect.outputCap=max_tokens'].flatMap((set) => [
    '--set',
    set,
  ])
  const shown = await run(['providers', 'create', 'nested', ...added, ...sets, '--json'])
  assert.equal(shown.exitCode, 0, shown.out)
  assert.deepEqual(JSON.parse(shown.out).dialect, {
    headers: { 'x-team': 'blue' },
    models: { 'gpt-5.1': { drop: ['stop'] } },
    outputCap: 'max_tokens',
  })
})

test('a JSON field is read from a file, and --set goes over it', async () => {
  const file = join(root, 'dialect.json')
  writeFileSync(file, '{"headers":{"x-team":"blue","x-room":"one"}}')
  const shown = await run([
    'providers',
    'create',
    'filed',
    ...added,
    '--dialect',
    `@${file}`,
    '--set',
    'dialect.headers.x-team=red',
    '--json',
  ])
  assert.deepEqual(JSON.parse(shown.out).dialect, { headers: { 'x-team': 'red', 'x-room': 'one' } })
  const missing = await run(['providers', 'update', 'filed', '--dialect', '@nowhere.json'])
  assert.equal(missing.exitCode, 2)
  assert.match(missing.err, /^--dialect names nowhere\.json, which cannot be read: there is no such file\.\n/)
  writeFileSync(file, 'not json')
  assert.match((await run(['providers', 'update', 'filed', '--dialect', `@${file}`])).err, /^--dialect names .*, which is not JSON\.\n/)
})

test('what is set is found where its path leads, and nothing else moves', () => {
  const fields = fieldsOf(providersCreate)
  const key = fc.stringMatching(/^[a-z_.]{1,6}$/).filter((text) => text.replaceAll('.', '') !== '')
  const keys = fc.array(fc.oneof(key, fc.constantFrom('__proto__', 'constructor', 'toString')), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(keys, fc.jsonValue(), (path, value) => {
      const typed = path.map((each) => each.replaceAll('.', '\\.')).join('.')
      const whole = withAssignments({ name: 'x' }, [`dialect.${typed}=${JSON.stringify(value)}`], fields)
      let here: Json | undefined = whole.dialect
      for (const each of path) here = (here as Record<string, Json>)[each]
      assert.equal(JSON.stringify(here), JSON.stringify(value))
      assert.equal(at(whole, 'name'), 'x')
      assert.equal(({} as Record<string, unknown>).polluted, undefined)
    }),
    { numRuns: 200 },
  )
})

for (const [set, says] of [
  ['dialect', /^--set takes path=value, such as .*, and not "dialect"\./],
  ['dialect..x=1', /^--set takes path=value/],
  ['dialct.x=1', /^--set names "dialct", which is not to be set here\.\nDid you mean "dialect"\?/],
] as const)
  test(`--set ${set} is exit 2`, async () => {
    const shown = await run(['providers', 'update', 'workshop', '--set', set])
    assert.equal(shown.exitCode, 2)
    assert.match(shown.err, says)
  })

test('off a terminal, what destroys needs --yes, and says so by name', async () => {
  for (const flags of [[], ['--no-input']]) {
    const shown = await run(['providers', 'remove', 'workshop', ...flags])
    assert.equal(shown.exitCode, 2)
    assert.match(shown.err, /there is nobody to ask\.\n.* purser providers remove workshop --yes\n$/)
  }
  const asked: Prompts = {
    typed: () => assert.fail('asked in spite of --no-input'),
    choose: () => assert.fail(),
    secret: () => assert.fail(),
  }
  assert.equal((await run(['providers', 'remove', 'workshop', '--no-input'], asked)).exitCode, 2)
  assert.equal((await run(['providers', 'remove', 'workshop', '--dry-run'])).exitCode, 0, 'a dry run destroys nothing')
  assert.equal((await run(['providers', 'get', 'workshop'])).exitCode, 0)
})

test('at a terminal the name is asked for; who leaves the question changes nothing', async () => {
  await run(['providers', 'create', 'doomed', ...added])
  const expected: string[] = []
  const leaves: Prompts = {
    typed: async () => Promise.reject(new PurserError('canceled', 'Stopped, and nothing was changed.')),
    choose: () => assert.fail(),
    secret: () => assert.fail(),
  }
  assert.equal((await run(['providers', 'remove', 'doomed'], leaves)).exitCode, 130)
  assert.equal((await run(['providers', 'get', 'doomed'])).exitCode, 0)
  const types: Prompts = {
    typed: async (_message, name) => void expected.push(name),
    choose: () => assert.fail(),
    secret: () => assert.fail(),
  }
  assert.equal((await run(['providers', 'remove', 'doomed'], types)).exitCode, 0)
  assert.deepEqual(expected, ['doomed'])
  assert.equal((await run(['providers', 'get', 'doomed'])).exitCode, 3)
})

test('after a write each field that moved is shown; a dry run says that nothing was written', async () => {
  const dry = await run(['providers', 'update', 'workshop', '--base-url', 'http://127.0.0.1:8010/v1', '--dry-run'])
  assert.match(dry.out, /\nchanged {2}provider workshop: base_url {2}http:\/\/127\.0\.0\.1:8009\/v1 → http:\/\/127\.0\.0\.1:8010\/v1\n$/)
  assert.equal(dry.err, 'dry run: nothing was written\n')
  assert.doesNotMatch(dry.out, /config_revision|dry_run|warnings/)
  assert.equal(JSON.parse((await run(['providers', 'get', 'workshop', '--json'])).out).base_url, 'http://127.0.0.1:8009/v1')
})

test('lists print as one JSON value a line and as comma-separated values, with the output of the environment as the usual one', async () => {
  const lines = (await run(['providers', 'list', '--jsonl'])).out.trimEnd().split('\n')
  assert.ok(lines.map((line) => JSON.parse(line).name).includes('workshop'))
  const csv = (await purser(['providers', 'list'], { PURSER_HOME: root, PURSER_OUTPUT: 'csv' })).out.split('\r\n')
  assert.match(csv[0]!, /^id,name,contract,base_url,/)
  assert.equal(csv.length, lines.length + 2)
  const failed = await run(['providers', 'get', 'nobody', '--jsonl'])
  assert.equal(JSON.parse(failed.out).error.code, 'not_found')
})
