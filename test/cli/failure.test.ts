import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { exitCodeOf, printFailure } from '../../src/cli/failure.ts'
import { noPrompts } from '../../src/cli/prompts.ts'
import { coloured, type Terminal } from '../../src/cli/terminal.ts'
import { type ErrorKind, errorKinds, PurserError } from '../../src/core/errors.ts'

const kinds = Object.keys(errorKinds) as ErrorKind[]

function shown(error: unknown): string {
  let err = ''
  const terminal: Terminal = {
    out() {},
    err: (text) => void (err += text),
    width: 100,
    interactive: false,
    prompts: noPrompts,
    environment: {},
    userHome: '/',
    paint: (_style, text) => text,
  }
  printFailure(error, terminal, { json: false, debug: false })
  return err
}

test('every kind of error has an exit code that the help names', () => {
  const named = new Set(exitCodes.map(([code]) => Number(code)))
  for (const kind of kinds)
    assert.ok(named.has(exitCodeOf(new PurserError(kind, 'Something.'))) && exitCodeOf(new PurserError(kind, 'Something.')) !== 0, kind)
})

test('the exit codes that scripts rely on', () => {
  const expected: readonly (readonly [ErrorKind, string | undefined, number])[] = [
    ['invalid_request', undefined, 2],
    ['not_found', undefined, 3],
    ['unauthenticated', undefined, 4],
    ['forbidden', undefined, 4],
    ['conflict', undefined, 5],
    ['provider_timeout', undefined, 6],
    ['budget_exhausted', undefined, 7],
    ['conflict', 'consent_needed', 8],
    ['unavailable', 'no_server', 69],
    ['unavailable', 'store_io', 74],
    ['unavailable', 'lock_busy', 75],
    ['conflict', 'schema_newer', 78],
    ['invalid_request', 'open_bind', 78],
    ['internal', 'port_busy', 1],
    ['canceled', undefined, 130],
  ]
  for (const [kind, code, exitCode] of expected)
    assert.equal(exitCodeOf(new PurserError(kind, 'Something.', code === undefined ? {} : { code })), exitCode, `${kind} ${code}`)
})

test('an error is at most three lines: what, why, the next command', () => {
  const error = new PurserError(
    'provider_auth',
    'Profile "fast" cannot be used: connection "groq-main" was refused. Groq answered 401: Invalid API Key. It said so twice.',
    {
      hint: 'Replace the key:  purser connections update groq-main --key-stdin',
    },
  )
  assert.equal(
    shown(error),
    'Profile "fast" cannot be used: connection "groq-main" was refused.\nGroq answered 401: Invalid API Key. It said so twice.\nReplace the key:  purser connections update groq-main --key-stdin\n',
  )
})

test('what somebody else wrote into an error cannot steer the terminal', () => {
  assert.equal(shown(new PurserError('not_found', 'No call is named "\u001b[2J\u202e".')), 'No call is named "�[2J�".\n')
})

test('an error that nobody expected is one line with its own words', () => {
  assert.equal(shown(new TypeError('x is not a function')), 'Purser failed: x is not a function\n')
})

test('colours: NO_COLOR beats FORCE_COLOR, FORCE_COLOR beats the stream, CI and a dumb terminal have none', () => {
  assert.equal(coloured({}, true), true)
  assert.equal(coloured({}, false), false)
  assert.equal(coloured({ NO_COLOR: '1', FORCE_COLOR: '1' }, true), false)
  assert.equal(coloured({ NO_COLOR: '' }, true), true)
  assert.equal(coloured({ FORCE_COLOR: '1' }, false), true)
  assert.equal(coloured({ FORCE_COLOR: '0' }, true), false)
  assert.equal(coloured({ CI: 'true' }, true), false)
  assert.equal(coloured({ TERM: 'dumb' }, true), false)
})
