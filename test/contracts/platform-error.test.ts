/** One Purser as the platform of another: what the one says in an error is what the other understands. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorKind, errorKinds, PurserError } from '../../src/core/errors.ts'
import { codecFor, spoken } from './requests.ts'

/** What the caller of the platform did wrong is his own fault at the one in front too; what concerns its key or account is the operator's. */
const understood: Readonly<Record<ErrorKind, ErrorKind>> = {
  invalid_request: 'invalid_request',
  context_length: 'context_length',
  content_filtered: 'content_filtered',
  unauthenticated: 'provider_auth',
  budget_exhausted: 'provider_auth',
  forbidden: 'provider_auth',
  not_found: 'not_found',
  conflict: 'provider_overloaded',
  too_large: 'too_large',
  unsupported: 'invalid_request',
  rate_limited: 'provider_rate_limited',
  canceled: 'invalid_request',
  internal: 'provider_overloaded',
  provider_auth: 'provider_overloaded',
  provider_malformed: 'provider_overloaded',
  provider_rate_limited: 'provider_rate_limited',
  provider_overloaded: 'provider_overloaded',
  provider_timeout: 'provider_timeout',
  unavailable: 'provider_overloaded',
}

/** Messages has no code for these: its clients, this one among them, go by the words. */
const words: Readonly<Record<string, string>> = {
  context_length: 'The prompt is too long: 9 tokens, and at most 8.',
  content_filtered: 'The content filter of the provider refused it.',
}

for (const id of spoken) {
  test(`${id}: a Purser understands the errors of another one`, () => {
    const codec = codecFor(id)
    const heard = Object.keys(errorKinds).map((kind) => {
      const said = codec.encodeError(new PurserError(kind as ErrorKind, words[kind] ?? 'It did not work.'), 'request-1')
      return [kind, codec.decodeError(said).kind]
    })
    assert.deepEqual(Object.fromEntries(heard), understood)
  })
}
