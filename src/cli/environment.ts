/** The PURSER_ names that mean something. Any other is most likely a slip, and is said so instead of being ignored in silence. */

import { nearest } from '../core/nearest.ts'
import type { Environment } from './terminal.ts'

export const environmentNames = {
  PURSER_HOME: 'The folder that holds config, data, state and cache.',
  PURSER_CONFIG: 'A configuration file that goes before config.toml of the home.',
  PURSER_HOST: 'The address that serve listens on.',
  PURSER_ALLOWED_HOSTS: 'Further names by which callers reach serve, with commas between them.',
  PURSER_PORT: 'The port for inference.',
  PURSER_ADMIN_PORT: 'The port for the admin API.',
  PURSER_DATABASE_URL: 'The database: a file or a postgres:// address.',
  PURSER_KEK_FILE: 'The file of the key-encryption key, instead of config/kek.',
  PURSER_ADMIN_URL: 'The admin API that commands use, instead of looking for a server on this home.',
  PURSER_ADMIN_TOKEN: 'The admin key that commands use, instead of the one in the home.',
  PURSER_LOG_LEVEL: 'How much serve logs: fatal error warn info debug trace silent.',
  PURSER_OUTPUT: 'The default output: table, json, jsonl or csv.',
  PURSER_NO_RUNTIME_FETCH: 'Set to 1, the launcher never fetches a newer Node.',
} as const

/** Names that have no effect yet but are reserved, so they draw no warning. */
const reserved = ['PURSER_URL', 'PURSER_API_KEY', 'PURSER_REDIS_URL', 'PURSER_TEST_REQUIRE', 'PURSER_TEST_POSTGRES']

export function environmentWarnings(environment: Environment): readonly string[] {
  const known = [...Object.keys(environmentNames), ...reserved]
  return Object.keys(environment)
    .filter((name) => name.startsWith('PURSER_') && !known.includes(name))
    .map((name) => {
      const meant = nearest(name, known)
      return `The environment sets ${name}, which means nothing to Purser.${meant === undefined ? '' : ` Did you mean ${meant}?`}`
    })
}
