import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PurserError } from '../../src/core/errors.ts'
import { originOf, pathUnder, readBaseUrl } from '../../src/net/destination.ts'

test('a base URL is read into host, port, origin and prefix', () => {
  assert.deepEqual(readBaseUrl('https://API.example.com./v1/', 'public'), {
    secure: true,
    host: 'api.example.com',
    port: 443,
    origin: 'https://api.example.com:443',
    prefix: '/v1',
    simulated: false,
  })
  assert.equal(readBaseUrl('http://[::1]:8000', 'loopback').origin, 'http://[::1]:8000')
  assert.equal(readBaseUrl('http://simulated.purser.invalid/v1', 'loopback').simulated, true)
  assert.equal(readBaseUrl('http://simulated.purser.invalid:81/v1', 'loopback').simulated, false)
  assert.equal(readBaseUrl('https://simulated.purser.invalid/v1', 'public').simulated, false)
})

const refused: readonly (readonly [baseUrl: string, network: 'public' | 'loopback' | 'private', says: RegExp])[] = [
  ['nonsense', 'public', /no URL/],
  ['http://api.example.com', 'public', /uses http/],
  ['ftp://api.example.com', 'private', /uses ftp/],
  ['file:///etc/passwd', 'loopback', /uses file/],
  ['https://name:zebra@api.example.com', 'public', /user name or password/],
  ['https://name@api.example.com', 'public', /user name or password/],
  ['https://api.example.com?key=1', 'public', /query/],
  ['https://api.example.com#x', 'public', /fragment/],
  ['https://api.example.com:22', 'public', /port 22/],
  ['http://127.0.0.1:6379', 'loopback', /port 6379/],
  ['http://127.0.0.1:5432', 'loopback', /port 5432/],
  ['https://api.example.com/v1/%2e%2fadmin', 'public', /encoded/],
  ['https://./', 'public', /no host|no URL/],
]

test('a base URL that breaks a rule is refused by field name, with what to do', () => {
  for (const [baseUrl, network, says] of refused) {
    assert.throws(
      () => readBaseUrl(baseUrl, network),
      (error) =>
        error instanceof PurserError &&
        error.kind === 'invalid_request' &&
        error.field === 'base_url' &&
        says.test(error.message) &&
        !error.message.includes('zebra'),
      baseUrl,
    )
  }
  assert.equal(readBaseUrl('http://10.0.0.1:6379', 'private').port, 6379)
})

test('the path sent always begins with the prefix, whatever is appended', () => {
  const target = readBaseUrl('https://api.example.com/v1', 'public')
  const odd = fc.string({
    unit: fc.constantFrom('/', '.', '%2e', '%2F', '%5c', '\\', '?', '#', 'a', '..', ' ', '\r\n', '@', ':', 'é', '//'),
    maxLength: 12,
  })
  fc.assert(
    fc.property(odd, (appended) => {
      const path = pathUnder(target, appended)
      if (path === undefined) return
      const url = new URL(path, 'https://api.example.com')
      assert.equal(url.host, 'api.example.com')
      assert.ok(url.pathname.startsWith('/v1/'), path)
      assert.equal(url.href, `https://api.example.com${path}`)
    }),
    { numRuns: 3_000 },
  )
  assert.equal(pathUnder(target, '/chat/completions?beta=true'), '/v1/chat/completions?beta=true')
  assert.equal(pathUnder(target, '/models/a..b/c'), '/v1/models/a..b/c')
  for (const appended of ['', 'x', '@evil.example', '/../admin', '/a/%2E%2e/b', '/..', '/a b', '/a\r\nx: y', '/a#b', '/a%2f..'])
    assert.equal(pathUnder(target, appended), undefined, appended)
})

test('an origin says its port always, so that one destination has one spelling', () => {
  for (const spelling of ['https://api.example.com', 'https://api.example.com:443/v1', 'HTTPS://Api.Example.COM./x'])
    assert.equal(originOf(spelling), 'https://api.example.com:443')
  assert.equal(originOf('http://2130706433:8080'), 'http://127.0.0.1:8080')
})
