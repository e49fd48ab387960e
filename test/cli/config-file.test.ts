import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { settingKinds, settingsOf } from '../../src/cli/settings.ts'
import { commandsOf, readConfigLayers } from '../../src/control/home/config-file.ts'
import { PurserError } from '../../src/core/errors.ts'
import { purser, temporaryHome } from './screen.ts'

type Explained = { readonly name: string; readonly value: string; readonly origin: string; readonly beats: readonly string[] }

/** A home with a user file of this text, and how its settings are explained. */
function homeWith(t: TestContext, user: string) {
  const root = temporaryHome(t)
  mkdirSync(join(root, 'config'))
  const file = join(root, 'config', 'config.toml')
  writeFileSync(file, user, { mode: 0o600 })
  const explain = async (argv: readonly string[] = [], environment: Record<string, string> = {}): Promise<readonly Explained[]> => {
    const shown = await purser(['config', 'explain', '--json', ...argv], { PURSER_HOME: root, ...environment })
    assert.equal(shown.exitCode, 0, shown.out)
    return JSON.parse(shown.out).items
  }
  return { root, file, explain }
}

test('a flag beats the environment, that the project file, that the user file, that what is built in; each is named with what it beat', async (t) => {
  const { root, file, explain } = homeWith(t, 'database = "/user.db"\nport = 1\n')
  const project = join(root, 'project.toml')
  writeFileSync(project, 'database = "beside.db"\nport = 2\n')
  const of = async (argv: string[], environment = {}) => (await explain(['database', ...argv], environment))[0]!
  assert.deepEqual(await of([]), {
    name: 'database',
    value: '/user.db',
    origin: `user file ${file}`,
    beats: ['purser.db under data (built in)'],
  })
  assert.equal((await of(['--config', project])).value, join(root, 'beside.db'), 'a file in a file is the one beside it')
  assert.equal((await of([], { PURSER_CONFIG: project })).origin, `project file ${project}`)
  assert.equal((await of([], { PURSER_DATABASE_URL: '/environment.db', PURSER_CONFIG: project })).value, '/environment.db')
  const whole = await of(['--database', '/flag.db'], { PURSER_DATABASE_URL: '/environment.db', PURSER_CONFIG: project })
  assert.equal(whole.origin, 'flag --database')
  assert.deepEqual(whole.beats, [
    '/environment.db (environment PURSER_DATABASE_URL)',
    `${join(root, 'beside.db')} (project file ${project})`,
    `/user.db (user file ${file})`,
    'purser.db under data (built in)',
  ])
})

test('the strongest of those who say something wins, whoever they are', () => {
  const someone = fc.option(fc.constantFrom('a', 'b', ''), { nil: undefined })
  fc.assert(
    fc.property(someone, someone, someone, someone, (flag, variable, project, user) => {
      const layers = [
        ...(project ? [{ origin: 'project file' as const, path: 'p', values: { host: project } }] : []),
        ...(user ? [{ origin: 'user file' as const, path: 'u', values: { host: user } }] : []),
      ]
      const { host } = settingsOf({ host: flag }, { PURSER_HOST: variable }, layers)
      const said = [flag, variable, project, user].filter((value) => value !== undefined && value !== '')
      assert.equal(host.value, said[0] ?? settingKinds.host.builtIn)
      assert.equal(host.said, said[0])
      assert.equal(host.beat.length, said.length === 0 ? 0 : said.length)
    }),
    { numRuns: 200 },
  )
})

test('nothing is picked up from the working directory', async (t) => {
  const { root, explain } = homeWith(t, '')
  for (const name of ['config.toml', 'purser.toml', '.purser.toml', 'purser-state.toml']) writeFileSync(join(root, name), 'port = 1\n')
  const before = process.cwd()
  process.chdir(root)
  t.after(() => process.chdir(before))
  assert.equal((await explain(['port']))[0]!.origin, 'built in')
})

test('a password in an address is never explained', async (t) => {
  const { explain } = homeWith(t, 'database = "postgres://me:hunter2@127.0.0.1/x"\n')
  assert.doesNotMatch(JSON.stringify(await explain([], { PURSER_DATABASE_URL: 'postgres://me:hunter3@127.0.0.1/y' })), /hunter/)
})

const wrong: readonly (readonly [text: string, says: RegExp])[] = [
  ['prot = 1\n', /config\.toml: There is no field "prot"; did you mean "port"\?/],
  ['port = 70000\n', /config\.toml: "port" must be at most 65535\./],
  ['port = "7878"\n', /config\.toml: "port" must be a number\./],
  ['port = \n', /config\.toml is not TOML: line 1, column \d+ does not read\./],
  ['log_level = "loud"\n', /"log_level" must be one of fatal, error, warn/],
  ['[commands]\nvault = "pass show openai"\n', /"commands\.vault" must be an array\./],
  ['[providers.openai]\nbase_url = "https://evil.example"\n', /There is no field "providers"/],
]

for (const [text, says] of wrong)
  test(`a configuration of ${JSON.stringify(text)} is refused with exit 78`, async (t) => {
    const { root } = homeWith(t, text)
    const shown = await purser(['paths'], { PURSER_HOME: root })
    assert.equal(shown.exitCode, 78)
    assert.match(shown.err, says)
    assert.equal(shown.out, '')
  })

test('a named file that is not there is refused, and an unknown setting draws the nearest', async (t) => {
  const { root } = homeWith(t, '')
  const missing = await purser(['paths', '--config', join(root, 'nowhere.toml')], { PURSER_HOME: root })
  assert.equal(missing.exitCode, 78)
  assert.match(missing.err, /^There is no configuration file at .*nowhere\.toml\.\n/)
  const unknown = await purser(['config', 'explain', 'prot'], { PURSER_HOME: root })
  assert.equal(unknown.exitCode, 3)
  assert.match(unknown.err, /Did you mean "port"\?/)
})

test('a file that names commands is refused where others may change it', (t) => {
  const { file } = homeWith(t, '[commands]\nvault = ["pass", "show", "openai"]\n')
  const layers = readConfigLayers(file, undefined)
  assert.deepEqual(commandsOf(layers), { vault: ['pass', 'show', 'openai'] })
  chmodSync(file, 0o620)
  assert.throws(
    () => readConfigLayers(file, undefined),
    (error: unknown) => error instanceof PurserError && error.code === 'unsafe_file',
  )
})
