import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import { systemRandom } from '../../src/core/system.ts'
import { kekOf, keyringOf } from '../../src/net/kek.ts'
import { seal } from '../../src/net/sealed.ts'
import { createVault, type SecretRows, type VaultOptions } from '../../src/net/vault.ts'

const origin = 'https://api.example.com:443'
const elsewhere = 'https://evil.example.com:443'
const kek = kekOf(new Uint8Array(32).fill(1))
const binding = (reference: string) => ({ reference, origin, hmac: kek.prove(reference, origin) })

class HandClock {
  ms = 0
  now = () => this.ms
  monotonic = () => this.ms
}

function opened(options: Partial<VaultOptions> = {}, rows: Partial<SecretRows> = {}, references: readonly string[] = []) {
  const clock = new HandClock()
  const vault = createVault({
    clock,
    keys: keyringOf([kek]),
    catalogue: [],
    environment: { variables: {}, forget: true },
    folder: null,
    commands: new Map(),
    ...options,
  })
  vault.update({ sealed: [], bindings: [], ...rows }, references)
  return { vault, clock }
}

function folderOf(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'purser-secrets-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const folder = join(root, 'secrets')
  mkdirSync(folder, { mode: 0o700 })
  return folder
}

test('a reference goes where the catalogue or a proven binding sends it, and nowhere else', () => {
  const variables = { SHIPPED: 'canary-1', OWN: 'canary-2' }
  const references = ['env:SHIPPED', 'env:OWN']
  const catalogue = [{ reference: 'env:SHIPPED', origin }]
  const { vault } = opened({ environment: { variables, forget: true }, catalogue }, { bindings: [binding('env:OWN')] }, references)
  for (const reference of references) {
    assert.equal(vault.secretOf(reference, origin).reveal(origin).startsWith('canary'), true)
    assert.throws(
      () => vault.secretOf(reference, elsewhere),
      (error) =>
        error instanceof PurserError &&
        error.code === 'secret_unavailable' &&
        error.message.includes(`purser secrets bind ${reference} --origin ${elsewhere}`),
    )
    assert.equal(vault.standing(reference, elsewhere).presence, 'unknown')
  }
})

test('a binding that a database writer made up or aimed elsewhere proves nothing', () => {
  const variables = { OWN: 'canary-2' }
  const forged = [
    { reference: 'env:OWN', origin: elsewhere, hmac: binding('env:OWN').hmac },
    { reference: 'env:OTHER', origin, hmac: binding('env:OWN').hmac },
  ]
  const { vault } = opened({ environment: { variables, forget: true } }, { bindings: forged }, ['env:OWN', 'env:OTHER'])
  assert.match(vault.standing('env:OWN', elsewhere).reason!, /was not made with this key-encryption key/)
  assert.match(vault.standing('env:OTHER', origin).reason!, /was not made with this key-encryption key/)
})

test('without the key-encryption key the catalogue works on, and what an operator bound or sealed says why it does not', () => {
  const variables = { SHIPPED: 'canary-1', OWN: 'canary-2' }
  const rows = { bindings: [binding('env:OWN')], sealed: [seal(kek, systemRandom, { id: 's', origin, value: 'canary-3' })] }
  const keys = { missing: 'The key-encryption key kek is missing.' }
  const catalogue = [{ reference: 'env:SHIPPED', origin }]
  const { vault } = opened({ keys, catalogue, environment: { variables, forget: true } }, rows, ['env:SHIPPED', 'env:OWN'])
  assert.equal(vault.standing('env:SHIPPED', origin).presence, 'present')
  for (const reference of ['env:OWN', 'sealed:s']) {
    const { presence, reason } = vault.standing(reference, origin)
    assert.equal(presence, 'unknown')
    assert.match(reason!, /kek is missing/)
  }
  vault.useKeys(keyringOf([kek]))
  for (const reference of ['env:OWN', 'sealed:s']) assert.equal(vault.standing(reference, origin).presence, 'present')
  vault.useKeys(keyringOf([kekOf(new Uint8Array(32).fill(9))]))
  assert.match(vault.standing('sealed:s', origin).reason!, /another key-encryption key/)
})

