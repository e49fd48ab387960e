import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { createFramer, type FrameLimits } from '../../src/core/sse.ts'
import type { Frame } from '../../src/core/wire.ts'

type Split = { readonly dispatched: readonly Frame[]; readonly rest: Frame | null }

/** The stream pushed in the pieces that the cuts make. */
function framed(stream: Uint8Array, cuts: readonly number[] = [], limits?: FrameLimits): Split {
  const framer = createFramer(limits)
  const places = [...new Set(cuts.map((cut) => Math.min(cut, stream.length)))].sort((a, b) => a - b)
  const dispatched: Frame[] = []
  let from = 0
  for (const to of [...places, stream.length]) {
    dispatched.push(...framer.push(stream.subarray(from, to)))
    from = to
  }
  return { dispatched, rest: framer.end() }
}

const joined = ({ dispatched, rest }: Split): Buffer => Buffer.concat([...dispatched, ...(rest ? [rest] : [])].map((frame) => frame.bytes))
const said = ({ dispatched }: Split): { event: string; data: string }[] =>
  dispatched.filter((frame) => frame.data !== '').map(({ event, data }) => ({ event, data }))

/** The same events as another parser reads them. It is given the whole text, so that only its reading counts. */
function reference(text: string): { event: string; data: string }[] {
  const events: { event: string; data: string }[] = []
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ event: event ?? '', data }) })
  parser.feed(text)
  return events.filter(({ data }) => data !== '')
}

const lineEnd = fc.constantFrom('\n', '\r', '\r\n')
const line = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('data', 'event', 'id', 'retry', 'other', 'dat', 'datax', 'events', ''),
      fc.constantFrom(':', ': ', ':  ', ''),
      fc.string({ unit: fc.constantFrom('a', '1', ':', ' ', 'é', '😀', '{', '"'), maxLength: 8 }),
    )
    .map((parts) => parts.join('')),
  fc.constantFrom('', '', '', ': comment', ':', 'data: [DONE]', 'data:{"a":1}'),
)
const stream = fc
  .tuple(fc.boolean(), fc.array(fc.tuple(line, lineEnd), { maxLength: 14 }), fc.constantFrom('', 'data: rest', ': rest'))
  .map(([mark, lines, rest]) => (mark ? '\ufeff' : '') + lines.flat().join('') + rest)

test('however the bytes are cut, frames joined are the input, and the events are those of another parser', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(160), { maxLength: 12 }), (text, cuts) => {
      const bytes = Buffer.from(text)
      const split = framed(bytes, cuts)
      assert.deepEqual(joined(split), bytes)
      assert.deepEqual(said(split), said(framed(bytes)))
      // The other parser waits for what may follow a last CR, so the stream is closed with a comment for it.
      assert.deepEqual(said(split), reference(text.endsWith('\r') ? `${text}: end` : text))
    }),
    { numRuns: 2000 },
  )
})

test('byte by byte and in every two pieces a stream says the same', () => {
  const bytes = Buffer.from('\ufeff: hé\r\n\r\nevent: a\ndata: {"x":"é😀"}\r\rid: 1\rdata: one\ndata:two\r\n\r\n\ndata: [DONE]\n\n')
  const whole = said(framed(bytes))
  assert.deepEqual(whole, [
    { event: 'a', data: '{"x":"é😀"}' },
    { event: '', data: 'one\ntwo' },
    { event: '', data: '[DONE]' },
  ])
  const everywhere = Array.from({ length: bytes.length }, (_, index) => index)
  for (const cuts of [everywhere, ...everywhere.map((cut) => [cut])]) {
    const split = framed(bytes, cuts)
    assert.deepEqual(said(split), whole)
    assert.deepEqual(joined(split), bytes)
  }
})

test('a comment is a frame without data, given as soon as its blank line is there', () => {
  const framer = createFramer()
  const [frame, ...others] = framer.push(Buffer.from(': ping\n\n'))
  assert.equal(others.length, 0)
  assert.equal(frame?.data, '')
  assert.equal(frame?.bytes.toString(), ': ping\n\n')
})

test('a blank line that keeps a connection alive is passed on at once', () => {
  assert.equal(createFramer().push(Buffer.from('\n'))[0]?.bytes.length, 1)
})

test('a frame that ends with a lone CR does not wait for the next chunk', () => {
  const framer = createFramer()
  assert.equal(framer.push(Buffer.from('data: a\r\n\r'))[0]?.data, 'a')
  const [next] = framer.push(Buffer.from('\ndata: b\n\n'))
  assert.equal(next?.data, 'b')
  assert.equal(Buffer.from(next!.bytes).toString(), '\ndata: b\n\n')
})

test('a frame within one chunk is a view of it and no copy', () => {
  const chunk = Buffer.from('data: a\n\ndata: b\n\n')
  for (const frame of createFramer().push(chunk)) assert.equal(frame.bytes.buffer, chunk.buffer)
})

test('what no blank line ends is read as if one did, and nothing is left of a whole stream', () => {
  const framer = createFramer()
  assert.deepEqual(framer.push(Buffer.from('data: [DO')), [])
  assert.deepEqual(framer.push(Buffer.from('NE]')), [])
  assert.equal(framer.end()?.data, '[DONE]')
  assert.equal(framer.end(), null)
})

test("a line or a frame beyond its limit is the provider's malformed stream, whether or not it ever ends", () => {
  const limits = { line: 8, frame: 20 }
  const malformed = { kind: 'provider_malformed' }
  assert.equal(framed(Buffer.from('data: ab\n\n'), [], limits).dispatched.length, 1)
  assert.throws(() => framed(Buffer.from('data: abc\n\n'), [], limits), malformed)
  assert.throws(() => framed(Buffer.from('data: abc'), [4], limits), malformed)
  assert.equal(framed(Buffer.from('data: a\ndata: bcde\n\n'.replace('bcde', 'bc')), [], limits).dispatched.length, 1)
  assert.throws(() => framed(Buffer.from('data: a\ndata: b\ndata: c\n'), [7, 14], limits), malformed)
  assert.throws(() => framed(Buffer.from('data: a\ndata: b\ndata\n\n'), [], limits), malformed)
})

test('half a byte order mark is the beginning of a line like any other', () => {
  assert.equal(framed(Buffer.of(0xef, 0xbb, 0x0a)).dispatched.length, 0)
  assert.equal(framed(Buffer.of(0xef, 0xbb, 0xbf, 0x0a)).dispatched.length, 1)
})
