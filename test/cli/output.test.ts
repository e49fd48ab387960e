import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { csvText } from '../../src/cli/output.ts'

/** Reads what RFC 4180 says, for nothing but these tests. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? bare!)
    if (end === ',') continue
    rows.push(row)
    row = []
  }
  return rows
}

test('whatever a cell holds, it is read back, and every line has every field', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '5') })
  fc.assert(
    fc.property(fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), text), { minLength: 1, maxLength: 5 }), (items) => {
      const fields = [...new Set(items.flatMap((item) => Object.keys(item)))]
      const rows = readCsv(csvText(items))
      if (fields.length === 0) return assert.deepEqual(rows, [])
      assert.deepEqual(rows[0], fields)
      const sound = (value: string) => (/^[\r]/.test(value) ? `'${value}` : value)
      assert.deepEqual(
        rows.slice(1),
        items.map((item) => fields.map((field) => sound(item[field] ?? ''))),
      )
    }),
    { numRuns: 300 },
  )
})

test('a name that a spreadsheet would run as a formula is only text, and an amount stays a number', () => {
  const rows = readCsv(csvText([{ name: '=cmd|calc', at: '@sum', minus: '-1.5', note: '-x', inner: { list: [1, 2] }, none: null }]))
  assert.deepEqual(rows, [
    ['name', 'at', 'minus', 'note', 'inner.list', 'none'],
    ["'=cmd|calc", "'@sum", '-1.5', "'-x", '[1,2]', ''],
  ])
})
