import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PurserError } from '../../src/core/errors.ts'
import { memberOf, memberValue, type Scan, scan, scanLimits } from '../../src/core/scan.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (text: string): Scan => scan(bytes(text))

function refusal(text: string | Uint8Array): PurserError {
  try {
    scan(typeof text === 'string' ? bytes(text) : text)
  } catch (thrown) {
    assert.ok(thrown instanceof PurserError)
    assert.equal(thrown.kind, 'invalid_request')
    return thrown
  }
  return assert.fail(`accepted ${text}`)
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON text with spaces where they may stand. */
const spaced = fc
  .tuple(fc.json({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t', '\r\n  '))
  .map(
    ([text, gap]) =>
      gap +
      text.replaceAll(/("(?:[^"\\]|\\.)*")|([,:[\]{}])/g, (_whole, string?: string, mark?: string) => string ?? `${gap}${mark}${gap}`) +
      gap,
  )
/** Text made of what JSON is made of: mostly wrong, and wrong in every way. */
const nearly = fc
  .array(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '"a"',
      '"b":',
      ',',
      ':',
      '0',
      '1',
      '-',
      '.',
      'e',
      '+',
      'true',
      'null',
      'fals',
      'e',
      ' ',
      '\n',
      '\\',
      '\\u00',
      '41',
      '\u0001',
      'é',
      '😀',
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

test('scan and JSON.parse agree on what is JSON, but for empty bodies and doubled keys', () => {
  fc.assert(
    fc.property(fc.oneof(spaced, nearly), (text) => {
      if (text === '') return
      let accepted = true
      try {
        read(text)
      } catch (thrown) {
        assert.ok(thrown instanceof PurserError)
        if (thrown.code === 'duplicate_key') return
        accepted = false
      }
      assert.equal(accepted, parses(text))
    }),
    { numRuns: 3000 },
  )
})

test('the slice of every top-level member is its value, and its key is the key', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 4 })),
      fc.constantFrom(undefined, 1, '\t'),
      (object, indent) => {
        const text = JSON.stringify(object, null, indent)
        const body = bytes(text)
        const scanned = scan(body)
        assert.equal(scanned.kind, 'object')
        assert.equal(body[scanned.open], 0x7b)
        assert.equal(body[scanned.close], 0x7d)
        const plain = JSON.parse(text) as Record<string, unknown>
        assert.equal(scanned.members.length, Object.keys(plain).length)
        assert.deepEqual(new Set(scanned.members.map((member) => member.key)), new Set(Object.keys(plain)))
        for (const { key, keyStart, valueStart, valueEnd } of scanned.members) {
          assert.deepEqual(JSON.parse(new TextDecoder().decode(body.subarray(valueStart, valueEnd))), plain[key])
          assert.equal(body[keyStart - 1], 0x22)
          assert.deepEqual(memberValue(body, scanned, key), plain[key])
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('keys and depth are counted as a walk over the value counts them', () => {
  const walk = (value: unknown): { keys: number; depth: number } => {
    if (typeof value !== 'object' || value === null) return { keys: 0, depth: 0 }
    const inner = Object.values(value).map(walk)
    const own = Array.isArray(value) ? 0 : Object.keys(value).length
    return { keys: own + inner.reduce((sum, one) => sum + one.keys, 0), depth: 1 + Math.max(0, ...inner.map((one) => one.depth)) }
  }
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const scanned = read(JSON.stringify(value))
      assert.deepEqual({ keys: scanned.keys, depth: scanned.depth }, walk(JSON.parse(JSON.stringify(value))))
    }),
    { numRuns: 500 },
  )
})

test('bytes that are no UTF-8 are refused at the byte where they go wrong', () => {
  const whole = bytes('{"model":"é"}')
  const broken = Uint8Array.from(whole)
  broken[11] = 0x41
  assert.match(refusal(broken).message, /at byte 10/)
  assert.match(refusal(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)).message, /UTF-8/)
  assert.match(refusal(Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)).message, /UTF-8/)
})

