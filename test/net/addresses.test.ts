import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { isInside, parseAddress, parseCidr } from '../../src/core/addresses.ts'
import { type AddressClass, addressClasses, classify, isAllowed } from '../../src/net/addresses.ts'

/** IPv4 addresses at the edges of every range, by class. */
const version4: Readonly<Record<AddressClass, readonly string[]>> = {
  never: [
    '0.0.0.0',
    '0.255.255.255',
    '169.254.0.0',
    '169.254.169.254',
    '169.254.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '192.0.0.0',
    '192.0.2.1',
    '192.88.99.1',
    '198.51.100.7',
    '203.0.113.255',
    '224.0.0.0',
    '239.255.255.255',
    '240.0.0.0',
    '255.255.255.255',
  ],
  loopback: ['127.0.0.0', '127.0.0.1', '127.1.2.3', '127.255.255.255'],
  private: [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.0',
    '192.168.255.255',
    '100.64.0.0',
    '100.127.255.255',
    '100.100.100.199',
    '198.18.0.1',
    '198.19.255.255',
  ],
  public: [
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '192.0.1.0',
    '168.63.129.17',
  ],
}

const version6: Readonly<Record<AddressClass, readonly string[]>> = {
  never: [
    '::',
    'fe80::1',
    'FE80::1',
    'febf:ffff::1',
    'fec0::1',
    'ff02::1',
    'ff0e::1',
    'fd00:ec2::254',
    'fd00:0ec2:0:0:0:0:0:0254',
    '2001:db8::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '100::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
    '::ffff:0:127.0.0.1',
    '::ffff:0:0:1',
    '64:ff9c::1',
  ],
  loopback: ['::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '::0.0.0.1'],
  private: ['fc00::1', 'fd00::1', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00:ec2::253'],
  public: ['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2001:4860:4860::8888', '2000::1', '3ffe::1', '2001:200::1'],
}

const hex4 = (text: string) =>
  text
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')
const groups = (hex: string) => `${hex.slice(0, 4)}:${hex.slice(4)}`
const asNumber = (text: string) => Number.parseInt(hex4(text), 16)
const turnedOver = (text: string) => groups(((asNumber(text) ^ 0xffff_ffff) >>> 0).toString(16).padStart(8, '0'))

/** The ways to write one IPv4 address: alone as a URL's host, or inside IPv6. */
const spellings: Readonly<Record<string, (text: string) => string>> = {
  dotted: (text) => text,
  hexadecimal: (text) => `0x${hex4(text)}`,
  octal: (text) =>
    text
      .split('.')
      .map((part) => `0${Number(part).toString(8)}`)
      .join('.'),
  number: (text) => String(asNumber(text)),
  short: (text) => {
    const [a, b, c, d] = text.split('.').map(Number) as [number, number, number, number]
    return `${a}.${b * 65_536 + c * 256 + d}`
  },
  'trailing dot': (text) => `${text}.`,
  'wide digits': (text) => text.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  mapped: (text) => `[::ffff:${text}]`,
  'mapped in hexadecimal': (text) => `[::FFFF:${groups(hex4(text))}]`,
  'mapped in full': (text) => `[0:0:0:0:0:ffff:${groups(hex4(text))}]`,
  translated: (text) => `[64:ff9b::${text}]`,
  'translated locally': (text) =>
    `[64:ff9b:1:${hex4(text).slice(0, 4)}:00${hex4(text).slice(4, 6)}:${hex4(text).slice(6)}00:${groups(hex4(text))}]`,
  '6to4': (text) => `[2002:${groups(hex4(text))}::1]`,
  'Teredo client': (text) => `[2001:0:808:808:0:0:${turnedOver(text)}]`,
  'Teredo server': (text) => `[2001:0:${groups(hex4(text))}:0:0:${turnedOver('8.8.8.8')}]`,
}

/** As a base URL's host reaches the classifier. */
function classOf(spelling: string): AddressClass {
  const host = new URL(`http://${spelling}/`).hostname
  const address = parseAddress(host.replace(/^\[|\]$/g, ''))
  assert.ok(address !== undefined, `${spelling} became ${host}, which is no address`)
  return classify(address)
}

test('every spelling of an address has the class of that address', () => {
  let tried = 0
  for (const expected of addressClasses) {
    for (const text of version4[expected]) {
      for (const [name, spell] of Object.entries(spellings)) {
        assert.equal(classOf(spell(text)), expected, `${text} as ${name}: ${spell(text)}`)
        tried += 1
      }
      // The deprecated compatible form. Its first two addresses are IPv6's own `::` and `::1`.
      if (text !== '0.0.0.0') assert.equal(classOf(`[::${text}]`), expected, `::${text}`)
    }
    for (const text of version6[expected]) {
      assert.equal(classOf(`[${text}]`), expected, text)
      tried += 1
    }
  }
  assert.ok(tried >= 300, `${tried} spellings`)
})

test('what is no address in standard form is none', () => {
  for (const text of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '256.1.1.1',
    '1.2.3.-4',
    '0x7f.0.0.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::1%lo',
    'g::',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7::8',
    'localhost',
  ]) {
    assert.equal(parseAddress(text), undefined, text)
  }
})

test('a translated address is judged by both places where it may carry IPv4', () => {
  assert.equal(classify(parseAddress('64:ff9b:1::7f00:1')!), 'never')
  assert.equal(classify(parseAddress('64:ff9b:1:808:8:800:808:808')!), 'public')
  assert.equal(classify(parseAddress('64:ff9b:1:808:8:800:7f00:1')!), 'loopback')
})

test("an address is inside a range exactly when its leading bits are the range's", () => {
  const bits32 = fc.integer({ min: 0, max: 0xffff_ffff })
  fc.assert(
    fc.property(bits32, bits32, fc.integer({ min: 0, max: 32 }), (one, other, bits) => {
      const binary = (value: number) => value.toString(2).padStart(32, '0').slice(0, bits)
      const range = { family: 4 as const, value: BigInt(other), bits }
      assert.equal(isInside({ family: 4, value: BigInt(one) }, range), binary(one) === binary(other))
    }),
    { numRuns: 300 },
  )
})

test('a range is an address with a prefix length, or an address alone', () => {
  assert.equal(parseCidr('10.0.0.0/8')?.bits, 8)
  assert.equal(parseCidr('fd00::/8')?.bits, 8)
  assert.equal(parseCidr('10.1.2.3')?.bits, 32)
  for (const text of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', '/8', 'fd00::/129', '10.0.0.0/-1', '10.0.0.0/ 8'])
    assert.equal(parseCidr(text), undefined, text)
})

test('a network allows its own class alone, and a private one only inside its ranges', () => {
  const ranges = [parseCidr('10.0.0.0/8')!, parseCidr('0.0.0.0/0')!, parseCidr('::/0')!]
  for (const expected of addressClasses) {
    for (const text of [...version4[expected], ...version6[expected]]) {
      const address = parseAddress(text)!
      for (const network of ['public', 'loopback', 'private'] as const)
        assert.equal(isAllowed(address, network, ranges), network === expected, `${text} for ${network}`)
    }
  }
  assert.equal(isAllowed(parseAddress('192.168.1.1')!, 'private', [parseCidr('10.0.0.0/8')!]), false)
  assert.equal(isAllowed(parseAddress('::ffff:10.1.1.1')!, 'private', [parseCidr('10.0.0.0/8')!]), true)
  assert.equal(isAllowed(parseAddress('10.1.1.1')!, 'private', []), false)
})

test('no address is public here that another implementation finds local', (context) => {
  const found = spawnSync('python3', ['-c', 'import ipaddress'], { timeout: 20_000 })
  if (found.status !== 0) return context.skip('python3 with its ipaddress module is not here')
  const random = fc.sample(fc.oneof(fc.ipV4(), fc.ipV6(), near6()), { numRuns: 6_000, seed: 7 })
  const texts = [...random, ...Object.values(version4).flat(), ...Object.values(version6).flat()]
  const script = `
import ipaddress, sys
for line in sys.stdin.read().split():
  a = ipaddress.ip_address(line)
  inner = a
  if a.version == 6:
    inner = a.ipv4_mapped or a.sixtofour or a
  print(int(a), int(inner.is_loopback), int(inner.is_global and not inner.is_multicast))
`
  const answer = spawnSync('python3', ['-c', script], { input: texts.join('\n'), encoding: 'utf8', timeout: 60_000 })
  assert.equal(answer.status, 0, answer.stderr)
  for (const [position, line] of answer.stdout.trim().split('\n').entries()) {
    const [value, isLoopback, isGlobal] = line.split(' ')
    const text = texts[position]!
    const address = parseAddress(text)
    assert.ok(address !== undefined, text)
    assert.equal(address.value, BigInt(value!), text)
    if (classify(address) === 'public') assert.equal(isGlobal, '1', text)
    if (isLoopback === '1') assert.equal(classify(address), 'loopback', text)
  }
})

/** IPv6 addresses at the prefixes where something is special. */
function near6(): fc.Arbitrary<string> {
  const prefixes = ['::ffff:', '64:ff9b::', '2002:', '2001:0:', '2001:db8:', 'fe80:', 'fc00:', 'ff02:', '2001:1:', '100:']
  return fc
    .tuple(fc.constantFrom(...prefixes), fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0xffff }))
    .map(([prefix, one, other]) => {
      const tail = `${one.toString(16)}:${other.toString(16)}`
      return prefix.endsWith('::') || prefix === '::ffff:' ? `${prefix}${tail}` : `${prefix}${tail}::1`
    })
}
