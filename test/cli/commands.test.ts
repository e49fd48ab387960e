import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, test } from 'node:test'
import { failure } from '../../src/control/failure.ts'
import { homeOf } from '../../src/control/home/home.ts'
import { writeServerFile } from '../../src/control/home/server-file.ts'
import { openHome } from '../../src/opening.ts'
import { eachDatabase } from '../support/databases.ts'
import { purser, type Ready, readyOn, temporaryHome } from './screen.ts'

/** One home for all tests here: migrated and seeded. What a test writes to it is its own model. */
const ends: (() => void)[] = []
const root = temporaryHome({ after: (run) => void ends.push(run as () => void) })
const environment = { PURSER_HOME: root }
const run = (...argv: string[]) => purser(argv, environment)

before(async () => {
  const home = homeOf(root, {}, root)
  await (await openHome({ home, database: home.database })).store.close()
})
process.once('exit', () => ends.forEach((end) => void end()))

const card = [
  'rates',
  'create',
  '--provider',
  'simulated',
  '--input',
  '2.50',
  '--output',
  '10.00',
  '--effective-from',
  '2026-01-01T00:00:00Z',
]

test('every command prints tables of at most 100 columns, and JSON when asked', async () => {
  for (const argv of [
    ['providers', 'list'],
    ['connections', 'list'],
    ['profiles', 'list'],
    ['rates', 'list', '--limit', '20'],
    ['keys', 'list'],
    ['calls', 'list'],
    ['requests', 'list'],
    ['usage'],
    ['status'],
    ['doctor'],
    ['migrations', 'list'],
    ['paths'],
    ['profiles', 'get', 'simulated'],
  ]) {
    const shown = await run(...argv)
    assert.equal(shown.exitCode, 0, `${argv.join(' ')}: ${shown.err}`)
    if (argv[0] !== 'doctor' && argv[0] !== 'paths')
      for (const line of shown.out.split('\n')) assert.ok(line.length <= 100 || argv[1] === 'get', `${argv.join(' ')}: ${line}`)
    const asJson = await run(...argv, '--json')
    assert.ok(typeof JSON.parse(asJson.out) === 'object', argv.join(' '))
    assert.equal(asJson.err, '')
  }
})

test('one thing is shown without a blank: no, where it is not so, a dash where nothing is said, no line for a list of none', async () => {
  const made = [
    'providers',
    'create',
    'plain',
    '--contract',
    'openai-chat',
    '--base-url',
    'http://127.0.0.1:8009/v1',
    '--network',
    'loopback',
  ]
  for (const argv of [made, ['providers', 'get', 'plain'], ['keys', 'get', 'first-key'], ['settings', 'get', 'default_profile']]) {
    const { out } = await run(...argv)
    for (const line of out.trimEnd().split('\n')) assert.match(line, /^\w+ {2,}\S/, `${argv.join(' ')}: ${line}`)
    assert.doesNotMatch(out, / (true|false|null|\{\}|\[\])$/m)
  }
  const { out } = await run('providers', 'get', 'plain')
  assert.match(out, /^disabled +no$/m)
  assert.match(out, /^removed_at +-$/m)
  assert.match(out, /^callable +yes$/m)
  assert.doesNotMatch(out, /^dialect/m)
})

test('status says in words that no server runs, and nothing of a loop that there is not', async () => {
  const { out } = await run('status')
  assert.match(out, /^server +none runs on this home$/m)
  assert.doesNotMatch(out, /null|_/)
})

test('no command shows a key or its hash', async () => {
  const shown = await Promise.all([run('keys', 'list', '--json'), run('keys', 'get', 'first-key', '--json'), run('keys', 'list')])
  for (const { out, exitCode } of shown) {
    assert.equal(exitCode, 0)
    assert.doesNotMatch(out, /secret_hash|purser_call_|[0-9a-f]{64}/)
  }
})