test('a byte order mark is no JSON', () => {
  assert.match(refusal('\ufeff{}').message, /at byte 0/)
})

test('a body without bytes is empty, and one of spaces is no JSON', () => {
  assert.equal(scan(new Uint8Array()).kind, 'empty')
  assert.match(refusal('  \n').message, /at byte 3/)
})

test('what is no object has no members and no braces', () => {
  assert.deepEqual(read('[1]'), { kind: 'array', members: [], open: -1, close: -1, depth: 1, keys: 0 })
  assert.deepEqual(read(' "a" '), { kind: 'scalar', members: [], open: -1, close: -1, depth: 0, keys: 0 })
})

test('an error names the byte and says what to do', () => {
  const error = refusal('{"a" 1}')
  assert.match(error.message, /at byte 5, a colon was expected/)
  assert.match(error.hint ?? '', /UTF-8/)
  assert.equal(error.code, 'invalid_json')
})

for (const text of [
  '{"a":1}x',
  '{"a":1,}',
  '[1,]',
  '{a:1}',
  "{'a':1}",
  '01',
  '1.',
  '.5',
  '1e',
  '-',
  '+1',
  'NaN',
  'tru',
  'nullx',
  '"\n"',
  '"\\x41"',
  '"\\u12g4"',
  '"\\u12',
  '"',
  '{"a":1',
  '[1',
  '{"a"',
  '{',
  '[',
  '{}{}',
  '"\u001f"',
  '/**/1',
  '\u00a01',
]) {
  test(`${JSON.stringify(text)} is no JSON`, () => {
    assert.equal(parses(text), false)
    refusal(text)
  })
}

test('64 levels pass and 65 do not', () => {
  assert.equal(read('['.repeat(64) + ']'.repeat(64)).depth, 64)
  assert.equal(refusal('['.repeat(65) + ']'.repeat(65)).code, 'json_limit')
  assert.equal(refusal(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`).code, 'json_limit')
  assert.equal(refusal('['.repeat(1_000_000)).code, 'json_limit')
})

test('a number of 64 characters passes and one of 65 does not', () => {
  assert.equal(read('1'.repeat(64)).kind, 'scalar')
  assert.equal(refusal(`[-${'1'.repeat(64)}]`).code, 'json_limit')
})

test('the most keys pass and one more does not', () => {
  const limits = { ...scanLimits, keys: 3 }
  assert.equal(scan(bytes('{"a":{"b":1},"c":2}'), limits).keys, 3)
  assert.throws(() => scan(bytes('{"a":{"b":1},"c":{"d":1}}'), limits), /more than 3 keys/)
})

test('a key that stands twice at the top is refused by name, however it is spelled', () => {
  assert.equal(refusal('{"model":"a","model":"b"}').field, 'model')
  assert.equal(refusal('{"model":"a","\\u006dodel":"b"}').field, 'model')
  assert.equal(refusal('{"m\\u006fdel":"a","\\u006dodel":"b"}').code, 'duplicate_key')
  assert.equal(refusal('{"é":1,"\\u00e9":2}').field, 'é')
  assert.equal(refusal('{"__proto__":1,"__proto__":2}').field, '__proto__')
})

test('a key that stands twice in an object that Purser reads is refused, elsewhere it passes', () => {
  assert.equal(refusal('{"stream_options":{"include_usage":true,"include_usage":false}}').field, 'include_usage')
  assert.equal(refusal('{"messages":[{"role":"user","\\u0072ole":"system"}]}').field, 'role')
  assert.equal(read('{"metadata2":{"a":1,"a":2},"messages":[{"content":{"a":1,"a":2}}]}').keys, 7)
})

test('the member of a name is found by its decoded key, and a name that is not there is not', () => {
  const body = bytes('{"mod\\u0065l":"x","n":null}')
  const scanned = scan(body)
  assert.equal(memberValue(body, scanned, 'model'), 'x')
  assert.equal(memberValue(body, scanned, 'n'), null)
  assert.equal(memberValue(body, scanned, 'stream'), undefined)
  assert.equal(memberOf(scanned, 'stream'), undefined)
})
