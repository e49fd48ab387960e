/** The log of a serving process: one JSON line an event, on stderr, secrets taken out. */

import { pino } from 'pino'
import { logLevels } from '../control/home/config-file.ts'
import { PurserError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

/** The second net: nothing that writes here passes a header or a key on purpose. */
const redacted = [
  'authorization',
  'cookie',
  'api_key',
  'apiKey',
  '["x-api-key"]',
  '["x-goog-api-key"]',
  'key',
  'token',
  'secret',
  'password',
]

export function createLog(level: string) {
  const paths = redacted.flatMap((name) => (name.startsWith('[') ? [name, `*${name}`] : [name, `*.${name}`]))
  let scrub = (line: string): string => line
  const log = pino(
    { level: levelOf(level), redact: { paths, censor: '[redacted]' }, hooks: { streamWrite: (line) => withoutKeys(scrub(line)) } },
    pino.destination({ dest: 2, sync: true }),
  )
  const scrubWith = (clean: typeof scrub): void => {
    scrub = clean
  }
  return Object.assign(log, { scrubWith })
}

/** Purser's own keys, told by their shape: the kind and the id say which it was. */
function withoutKeys(line: string): string {
  return line.replaceAll(/(purser_(?:call|admin)_[0-9A-Za-z]{10}_)[0-9A-Za-z]{43,}/g, '$1[redacted]')
}

function levelOf(asked: string): (typeof logLevels)[number] {
  const level = logLevels.find((known) => known === asked)
  if (level !== undefined) return level
  const meant = nearest(asked, logLevels)
  const guess = meant === undefined ? '' : ` Did you mean "${meant}"?`
  throw new PurserError('invalid_request', `PURSER_LOG_LEVEL is "${asked}", and must be one of ${logLevels.join(', ')}.${guess}`, {
    field: 'PURSER_LOG_LEVEL',
  })
}