eachDatabase((database) => {
  let environment: Ready
  const runOn = (...argv: string[]) => purser(argv, environment)

  before(async () => {
    environment = await readyOn({ after: (end) => after(end as () => void) }, database)
  })

  test('a card is added once; the same again is exit 5 and says what to do', async () => {
    const added = await runOn(...card, '--model', 'once', '--json')
    assert.equal(added.exitCode, 0, added.err)
    assert.equal(JSON.parse(added.out).effective_from, Date.parse('2026-01-01T00:00:00Z'))
    const again = await runOn(...card, '--model', 'once')
    assert.equal(again.exitCode, 5)
    assert.match(
      again.err,
      /revision 0 of the card for "once" at this instant is there already\.\nCards are never changed: a correction is revision 1\.\n$/,
    )
    assert.equal((await runOn(...card, '--model', 'once', '--revision', '1')).exitCode, 0)
    const both = JSON.parse((await runOn('rates', 'history', '--provider', 'simulated', '--model', 'once', '--json')).out)
    assert.deepEqual(
      both.items.map((item: { revision: number }) => item.revision),
      [0, 1],
    )
  })

  test('a dry run leaves nothing behind', async () => {
    assert.equal((await runOn(...card, '--model', 'dry', '--dry-run')).exitCode, 0)
    assert.equal((await runOn('rates', 'history', '--provider', 'simulated', '--model', 'dry', '--quiet')).out, '')
  })
})

/** Command lines, their exit codes, and the whole of what a person is told. */
const mistakes: readonly (readonly [argv: readonly string[], exitCode: number, says: string])[] = [
  [
    ['providers', 'get', 'simulatde'],
    3,
    'No provider is named "simulatde".\nDid you mean "simulated"?\nSee what there is:  purser providers list\n',
  ],
  [['calls', 'get', 'nothing'], 3, 'No call is named "nothing".\nSee what there is:  purser calls list\n'],
  [['call', 'list'], 2, 'Unknown command "call".\nDid you mean "calls"?\nSee what there is:  purser --help\n'],
  [['calls', 'lst'], 2, 'Unknown command "lst".\nDid you mean "list"?\nSee what there is:  purser calls --help\n'],
  [
    ['calls', 'list', '--limt', '3'],
    2,
    'Unknown option "--limt".\nDid you mean "--limit"?\nSee what there is:  purser calls list --help\n',
  ],
  [
    ['settings', 'set', 'manifest.apply', 'manual'],
    2,
    'Unknown command "set".\nDid you mean "update"?\nSee what there is:  purser settings --help\n',
  ],
  [['keys', 'delete', 'x'], 2, 'Unknown command "delete".\nDid you mean "revoke"?\nSee what there is:  purser keys --help\n'],
  [['help', 'rate'], 2, 'Unknown command "rate".\nDid you mean "rates"?\nSee what there is:  purser --help\n'],
  [['help', 'rates', 'creat'], 2, 'Unknown command "creat".\nDid you mean "create"?\nSee what there is:  purser --help\n'],
  [['calls', 'list', '--limit', 'ten'], 2, '--limit must be a whole number, and not "ten".\n'],
  [['calls', 'list', '--limit', '0'], 2, '--limit must be at least 1.\n'],
  [
    ['calls', 'list', '--since', 'yesterday'],
    2,
    '--since must be an instant: 2026-01-31, 2026-01-31T12:00:00Z, or milliseconds since 1970, and not "yesterday".\n',
  ],
  [['calls', 'list', '--cursor', 'x'], 2, '--cursor is not one that Purser made.\nTake it from "next" of the page before, unchanged.\n'],
  [['calls', 'get'], 2, 'Missing required argument "call".\nSee what there is:  purser calls get --help\n'],
  [['rates', 'history', '--provider', 'simulated'], 2, '--model is missing.\nIt takes a string.\n'],
  [
    ['rates', 'create', '--provider', 'simulated', '--model', 'x', '--input', '1e3', '--output', '1.00'],
    2,
    '--input: A price is text such as "2.50": 0 to 999999, at most 9 decimals, no sign, no exponent.\n',
  ],
  [
    ['usage', '--by', 'colour'],
    2,
    '--by must be one of day, provider, connection, profile, model, key, billing, outcome, source, status.\n',
  ],
  [['serve', '--port', '99999'], 2, '--port must be a port, 0 to 65535, and not "99999".\n'],
]

