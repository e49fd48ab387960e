import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PurserError } from '../../src/core/errors.ts'
import { guardContentType, guardRequest, hostsOf } from '../../src/http/guard.ts'

const edge = { hosts: hostsOf('127.0.0.1', 7879), origins: new Set(['http://127.0.0.1:5000']) }
const host = ['Host', '127.0.0.1:7879']

function refusal(target: string, headers: readonly string[]): string | undefined {
  try {
    guardRequest(target, headers, edge)
    return undefined
  } catch (error) {
    assert.ok(error instanceof PurserError)
    return error.kind
  }
}

test('a plain request to one of our names passes', () => {
  for (const name of ['127.0.0.1:7879', 'localhost:7879', 'LOCALHOST:7879', '[::1]:7879'])
    assert.equal(refusal('/api/v1/calls?limit=1', ['hOsT', name]), undefined, name)
  for (const target of ['/', '/api/v1/providers/open%20ai', '/a.b/..c/d', '/v1/models?q=../x%2f'])
    assert.equal(refusal(target, host), undefined, target)
})

test('no Host, two Hosts, a foreign one, another port: refused', () => {
  assert.equal(refusal('/', []), 'invalid_request')
  assert.equal(refusal('/', [...host, ...host]), 'invalid_request')
  for (const name of [
    'evil.example',
    '127.0.0.1',
    '127.0.0.1:7878',
    'localhost.:7879',
    '127.0.0.1:7879.evil.example',
    'localhost:7879@evil.example',
    '',
  ]) {
    assert.equal(refusal('/', ['Host', name]), 'forbidden', name)
  }
})

test('a foreign page is refused, whatever its method, and a listed one is not', () => {
  for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:7879', ''])
    assert.equal(refusal('/', [...host, 'Origin', origin]), 'forbidden', origin)
  assert.equal(refusal('/', [...host, 'Sec-Fetch-Site', 'cross-site']), 'forbidden')
  assert.equal(refusal('/', [...host, 'Origin', 'http://127.0.0.1:5000', 'Sec-Fetch-Site', 'same-site']), undefined)
})

test('a target that two readers could read differently is refused', () => {
  const targets = [
    'http://127.0.0.1:7879/api',
    '//evil/x',
    '*',
    'api/v1',
    '/a/../b',
    '/a/%2e%2e/b',
    '/a/./b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/a%0d',
    '/%ff',
    '/%',
    '/a\tb',
  ]
  for (const target of targets) assert.equal(refusal(target, host), 'invalid_request', target)
})

test('a body that is not JSON by its own words is refused', () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON'])
    assert.doesNotThrow(() => guardContentType(type))
  for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp'])
    assert.throws(() => guardContentType(type), PurserError)
})

test('names that the operator allows are answered to: as they stand, and with the port of the listener where they have none', () => {
  const hosts = hostsOf('0.0.0.0', 7878, ['Gateway.example', 'models.example:8443', '[fd00::1]'])
  for (const name of ['gateway.example', 'gateway.example:7878', 'models.example:8443', '[fd00::1]:7878', 'localhost:7878'])
    assert.ok(hosts.has(name), name)
  for (const name of ['gateway.example:80', 'models.example', 'models.example:7878', 'evil.example']) assert.ok(!hosts.has(name), name)
  for (const text of [
    'https://gateway.example',
    'gateway.example/v1',
    '*.example',
    '*',
    '',
    'a b',
    'x@y',
    'gateway.example:99999',
    'fd00::1',
    '.',
  ])
    assert.throws(() => hostsOf('0.0.0.0', 7878, [text]), { code: 'host_unreadable', field: '--allow-host' }, text)
})
