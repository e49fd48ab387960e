import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../src/control/backfill/read.ts'
import { PurserError } from '../../src/core/errors.ts'

const refused = (text: string, says: RegExp) =>
  assert.throws(
    () => readDocument(text, 'config'),
    (error) => error instanceof PurserError && error.field === 'config' && says.test(error.message),
  )

test('a document is read without rounding a number or losing a character that a database refuses', () => {
  assert.deepEqual(readDocument('\ufeff{"a": [1, 2.50, -3e2], "b": "é\\n"}', 'config'), { a: [1, 2.5, -300], b: 'é\n' })
  assert.deepEqual(readDocument('{"n": 12345678901234567890, "t": 1e-400, "h": 1e400}', 'config'), {
    n: { $json: '12345678901234567890' },
    t: { $json: '1e-400' },
    h: { $json: '1e400' },
  })
  assert.deepEqual(readDocument('{"z": "a\\u0000b"}', 'config'), { z: { $json: '"a\\u0000b"' } })
  assert.equal(Object.getPrototypeOf(readDocument('{"__proto__": {"x": 1}}', 'config')), Object.prototype)
})

test('a document that cannot be read is refused by its name, with the place', () => {
  refused('', /empty/)
  refused('{"a": 1,}', /not valid JSON/)
  refused('{"a": {"b": 1, "b": 2}}', /key "b" twice in the object at "\/a"/)
  refused('{"a\\u0000": 1}', /no database keeps/)
  refused('['.repeat(200) + ']'.repeat(200), /deeper than 128/)
  refused(`"${'x'.repeat(4 * 1024 * 1024)}"`, /4 MiB/)
})