for (const [argv, exitCode, says] of mistakes) {
  test(`purser ${argv.join(' ')} is exit ${exitCode} and says what is wrong`, async () => {
    const shown = await run(...argv)
    assert.equal(shown.err, says)
    assert.equal(shown.exitCode, exitCode)
    assert.equal(shown.out, '')
    const asJson = await run(...argv, '--json')
    assert.equal(asJson.exitCode, exitCode)
    assert.ok(failure.parse(JSON.parse(asJson.out)).error.message.length > 0)
    assert.equal(asJson.err, '')
  })
}

test('where there is no database yet, a read makes none and names the command that does', async (t) => {
  const empty = temporaryHome(t)
  const shown = await purser(['calls', 'list'], { PURSER_HOME: empty })
  assert.equal(shown.exitCode, 3)
  assert.match(shown.err, /^There is no database at .*purser\.db yet\.\nThe first start makes it: {2}purser serve\n$/)
  assert.ok(!existsSync(homeOf(empty, {}, empty).database))
})

test('migrations are planned with exit 8, applied, and then there is nothing to do', async (t) => {
  const home = { PURSER_HOME: temporaryHome(t) }
  const plan = await purser(['migrate', 'plan', '--json'], home)
  assert.equal(plan.exitCode, 8)
  const ids = JSON.parse(plan.out).items.map((item: { id: string }) => item.id)
  assert.ok(ids.length > 0 && !existsSync(homeOf(home.PURSER_HOME, {}, '').database), 'a plan makes no file')
  assert.deepEqual(JSON.parse((await purser(['migrate', '--json'], home)).out).ids, ids)
  assert.equal((await purser(['migrate', 'plan'], home)).exitCode, 0)
  assert.equal((await purser(['migrate'], home)).out, 'The schema stands there already.\n')
  assert.equal((await purser(['migrate', 'validate'], home)).exitCode, 0)
  assert.equal((await purser(['migrate', 'to', ids[0]], home)).exitCode, 8, 'a loss needs consent')
})

