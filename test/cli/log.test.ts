/** The log of a server, as it stands on its standard error: what no line of it ever holds, whoever wrote the line. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { mintKey } from '../../src/core/keys.ts'
import { systemRandom } from '../../src/core/system.ts'

const value = 'sk-canary "with\\quotes"/+&é'
const bytes = Buffer.from(value)
const spellings = [
  value,
  JSON.stringify(value).slice(1, -1),
  encodeURIComponent(value),
  bytes.toString('base64'),
  bytes.toString('base64url'),
  bytes.toString('hex'),
]
const key = mintKey('call', systemRandom)
const address = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)

/** The lines that a program writes which has the log as `log` and the secret in use. */
function linesOf(body: string): string[] {
  const program = `
    import { createLog } from ${address('cli/log.ts')}
    import { Secret } from ${address('core/secret.ts')}
    const log = createLog('info')
    const secret = new Secret(${JSON.stringify(value)}, 'https://api.example.com:443')
    log.scrubWith((line) => secret.redact(line))
    const spellings = ${JSON.stringify(spellings)}
    const key = ${JSON.stringify(key.text)}
    ${body}`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return run.stderr.trim().split('\n')
}

test('a secret in use is in no line, in whatever spelling, as message, field, stack or cause', () => {
  const lines = linesOf(`
    for (const one of spellings) {
      log.warn({ detail: one, deep: { deeper: [one] } }, 'It said ' + one)
      log.error({ err: new Error('outer', { cause: new Error('inner ' + one) }) }, 'failed')
    }
    log.error({ err: new Error(secret), secret, held: { it: secret } }, String(secret))`)
  assert.equal(lines.length, 2 * spellings.length + 1)
  for (const line of lines) {
    JSON.parse(line)
    for (const one of spellings) assert.ok(!line.includes(one) && !line.includes(JSON.stringify(one).slice(1, -1)), line)
  }
  assert.match(lines[0]!, /\[secret:[0-9a-f]{8}\]/)
})

test('a key of Purser is in no line, and its id says which it was', () => {
  const [message, field] = linesOf(`
    log.warn({}, 'sent Bearer ' + key)
    log.warn({ detail: { at: key } }, 'sent')`)
  for (const line of [message!, field!]) {
    assert.ok(!line.includes(key.secret))
    assert.ok(line.includes(`purser_call_${key.id}_[redacted]`))
  }
})

test('fields that are named as proofs are masked, at the first depth and the second', () => {
  const names = ['authorization', 'cookie', 'api_key', 'apiKey', 'x-api-key', 'x-goog-api-key', 'key', 'token', 'secret', 'password']
  const lines = linesOf(`
    for (const name of ${JSON.stringify(names)}) log.warn({ [name]: 'proof-itself', headers: { [name]: 'proof-itself' } }, 'a request')`)
  assert.equal(lines.length, names.length)
  for (const line of lines) {
    assert.ok(!line.includes('proof-itself'), line)
    assert.equal(line.split('[redacted]').length - 1, 2, line)
  }
})
