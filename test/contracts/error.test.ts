import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorKind, errorKinds, PurserError } from '../../src/core/errors.ts'
import { at } from '../../src/core/json.ts'
import { createFramer } from '../../src/core/sse.ts'
import { bodyOf, codecFor, fault, spoken } from './requests.ts'

const kinds = Object.keys(errorKinds) as ErrorKind[]

for (const id of spoken) {
  const codec = codecFor(id)
  const kindOf = (status: number, body: Parameters<typeof fault>[1] = {}): ErrorKind => codec.decodeError(fault(status, body)).kind

  test(`${id}: a provider's status is the kind of what went wrong`, () => {
    const table: [number, ErrorKind][] = [
      [301, 'provider_malformed'],
      [400, 'invalid_request'],
      [401, 'provider_auth'],
      [402, 'provider_auth'],
      [403, 'provider_auth'],
      [404, 'not_found'],
      [408, 'provider_timeout'],
      [413, 'too_large'],
      [422, 'invalid_request'],
      [429, 'provider_rate_limited'],
      [500, 'provider_overloaded'],
      [502, 'provider_overloaded'],
      [503, 'provider_overloaded'],
      [504, 'provider_timeout'],
      [529, 'provider_overloaded'],
    ]
    for (const [status, kind] of table) assert.equal(kindOf(status), kind, String(status))
  })

  test(`${id}: a refusal without a body is a proxy's on the way, and says nothing of keys or models`, () => {
    for (const status of [403, 404]) {
      const error = codec.decodeError({ status, headers: {}, body: new Uint8Array() })
      assert.equal(error.kind, 'provider_malformed', String(status))
      assert.match(error.message, /proxy/)
      assert.notEqual(kindOf(status, { error: {} }), 'provider_malformed')
    }
  })

  test(`${id}: words of a provider say more than its status`, () => {
    assert.equal(kindOf(400, { error: { code: 'context_length_exceeded', message: 'x' } }), 'context_length')
    assert.equal(
      kindOf(400, { error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' } }),
      'context_length',
    )
    assert.equal(kindOf(400, { error: { message: "This model's maximum context length is 8192 tokens." } }), 'context_length')
    assert.equal(kindOf(400, { error: { code: 'content_filter', message: 'x' } }), 'content_filtered')
    assert.equal(kindOf(429, { error: { code: 'insufficient_quota', message: 'x' } }), 'provider_auth')
    assert.equal(kindOf(503, { error: { message: 'context length' } }), 'provider_overloaded')
  })

  test(`${id}: an error inside a stream is told by its type, or by the status it carries as a number`, () => {
    assert.equal(kindOf(200, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }), 'provider_overloaded')
    assert.equal(kindOf(200, { error: { type: 'rate_limit_error', message: 'x' } }), 'provider_rate_limited')
    assert.equal(kindOf(200, { error: { code: 429, message: 'x' } }), 'provider_rate_limited')
    assert.equal(kindOf(200, { error: { message: 'x' } }), 'provider_overloaded')
  })

  test(`${id}: the provider's words are kept, whatever shape they come in, and cut where they are long`, () => {
    const said = (body: Parameters<typeof fault>[1]): string => codec.decodeError(fault(500, body)).message
    assert.match(said({ error: { message: 'It broke.' } }), /answered 500: It broke\./)
    assert.match(said({ error: 'It broke.' }), /It broke/)
    assert.match(said({ message: 'It broke.' }), /It broke/)
    assert.match(said('<html>It broke</html>'), /It broke/)
    assert.match(said(''), /without a word/)
    const long = said({ error: { message: 'é'.repeat(2000) } })
    assert.ok(Buffer.byteLength(long) < 600)
    assert.equal(long.includes('\ufffd'), false)
  })

  test(`${id}: the wait that a provider asks for is kept, and is never longer than half a minute`, () => {
    const wait = (headers: Record<string, string>): number | undefined => codec.decodeError(fault(429, {}, headers)).retryAfter
    assert.equal(wait({ 'retry-after': '7' }), 7)
    assert.equal(wait({ 'retry-after': '120' }), 30)
    assert.equal(wait({ 'retry-after-ms': '1500', 'retry-after': '9' }), 1.5)
    assert.equal(wait({ 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), undefined)
    assert.equal(wait({}), undefined)
  })

  test(`${id}: every kind leaves with its status, both request ids and the whole explanation`, () => {
    for (const kind of kinds) {
      const answer = codec.encodeError(new PurserError(kind, 'It broke.', { hint: 'Mend it.', cause: 'never sent' }), 'req-1')
      assert.equal(answer.status, errorKinds[kind].status)
      assert.equal(answer.headers['x-request-id'], 'req-1')
      assert.equal(answer.headers['request-id'], 'req-1')
      assert.equal(answer.headers['content-length'], String(answer.body.length))
      assert.equal(at(bodyOf(answer), 'error.message'), 'It broke. Mend it.')
      assert.equal(Buffer.from(answer.body).includes('never sent'), false)
    }
  })

  test(`${id}: a caller is told to stop trying unless trying may help`, () => {
    const told = kinds.filter((kind) => codec.encodeError(new PurserError(kind, 'x'), 'r').headers['x-should-retry'] === 'false')
    assert.deepEqual(
      kinds.filter((kind) => !told.includes(kind)),
      ['rate_limited', 'unavailable'],
    )
  })

  test(`${id}: a wait leaves in both units, and is never longer than half a minute`, () => {
    const headers = (retryAfter: number): Record<string, string> =>
      codec.encodeError(new PurserError('rate_limited', 'x', { retryAfter }), 'r').headers
    assert.deepEqual([headers(1.5)['retry-after'], headers(1.5)['retry-after-ms']], ['2', '1500'])
    assert.deepEqual([headers(120)['retry-after'], headers(120)['retry-after-ms']], ['30', '30000'])
    assert.equal('retry-after' in codec.encodeError(new PurserError('rate_limited', 'x'), 'r').headers, false)
  })

  test(`${id}: an error in a stream is one frame, which the same codec knows as an error`, () => {
    const bytes = codec.encodeStreamError(new PurserError('provider_timeout', 'Line one.\n\nLine two.'), 'req-1')
    const frames = createFramer().push(bytes)
    assert.equal(frames.length, 1)
    const payload = JSON.parse(frames[0]!.data)
    assert.equal(codec.frameKind(frames[0]!, payload), 'error')
    assert.equal(payload.error.message, 'Line one.\n\nLine two.')
    assert.equal(payload.request_id, 'req-1')
  })
}

test('openai-chat: an error has a type, a code that its clients know, and the field that was wrong', () => {
  const body = (kind: ErrorKind, extras = {}): unknown =>
    bodyOf(codecFor('openai-chat').encodeError(new PurserError(kind, 'x', extras), 'r'))
  assert.deepEqual(body('budget_exhausted', { code: 'monthly' }), {
    error: { message: 'x', type: 'billing_error', param: null, code: 'insufficient_quota' },
  })
  assert.deepEqual(body('not_found', { code: 'model_not_found', field: 'model' }), {
    error: { message: 'x', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
  })
  assert.deepEqual(body('internal'), { error: { message: 'x', type: 'server_error', param: null, code: 'internal' } })
})

test('anthropic-messages: every kind has the type that its status has', () => {
  const types: Record<number, string> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    409: 'invalid_request_error',
    413: 'request_too_large',
    422: 'invalid_request_error',
    429: 'rate_limit_error',
    499: 'invalid_request_error',
    500: 'api_error',
    502: 'api_error',
    503: 'overloaded_error',
    504: 'timeout_error',
  }
  for (const kind of kinds) {
    const body = bodyOf(codecFor('anthropic-messages').encodeError(new PurserError(kind, 'x'), 'req-1'))
    assert.deepEqual(body, { type: 'error', error: { type: types[errorKinds[kind].status], message: 'x' }, request_id: 'req-1' })
  }
})

test('what only an operator can mend is not to be tried again, an overload is', () => {
  const told = (code: string) => openaiError(new PurserError('unavailable', 'No.', { code }))
  assert.equal(told('no_usable_connection')['x-should-retry'], 'false')
  assert.equal(told('overloaded')['x-should-retry'], undefined)
})

function openaiError(error: PurserError): Readonly<Record<string, string>> {
  return codecFor('openai-chat').encodeError(error, 'call-1').headers
}
