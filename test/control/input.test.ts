/** What an operation is given, at its edges: cursors, texts, instants and numbers that nobody made on purpose. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fieldsOf, readField } from '../../src/control/fields.ts'
import { instant } from '../../src/control/instant.ts'
import { invoke, type Operation } from '../../src/control/operation.ts'
import { operations } from '../../src/control/operations.ts'
import { PurserError } from '../../src/core/errors.ts'
import { eachStore } from '../support/stores.ts'
import { HandClock, openBooks } from './books.ts'

const named = (name: string): Operation => operations.find((each) => each.name === name)!

eachStore((fresh) => {
  test('a cursor that Purser did not make is refused by name, whatever it holds', async (t) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const part = fc.oneof(fc.constantFrom('x', 'a\0', '\ud800', 1.5, -1, null, true), fc.string(), fc.integer(), fc.constant([]))
    const made = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url')),
      fc.string(),
    )
    for (const name of [
      'providers.list',
      'connections.list',
      'profiles.list',
      'routes.list',
      'rates.list',
      'keys.list',
      'audit.list',
      'calls.list',
    ]) {
      const outcome = (cursor: string) =>
        invoke(named(name), context, { cursor }).then(
          () => 'a page',
          (error: unknown) => (error instanceof PurserError ? `${error.kind} ${error.field}` : String(error)),
        )
      await fc.assert(
        fc.asyncProperty(made, async (cursor) =>
          assert.ok(['a page', 'invalid_request cursor'].includes(await outcome(cursor)), await outcome(cursor)),
        ),
        { numRuns: 25 },
      )
    }
  })

  test('a text that an engine would change or refuse is refused before it gets there', async (t) => {
    const clock = new HandClock()
    const { context } = await openBooks(t, await fresh(t, { clock }), clock)
    const card = { provider: 'simulated', model: 'm', input_token_cost_per_1m: '1', output_token_cost_per_1m: '2' }
    for (const text of ['a\0b', '\ud800', 'x\udfff']) {
      await assert.rejects(invoke(named('rates.create'), context, { ...card, model: text }), { kind: 'invalid_request', field: 'model' })
      await assert.rejects(invoke(named('rates.create'), context, { ...card, note: text }), { kind: 'invalid_request', field: 'note' })
      await assert.rejects(invoke(named('calls.list'), context, { model: text }), { kind: 'invalid_request', field: 'model' })
    }
  })
})

test('an instant beyond the year 9999 is refused, so that every one that is kept can be written out', () => {
  assert.equal(instant.safeParse(253_402_300_799_999).success, true)
  assert.equal(instant.safeParse(253_402_300_800_000).success, false)
})

test('a whole number is written in digits', () => {
  const limit = fieldsOf(named('calls.list')).find(({ name }) => name === 'limit')!
  assert.equal(readField(limit, '12'), 12)
  for (const text of ['1e2', '0x10', ' 7', '1.0', '', '+1']) assert.throws(() => readField(limit, text), { kind: 'invalid_request' }, text)
})

test('what may also be null is typed on a command line as what it is else, and three answers stay JSON', () => {
  const typeOf = (operation: string, field: string) => fieldsOf(named(operation)).find((each) => each.name === field)?.type
  assert.deepEqual(
    ['connection', 'temperature', 'max_tokens', 'strict', 'params'].map((field) => typeOf('profiles.update', field)),
    ['text', 'number', 'integer', 'switch', 'json'],
  )
  assert.equal(typeOf('providers.update', 'stops_on_disconnect'), 'json')
  assert.deepEqual(fieldsOf(named('connections.update')).find((each) => each.name === 'on_abandon')?.choices, ['abort', 'drain'])
})