test('a sealed secret opens for the origin that it was sealed for', () => {
  const { vault } = opened({}, { sealed: [seal(kek, systemRandom, { id: 's', origin, value: 'canary-3' })] })
  assert.equal(vault.secretOf('sealed:s', origin).reveal(origin), 'canary-3')
  assert.match(vault.standing('sealed:s', elsewhere).reason!, /sealed for https:\/\/api\.example\.com:443/)
  assert.equal(vault.standing('sealed:none', origin).presence, 'absent')
})

test('a file is read where only its owner can read it, and no name or link leads out of its folder', (t) => {
  const folder = folderOf(t)
  const file = (name: string, mode = 0o600, text = 'canary-file\n') => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), mode)
  }
  file('good')
  file('shared', 0o640)
  file('empty', 0o600, ' \n')
  file('../outside')
  symlinkSync(join(folder, '..', 'outside'), join(folder, 'link'))
  symlinkSync(join(folder, 'good'), join(folder, 'inside-link'))
  mkdirSync(join(folder, 'deeper'), { mode: 0o700 })
  symlinkSync(join(folder, '..'), join(folder, 'way-out'))
  file('deeper/good')
  const names = [
    'good',
    'deeper/good',
    'shared',
    'empty',
    '../outside',
    'link',
    'inside-link',
    'way-out/outside',
    'deeper',
    'none',
    '.hidden',
    '/etc/hostname',
  ]
  const references = names.map((name) => `file:${name}`)
  const { vault, clock } = opened({ folder }, { bindings: references.map(binding) })
  const stands = () => references.map((reference) => vault.standing(reference, origin).presence)
  assert.deepEqual(stands(), ['present', 'present', 'unknown', 'absent', ...Array(5).fill('unknown'), 'absent', 'unknown', 'unknown'])
  assert.equal(vault.secretOf('file:good', origin).reveal(origin), 'canary-file')
  assert.match(vault.standing('file:shared', origin).reason!, /mode 640/)
  chmodSync(folder, 0o750)
  clock.ms += 60_001
  assert.match(vault.standing('file:good', origin).reason!, /folder .* open to others/)
})

test('a file is looked at again after a minute, and at once when its provider refuses what it held', (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'key')
  const write = (text: string) => writeFileSync(path, text, { mode: 0o600 })
  write('first')
  const { vault, clock } = opened({ folder }, { bindings: [binding('file:key')] })
  const first = vault.secretOf('file:key', origin)
  assert.equal(vault.reload(first, 'file:key'), null, 'the same again is no reason for another try')
  write('second')
  assert.ok(vault.secretOf('file:key', origin).equals(first))
  clock.ms += 60_001
  assert.equal(vault.secretOf('file:key', origin).reveal(origin), 'second')
  write('third')
  const fresh = vault.reload(vault.secretOf('file:key', origin), 'file:key')
  assert.ok(fresh !== null && 'reveal' in fresh && fresh.reveal(origin) === 'third')
  unlinkSync(path)
  assert.equal(vault.reload(fresh, 'file:key'), null)
  assert.equal(vault.standing('file:key', origin).presence, 'absent')
  assert.doesNotMatch(vault.scrub('second, and then a third'), /second/)
})

test('a command is asked once for all who wait, kept for five minutes, and asked anew before that runs out', async () => {
  const asked: (readonly string[])[] = []
  let answer = 'one\n'
  const run = async (argv: readonly string[]) => {
    asked.push(argv)
    return answer
  }
  const { vault, clock } = opened({ commands: new Map([['vault', ['op', 'read', 'x']]]), run }, { bindings: [binding('command:vault')] })
  const ask = () => vault.warm('command:vault', origin)
  assert.equal(vault.standing('command:vault', origin).presence, 'unknown')
  assert.equal(vault.usable('command:vault', origin).presence, 'present', 'a call may count on it')
  assert.throws(() => vault.secretOf('command:vault', origin), { code: 'secret_unavailable' })
  await Promise.all([ask(), ask(), ask()])
  assert.deepEqual(asked, [['op', 'read', 'x']])
  assert.equal(ask(), undefined, 'the secret is at hand')
  assert.equal(vault.secretOf('command:vault', origin).reveal(origin), 'one')
  answer = 'two'
  clock.ms = 245_000
  assert.equal(vault.secretOf('command:vault', origin).reveal(origin), 'one', 'what is kept serves while it is asked anew')
  await settled()
  assert.equal(asked.length, 2)
  clock.ms += 60_001
  assert.equal(vault.secretOf('command:vault', origin).reveal(origin), 'two')
  answer = 'three'
  const fresh = await vault.reload(vault.secretOf('command:vault', origin), 'command:vault')
  assert.equal(fresh?.reveal(origin), 'three')
  answer = 'four'
  assert.equal(await vault.reload(fresh!, 'command:vault'), null, 'not again within moments')
  assert.equal(asked.length, 3)
})

