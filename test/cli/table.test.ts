import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutTo, printable, renderTable, widthOf } from '../../src/cli/table.ts'

const cellText = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ maxLength: 60 }))

test('no line of a table is wider than was asked, whatever stands in it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cellText, { minLength: 3, maxLength: 3 }), { maxLength: 8 }),
      fc.integer({ min: 30, max: 100 }),
      (rows, width) => {
        const table = renderTable([{ title: 'NAME' }, { title: 'VALUE', right: true }, { title: 'NOTE' }], rows, width)
        for (const line of table.split('\n')) assert.ok(widthOf(line) <= width, JSON.stringify(line))
        assert.equal(table.split('\n').length, rows.length + 1)
      },
    ),
    { numRuns: 100 },
  )
})

test('columns stand below their titles, numbers flush right', () => {
  const table = renderTable(
    [{ title: 'MODEL' }, { title: 'COST', right: true }],
    [
      ['a', '0.5'],
      ['long-name', '12.25'],
    ],
    100,
  )
  assert.equal(table, ['MODEL       COST', 'a            0.5', 'long-name  12.25'].join('\n'))
})

test('an id is there to be copied: what stands beside it is cut first', () => {
  const id = '01990000-0000-7000-8000-000000000000'
  const row = [id, '2026-01-31T12:00:00Z', 'provider-of-some-length/model-of-some-length', 'provider_error', '0.012345']
  const columns = ['CALL', 'AT', 'ASKED FOR', 'OUTCOME', 'CHARGED'].map((title) => ({ title, whole: title === 'CALL' }))
  const table = renderTable(columns, [row], 100)
  assert.ok(table.includes(`${id}  `), table)
  for (const line of renderTable(columns, [row], 60).split('\n')) assert.ok(widthOf(line) <= 60)
})

test('where there is little room an id beside a name yields first, then text, and an instant says less instead of being cut', () => {
  const row = ['2026-01-31T12:00:59Z', 'admin-token', 'connections.update', '01990000-0000-7000-8000-000000000000']
  const columns = [{ title: 'AT', instant: true }, { title: 'ACTOR' }, { title: 'OPERATION' }, { title: 'ID', id: true }]
  const lineAt = (width: number) => renderTable(columns, [row], width).split('\n')[1]!.split(/ {2,}/)
  assert.deepEqual(lineAt(80), [...row.slice(0, 3), '01990000-0000-7000-8000-…'])
  assert.deepEqual(lineAt(64).slice(0, 3), row.slice(0, 3))
  assert.deepEqual(lineAt(55), ['01-31 12:00:59', 'admin-token', 'connections.u…', '01990000…'])
  assert.deepEqual(lineAt(51), ['01-31 12:00', 'admin-token', 'connections.u…', '01990000…'])
})

test('an amount is never cut while anything else can be: a part of it would be another amount', () => {
  const columns = [{ title: 'MODEL' }, { title: 'AT', instant: true }, { title: 'CHARGED', right: true }]
  const table = renderTable(columns, [['a-model-of-some-length', '2026-01-31T12:00:00Z', '1234567.012345678']], 40)
  assert.match(table, / 1234567\.012345678$/)
})

test('nothing in a table can steer the terminal', () => {
  const table = renderTable([{ title: 'X' }], [['\u001b[31mred\u001b[0m'], ['a\nb'], ['\u202egnp.exe'], ['\u0007']], 100)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(table, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
  assert.equal(table.split('\n').length, 5)
})

test('wide letters and emoji take two columns, marks that combine none', () => {
  assert.equal(widthOf('abc'), 3)
  assert.equal(widthOf('价格'), 4)
  assert.equal(widthOf('🙂'), 2)
  assert.equal(widthOf('e\u0301'), 1)
  assert.equal(cutTo('价格表', 5), '价格…')
  assert.equal(printable('tab\there'), 'tab here')
})
