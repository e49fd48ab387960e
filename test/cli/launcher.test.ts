import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryHome } from './screen.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const { runtimes } = (await import(join(root, 'bin/runtime.js'))) as {
  runtimes: Readonly<Record<string, { name: string; version: string; integrity: string }>>
}

type Lock = { readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>> }

test('the launcher, the lockfile and tools/runtime name the same Node for every platform, by the same hash', () => {
  const locked = (JSON.parse(read('package-lock.json')) as Lock).packages
  const { optionalDependencies } = JSON.parse(read('tools/runtime/package.json')) as { optionalDependencies: Record<string, string> }
  assert.deepEqual(Object.fromEntries(Object.values(runtimes).map(({ name, version }) => [name, version])), optionalDependencies)
  for (const { name, version, integrity } of Object.values(runtimes)) {
    assert.equal(locked[`node_modules/${name}`]?.version, version, name)
    assert.equal(locked[`node_modules/${name}`]?.integrity, integrity, name)
  }
})

test('the launcher imports built-ins only, and nothing that Node 18 does not know', () => {
  for (const file of ['bin/runtime.js', 'bin/node.js', 'bin/purser.js']) {
    const imports = [...read(file).matchAll(/from '([^']+)'/g)].map(([, from]) => from!)
    assert.ok(
      imports.every((from) => from.startsWith('node:') || from === './runtime.js'),
      file,
    )
    assert.doesNotMatch(read(file), /\bimport\(|withResolvers|\.toSorted|\bawait\b|import\.meta\.(dirname|filename)/, file)
  }
})

test('the launcher passes arguments on and ends with the exit code of what it started', () => {
  const ran = spawnSync(process.execPath, [join(root, 'bin/node.js'), '-e', 'console.log(process.argv[1]); process.exit(7)', 'a b'], {
    encoding: 'utf8',
  })
  assert.equal(ran.stdout, 'a b\n')
  assert.equal(ran.status, 7)
})

test('purser runs with code from strings and __proto__ switched off', () => {
  const ran = spawnSync(process.execPath, [join(root, 'bin/purser.js'), '--version'], { encoding: 'utf8' })
  assert.equal(ran.status, 0, ran.stderr)
  for (const flag of ['--disallow-code-generation-from-strings', '--disable-proto=delete'])
    assert.ok(read('bin/purser.js').includes(`'${flag}'`))
})

const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && Number(spawnSync(path, ['-p', 'process.versions.node']).stdout.toString().split('.')[0]) < 24,
)

test('on an old Node with nothing at hand and fetching switched off, it says so in two lines and ends with 69', {
  skip: oldNode === undefined && 'no Node older than 24 on this machine',
}, (t) => {
  const folder = temporaryHome(t)
  cpSync(join(root, 'bin'), join(folder, 'bin'), { recursive: true })
  mkdirSync(join(folder, 'home'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const ran = spawnSync(oldNode!, [join(folder, 'bin/purser.js'), 'paths'], {
    encoding: 'utf8',
    env: { PURSER_HOME: join(folder, 'home'), PURSER_NO_RUNTIME_FETCH: '1' },
  })
  assert.equal(ran.status, 69)
  assert.match(
    ran.stderr,
    /^Purser needs Node 24 or newer, and this is v\d+.* PURSER_NO_RUNTIME_FETCH=1\.\nInstall it: {2}https:\/\/nodejs\.org\/\n$/,
  )
})

test('whoever stops reading, as head does, ends a command without a word', () => {
  const shown = spawnSync('sh', ['-c', '{ "$0" src/cli/main.ts --help; echo "exit $?" >&2; } | true', process.execPath], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, PURSER_HOME: '/nowhere' },
  })
  assert.equal(shown.stderr, 'exit 0\n')
})
