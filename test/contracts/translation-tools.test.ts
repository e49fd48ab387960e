import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dataUri, mediaOf } from '../../src/contracts/data-uri.ts'
import { parseExactly, plainNumber } from '../../src/contracts/exact-json.ts'
import { openedEnvelope, sealedEnvelope } from '../../src/contracts/seals.ts'
import { objectOf, textOfArguments } from '../../src/contracts/tool-arguments.ts'
import { escapedId, nineCharacters, unescapedId } from '../../src/contracts/tool-ids.ts'
import { totalsOf } from '../../src/contracts/totals.ts'
import { once } from '../../src/contracts/warnings.ts'

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'escaped_', 'escaped_YQ', 'a:b', 'toolu_01'))

test('numbers come out of JSON as they went in, however long', () => {
  for (const said of [
    '1234567890123456789',
    '{"a":[12345678901234567890,-9007199254740993]}',
    '1e400',
    '{"a":"1234567890123456789"}',
    '[0.1,1e2,9007199254740991]',
  ])
    assert.equal(JSON.stringify(parseExactly(said)), said.replace('1e2', '100'))
  assert.equal(plainNumber(parseExactly('9223372036854775807')), 2 ** 63)
  assert.throws(() => parseExactly('{"a":1234567890123456789'), SyntaxError)
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      assert.equal(JSON.stringify(parseExactly(JSON.stringify(value))), JSON.stringify(JSON.parse(JSON.stringify(value)))),
    ),
  )
})

test('an escaped id has only the characters that are allowed, is the id of one alone, and is read back', () => {
  fc.assert(
    fc.property(text, text, (id, other) => {
      assert.match(escapedId(id), /^[a-zA-Z0-9_-]+$/)
      assert.equal(unescapedId(escapedId(id)), id)
      assert.equal(escapedId(id) === escapedId(other), id === other)
      assert.match(nineCharacters(id), /^[a-zA-Z0-9]{9}$/)
      assert.equal(nineCharacters(nineCharacters(id)), nineCharacters(id))
    }),
  )
  assert.equal(escapedId('toolu_01-A'), 'toolu_01-A')
  assert.equal(unescapedId('escaped_!'), 'escaped_!')
})

test('a seal in an envelope is the seal that comes out, and a signature is no envelope', () => {
  fc.assert(
    fc.property(text, text, (signature, encrypted) => {
      for (const seal of [
        { origin: 'openai-chat', encrypted },
        { origin: 'gemini-generate', signature },
        { origin: 'openai-chat', signature, encrypted },
      ])
        assert.deepEqual(openedEnvelope(sealedEnvelope(seal)), seal)
    }),
  )
  for (const other of ['', 'c2lnbmF0dXJl', 'nobody:e30', 'openai-chat:!!', 'openai-chat:W10', ':'])
    assert.equal(openedEnvelope(other), undefined)
})

test('arguments are an object, or stand whole in one', () => {
  for (const [said, sound] of [
    ['', true],
    [' ', true],
    ['{"a":1}', true],
    ['{', false],
    ['[1]', false],
    ['null', false],
    ['1234567890123456789', false],
  ] as const) {
    const parsed = objectOf(said)
    assert.equal(parsed.sound, sound, said)
    assert.equal(textOfArguments(parsed.object), said.trim() === '' ? '{}' : said)
  }
})

test('a data URL is its media, and every other URL is itself', () => {
  assert.deepEqual(mediaOf(dataUri('image/png', 'AA==')), { type: 'base64', mediaType: 'image/png', data: 'AA==' })
  assert.deepEqual(mediaOf('data:image/png;name=a;base64,AA=='), { type: 'base64', mediaType: 'image/png', data: 'AA==' })
  assert.deepEqual(mediaOf('data:,Hi'), { type: 'url', url: 'data:,Hi' })
  assert.deepEqual(mediaOf('https://files.example/a'), { type: 'url', url: 'https://files.example/a' })
})

test('a warning is said once for each field and reason, whatever turn it is of', () => {
  const heard: string[] = []
  const warn = once(({ field }) => heard.push(field))
  for (const field of ['messages.0.name', 'messages.7.name', 'messages.0.parts.1', 'messages.3.parts.12', 'top_k'])
    warn({ field, reason: 'a' })
  warn({ field: 'top_k', reason: 'b' })
  assert.deepEqual(heard, ['messages.0.name', 'messages.0.parts.1', 'top_k', 'top_k'])
})

test('totals are over all segments, and what is neither input nor output is in neither', () => {
  const segments = [
    { meters: { input_tokens: 2n, web_searches: 5n } },
    { model: 'x', meters: { cache_read_tokens: 3n, output_tokens: 4n, reasoning_tokens: 1n } },
  ]
  const totals = totalsOf({ segments, flags: [] })
  assert.deepEqual([totals.input, totals.output, totals.of('cache_read_tokens', 'web_searches')], [5, 5, 8])
})