test('a database of somebody else is refused with exit 78 and left as it is', async (t) => {
  const home = temporaryHome(t)
  const database = homeOf(home, {}, home).database
  const { openSqlite } = await import('../../src/store/sqlite.ts')
  mkdirSync(dirname(database), { recursive: true })
  const other = openSqlite(database)
  other.exec('CREATE TABLE customers (id TEXT)')
  other.close()
  for (const argv of [['calls', 'list'], ['migrate'], ['migrate', 'validate'], ['serve', '--port', '0', '--admin-port', '0']]) {
    const shown = await purser(argv, { PURSER_HOME: home })
    assert.equal(shown.exitCode, 78, `${argv.join(' ')}: ${shown.err}`)
    assert.match(shown.err + shown.out, /tables that are not Purser's \(customers\)/)
  }
})

test('a schema that somebody changed is refused with exit 78, and doctor says what is different', async (t) => {
  const home = { PURSER_HOME: temporaryHome(t) }
  await purser(['migrate'], home)
  const { openSqlite } = await import('../../src/store/sqlite.ts')
  const changed = openSqlite(homeOf(home.PURSER_HOME, {}, '').database)
  changed.exec('DROP INDEX providers_name')
  changed.close()
  const shown = await purser(['calls', 'list'], home)
  assert.equal(shown.exitCode, 78)
  assert.match(shown.err, /\npurser doctor schema\n$/)
  const looked = await purser(['doctor', 'schema'], home)
  assert.equal(looked.exitCode, 1)
  assert.match(looked.out, /failed +schema .*providers_name/)
  assert.equal((await purser(['doctor'], home)).exitCode, 1)
})

test('a server that is named and not there is exit 69', async () => {
  const shown = await purser(['status'], { ...environment, PURSER_ADMIN_URL: 'http://127.0.0.1:1' })
  assert.equal(shown.exitCode, 69)
  assert.equal(shown.err, 'No server answers at http://127.0.0.1:1.\nStart one:  purser serve\n')
})

test('an admin key is not sent in clear to another machine', async () => {
  for (const url of ['http://purser.example', 'ftp://127.0.0.1', 'nonsense']) {
    assert.equal((await purser(['status'], { ...environment, PURSER_ADMIN_URL: url })).exitCode, 2, url)
  }
})

test('a server file of a process that is gone counts as none', async (t) => {
  const home = homeOf(temporaryHome(t), {}, '')
  mkdirSync(home.state, { recursive: true })
  writeServerFile(home, {
    pid: 4_194_301,
    instance: 'x',
    database: home.database,
    inference_url: 'http://127.0.0.1:1',
    admin_url: 'http://127.0.0.1:1',
    started_at: 0,
  })
  assert.equal((await purser(['status', '--home', dirname(home.state)], {})).exitCode, 3, 'looked for the database itself')
  writeFileSync(home.serverFile, 'torn')
  assert.equal((await purser(['status', '--home', dirname(home.state)], {})).exitCode, 3)
})

test('a name in the environment that means nothing draws a warning with the one that was meant', async () => {
  const shown = await purser(['paths'], { ...environment, PURSER_PROT: '1', OTHER: '1' })
  assert.equal(shown.err, 'warning: The environment sets PURSER_PROT, which means nothing to Purser. Did you mean PURSER_PORT?\n')
  assert.equal(shown.exitCode, 0)
})

test('flags beat the environment, and the environment beats what is built in', async (t) => {
  const other = temporaryHome(t)
  const paths = async (argv: readonly string[], env: Record<string, string>) =>
    JSON.parse((await purser(['paths', '--json', ...argv], env)).out)
  assert.equal((await paths([], {})).data, '/nowhere/.local/share/purser')
  assert.equal((await paths([], { XDG_DATA_HOME: '/x' })).data, '/x/purser')
  assert.equal((await paths([], environment)).data, `${root}/data`)
  assert.equal((await paths(['--home', other], environment)).data, `${other}/data`)
  assert.equal((await paths(['--database', 'postgres://me:hunter2@127.0.0.1/x'], environment)).database, 'postgres://me@127.0.0.1/x')
  assert.equal((await purser(['paths'], { ...environment, PURSER_OUTPUT: 'json' })).out.startsWith('{'), true)
})

test('--debug adds the stack, and only then is there one', async () => {
  assert.doesNotMatch((await run('calls', 'get', 'nothing')).err, /\bat /)
  assert.match((await run('calls', 'get', 'nothing', '--debug')).err, /\n\s+at /)
})

test('the help of an operation begins with an example and ends with the exit codes', async () => {
  const shown = await run('rates', 'create', '--help')
  assert.equal(shown.exitCode, 0)
  assert.match(shown.out, /^Example:\n {2}purser rates create/)
  assert.match(shown.out, /130 {2}interrupted\n$/)
})

test('help of a command is its own, a noun alone shows its verbs, and each ends with the exit codes', async () => {
  assert.match((await run('help', 'rates', 'create')).out, /^Example:\n {2}purser rates create/)
  const noun = await run('rates')
  assert.equal(noun.exitCode, 2)
  for (const verb of ['list', 'get', 'create', 'history', 'at', 'void']) assert.match(noun.err, new RegExp(`^ {2}${verb} `, 'm'))
  for (const { out, err } of [noun, await run('help'), await run('help', 'rates')]) assert.match(out + err, /130 {2}interrupted\n$/)
  assert.deepEqual(await run('--version'), { exitCode: 0, out: 'test\n', err: '' })
})
