import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { homeOf } from '../../src/control/home/home.ts'
import { makeKek, newKek, readKek, writeKeks } from '../../src/control/secrets/kek-file.ts'

function pathOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'purser-kek-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'kek')
}

test('it is made once, for its owner alone, and read again as the same key', (t) => {
  const path = pathOf(t)
  const made = makeKek(path, false)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.match(readFileSync(path, 'utf8'), /^[0-9a-f]{64}\n$/)
  const again = makeKek(path, true)
  assert.ok('current' in made && 'current' in again && made.current.kid === again.current.kid)
  assert.notEqual(newKek(), newKek())
})

test('one that is lost, damaged or unreadable is not made anew, and says so', (t) => {
  const path = pathOf(t)
  const why = () => {
    const keys = makeKek(path, true)
    return 'missing' in keys ? keys.missing : 'there'
  }
  assert.match(why(), /kek is missing\. Restore it from a backup/)
  for (const text of ['', 'abcd', 'z'.repeat(64), `${'a'.repeat(64)}\nhalf`]) {
    writeFileSync(path, text, { mode: 0o600 })
    assert.match(why(), /does not hold 64 hex digits/)
  }
})

test('one that others can read is refused', (t) => {
  const path = pathOf(t)
  writeKeks(path, [newKek()])
  for (const mode of [0o640, 0o604, 0o620]) {
    chmodSync(path, mode)
    assert.throws(() => readKek(path), { code: 'unsafe_file', message: /may be read by others/ })
  }
})

test('while a new one takes over both are there, and the first makes new things', (t) => {
  const path = pathOf(t)
  const [old, fresh] = [newKek(), newKek()]
  writeKeks(path, [fresh, old])
  const both = readKek(path)
  writeKeks(path, [fresh])
  const one = readKek(path)
  assert.ok('current' in both && 'current' in one)
  assert.equal(both.all.size, 2)
  assert.equal(both.current.kid, one.current.kid)
})

test('its file may stand elsewhere', () => {
  assert.equal(homeOf('/somewhere', {}, '/nobody').kek, '/somewhere/config/kek')
  assert.equal(homeOf('/somewhere', { PURSER_KEK_FILE: '/run/keys/kek' }, '/nobody').kek, '/run/keys/kek')
})
