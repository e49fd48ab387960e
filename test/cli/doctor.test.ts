import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { machineChecks } from '../../src/control/health/doctor-machine.ts'
import { homeOf } from '../../src/control/home/home.ts'
import { prepareHome } from '../support/home.ts'
import { purser, temporaryHome } from './screen.ts'

type Check = { readonly check: string; readonly result: string; readonly detail: string; readonly mend: string | null }

let root: string
const run = (...argv: readonly string[]) => purser(argv, { PURSER_HOME: root })
const made = async (...argv: readonly string[]) => assert.equal((await run(...argv)).exitCode, 0, argv.join(' '))
const checks = async (...argv: readonly string[]) => {
  const shown = await run(...argv, '--json')
  return { ...shown, items: JSON.parse(shown.out).items as readonly Check[] }
}
const callsMade = async () => JSON.parse((await run('calls', 'list', '--json')).out).items.length as number

before(async (t) => {
  root = temporaryHome(t as never)
  await prepareHome(root, { providers: [] })
})

test('doctor makes no call; with --probe each connection in use is tried, and each that fails ends with what mends it', async () => {
  const port = await unusedPort()
  const address = ['--base-url', `http://127.0.0.1:${port}/v1`, '--network', 'loopback']
  await made('providers', 'create', 'workshop', '--contract', 'openai-chat', ...address)
  await made('connections', 'create', 'workshop', '--provider', 'workshop', '--auth', '{"type":"none"}')
  await made('profiles', 'create', 'bench', '--provider', 'workshop', '--connection', 'workshop', '--model', 'm')
  const plain = await checks('doctor')
  assert.equal(plain.exitCode, 0, plain.out)
  assert.equal(await callsMade(), 0)
  const probed = await checks('doctor', '--probe')
  assert.equal(probed.exitCode, 1)
  const calls = probed.items.filter(({ check }) => check === 'call')
  const failed = calls.filter(({ result }) => result === 'failed')
  assert.deepEqual(
    failed.map(({ detail, mend }) => [detail.split(':')[0], mend]),
    [['workshop', 'Look at base_url and network:  purser providers get workshop']],
  )
  assert.match(calls.map(({ detail }) => detail).join('\n'), /^simulated-openai answers for "simulated" in \d+ ms, for 0\.0\d+ USD$/m)
  assert.match(calls.at(-1)!.detail, /^not tried, for no profile uses them: .*ollama-local/)
  assert.equal(await callsMade(), 3)
  await made('profiles', 'remove', 'bench', '--yes')
})

test('a profile whose connection lacks its secret fails, and the line ends with the command that takes one', async () => {
  await made('connections', 'create', 'keyed', '--provider', 'openai', '--auth', '{"type":"api_key","credential":"file:nowhere"}')
  await made('profiles', 'create', 'keyed', '--provider', 'openai', '--connection', 'keyed', '--model', 'm')
  const { items, exitCode } = await checks('doctor', 'secrets')
  const failed = items.filter(({ result }) => result === 'failed')
  assert.equal(exitCode, 1)
  assert.deepEqual(
    failed.map(({ check, mend }) => [check, mend]),
    [['profile', 'purser connections update keyed --key-stdin']],
  )
  assert.match(failed[0]!.detail, /^"keyed" cannot be used: its connection "keyed" is without its secret/)
  await made('profiles', 'disable', 'keyed')
  assert.equal((await checks('doctor', 'secrets')).exitCode, 0, 'who is disabled misses nothing')
})

test('a secret that others can read, and a configuration that does not read, each fail with what mends them', async () => {
  const home = homeOf(root, {}, root)
  const secret = join(home.secrets, 'shared')
  writeFileSync(secret, 'canary', { mode: 0o600 })
  chmodSync(secret, 0o644)
  const { items } = await checks('doctor', 'machine')
  assert.deepEqual(
    items.filter(({ result }) => result === 'failed').map(({ mend }) => mend),
    [`chmod 600 ${secret}`],
  )
  writeFileSync(home.configFile, 'port = "many"')
  const config = machineChecks({ home } as never).find(({ check }) => check === 'config file')!
  assert.equal(config.result, 'failed')
  assert.match(config.detail, /config\.toml: "port"/)
  assert.equal(config.mend, 'See what counts, and from where:  purser config explain')
  writeFileSync(home.configFile, 'port = 7001\n')
  assert.match(machineChecks({ home } as never).find(({ check }) => check === 'config file')!.detail, /says port$/)
})

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