test('a command that fails says how and never what it printed, and an unbound one is not run at all', async () => {
  const commands = new Map([
    ['fails', [process.execPath, '-e', 'console.log("canary-out"); console.error("canary-err"); process.exit(3)']],
    ['says', [process.execPath, '-e', 'console.log(JSON.stringify([process.env.PURSER_CANARY, process.argv.length, process.cwd()]))']],
    ['silent', [process.execPath, '-e', '']],
    ['chatters', [process.execPath, '-e', 'console.log("x".repeat(70000))']],
    ['nowhere', ['/nonexistent/program']],
  ])
  process.env.PURSER_CANARY = 'canary-env'
  const names = [...commands.keys(), 'undeclared']
  const { vault } = opened({ commands }, { bindings: names.map((name) => binding(`command:${name}`)) })
  await Promise.all(names.map((name) => vault.warm(`command:${name}`, origin)))
  delete process.env.PURSER_CANARY
  const reason = (name: string) => vault.standing(`command:${name}`, origin).reason ?? 'present'
  assert.match(reason('fails'), /ended with exit code 3/)
  assert.match(reason('silent'), /printed nothing/)
  assert.match(reason('chatters'), /more than 64 KiB/)
  assert.match(reason('nowhere'), /could not be run \(ENOENT\)/)
  assert.match(reason('undeclared'), /no command "undeclared"/)
  for (const name of names) assert.doesNotMatch(reason(name), /canary/)
  assert.equal(
    vault.secretOf('command:says', origin).reveal(origin),
    '[null,1,"/"]',
    'a clean environment, the fixed words, no folder of ours',
  )
  assert.equal(vault.warm('command:says', elsewhere), undefined)
})

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}

test('a variable that may go nowhere is neither read nor taken out of the environment, whatever rows name it', () => {
  const variables: Record<string, string | undefined> = { PATH: '/bin', OWN: 'canary-2' }
  const { vault } = opened({ environment: { variables, forget: true } }, {}, ['env:PATH', 'env:OWN'])
  assert.deepEqual(variables, { PATH: '/bin', OWN: 'canary-2' })
  vault.update({ sealed: [], bindings: [binding('env:OWN')] }, ['env:PATH', 'env:OWN'])
  assert.deepEqual(variables, { PATH: '/bin' })
  assert.equal(vault.secretOf('env:OWN', origin).reveal(origin), 'canary-2')
})

test('callers are told why a secret cannot be used without a path of this machine, and operators with it', (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'open')
  writeFileSync(path, 'canary', { mode: 0o644 })
  chmodSync(path, 0o644)
  const bindings = ['file:none', 'file:open'].map(binding)
  const lost = { missing: `The key-encryption key ${folder}/kek is missing.`, told: 'The key-encryption key is missing.' }
  const sealed = [seal(kek, systemRandom, { id: 's', origin, value: 'canary-3' })]
  const cases = [
    [opened({ folder }, { bindings }).vault, ['file:none', 'file:open']],
    [opened({ keys: lost, folder }, { bindings, sealed }).vault, ['file:none', 'sealed:s']],
  ] as const
  for (const [vault, references] of cases) {
    for (const reference of references) {
      const { presence, reason } = vault.usable(reference, origin)
      assert.notEqual(presence, 'present')
      assert.ok(reason !== null && reason.length > 0 && !reason.includes(folder), String(reason))
      assert.throws(
        () => vault.secretOf(reference, origin),
        (error) => error instanceof PurserError && error.told?.includes(folder) === false && error.told.endsWith(reason),
      )
      assert.ok(vault.standing(reference, origin).reason?.includes(folder))
    }
  }
})
