import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { printState, readState, stateFormats } from '../../src/control/state/text.ts'
import { PurserError } from '../../src/core/errors.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'

/** Any JSON, with the names among its keys that TOML's form of null would take for its own. */
const keys = fc.oneof(fc.constantFrom('null', 'json', '', 'a', 'constructor', 'toString', '1', 'a.b', 'é "quoted"'), fc.string())
const values = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: 'grapheme' }),
    fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(1e21, 5e-324, 1.7976931348623157e308, 0.1, 123456789012345680000),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      keys.filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).value

test('whatever a state holds comes back from both formats, and prints the same again', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('purser', 'providers', 'null', 'json', 'x'), values, { noNullPrototype: true }),
      (document) => {
        for (const format of stateFormats) {
          const text = printState(document as JsonObject, format)
          const read = readState(text) as JsonObject
          assert.deepEqual(read, document, format)
          assert.equal(printState(read, format), text)
        }
      },
    ),
    { numRuns: 400 },
  )
})

test('null, absent and a value are three things in TOML', () => {
  const text = printState({ rows: [{ a: null, b: 1 }, { b: 1 }, { a: { null: 1 }, c: [1, null] }] }, 'toml')
  assert.deepEqual(readState(text), { rows: [{ a: null, b: 1 }, { b: 1 }, { a: { null: 1 }, c: [1, null] }] })
  assert.match(text, /\nnull = \[ "a" \]/)
  assert.deepEqual(
    readState(printState({ rows: [{ json: '1' }] }, 'toml')),
    { rows: [{ json: '1' }] },
    'what looks like our own form is none',
  )
  assert.deepEqual(readState('x = 1\nnull = ["y"]\n[z]\njson = "[null]"\n'), { x: 1, y: null, z: [null] })
})

test('a text that cannot be read is refused with the place, and what a state has no place for by its name', () => {
  const says = (text: string): string => {
    try {
      readState(text)
    } catch (error) {
      if (error instanceof PurserError) return error.message
    }
    return 'It was read.'
  }
  assert.match(says('a = 1\nb ='), /TOML: line 2, column/)
  assert.match(says('{ "a": 1, }'), /JSON: /)
  assert.match(says('{ "a": 1, "a": 2 }'), /JSON: .*twice|doubl/)
  assert.match(says('{ "keys": [{ "name": "a", "name": "b" }] }'), /JSON: .*twice|doubl/)
  assert.match(says('a = 2026-01-01'), /a date or a time/)
  assert.match(says('a = 1\nnull = ["a"]'), /"a" with a value and in "null"/)
  assert.match(says('null = 1'), /no list of names/)
  assert.match(says('[a]\njson = "nothing"'), /holds a text that is no JSON/)
})

test('a key that stands twice is refused at whatever depth: one of its values would be lost', () => {
  const twice = (text: string) => assert.throws(() => readState(text), { message: /"(na\\u006de|name)" stands twice/ })
  twice('{"purser":1,"profiles":[{"name":"a","name":"b"}]}')
  twice('{"purser":1,"profiles":[{"params":{"name":{},"x":{"name":1},"na\\u006de":{"y":"name"}}}]}')
  assert.deepEqual(readState('{"a":[{"b":"b\\":{"},{"b":{"b":1}}]}'), { a: [{ b: 'b":{' }, { b: { b: 1 } }] })
})
