/** What may be bound, and what SQLite would make of it otherwise. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bindable, fits, literal, real } from '../../src/store/binding.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

const refused = { kind: 'internal', code: 'binding' }

test('a whole number binds as an integer, so that it compares exactly above 2^53', (t) => {
  const connection = openSqlite(':memory:')
  t.after(() => connection.close())
  connection.exec('CREATE TABLE counters (spent INTEGER) STRICT; INSERT INTO counters VALUES (9007199254740992)')
  assert.equal(connection.run('UPDATE counters SET spent = spent + 1 WHERE spent + ? <= 9007199254740992', [1]), 0)
  assert.equal(connection.run('UPDATE counters SET spent = spent + ?', [1]), 1)
  assert.deepEqual({ ...connection.all('SELECT spent FROM counters')[0] }, { spent: 9007199254740993n })
})

test('booleans bind as 0 and 1, fractions only through real(), and nothing else but text, bigint, bytes and null', () => {
  assert.equal(bindable(true, 1), 1n)
  assert.equal(bindable(false, 1), 0n)
  assert.equal(bindable(real(0.7), 1), 0.7)
  for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, undefined, {}, [], new Date(0), Symbol('x'), () => 1]) {
    assert.throws(() => bindable(value, 1), refused, String(value))
  }
})

test('a number never lands in a column of text as 1.0', () => {
  assert.equal(fits('text', 1), false)
  assert.equal(fits('json', 1n), false)
  assert.equal(fits('int', 1.5), false)
  assert.equal(fits('int', '1'), false)
  assert.equal(fits('real', 1.5), true)
  assert.equal(fits('instant', null), true)
})

test('a text with two statements is refused, and one with a semicolon in a string is not', (t) => {
  const connection = openSqlite(':memory:')
  t.after(() => connection.close())
  assert.throws(() => connection.all('SELECT 1; SELECT 2'), refused)
  assert.throws(() => connection.run('DELETE FROM sqlite_master; --', []), { name: 'PurserError' })
  assert.deepEqual({ ...connection.all("SELECT 'a;b' AS text;  ")[0] }, { text: 'a;b' })
})

test('PRAGMA synchronous is refused where it would be prepared', (t) => {
  const connection = openSqlite(':memory:')
  t.after(() => connection.close())
  assert.throws(() => connection.run('pragma main.synchronous = OFF'), refused)
})

test('every text, bigint and safe integer comes back from its literal as it went in', (t) => {
  const connection = openSqlite(':memory:')
  t.after(() => connection.close())
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom("'", "''", '\0', "a\0'b", '?', '--', '\\'), int64, fc.maxSafeInteger()),
      (value) => {
        const [row] = connection.all(`SELECT ${literal(value)} AS value`)
        assert.equal(row?.value, typeof value === 'number' ? BigInt(value) : value)
      },
    ),
    { numRuns: 300 },
  )
  assert.equal(connection.all(`SELECT ${literal(null)} AS value`)[0]?.value, null)
})
