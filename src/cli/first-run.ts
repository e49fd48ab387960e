/** What `serve` prints once it is up: where it listens, which keys it found, and lines to copy. Names and paths only, never a secret. */

import type { Home } from '../control/home/home.ts'

export type Served = {
  readonly inferenceUrl: string
  readonly adminUrl: string
  readonly database: string
  readonly home: Home
  /** Names of variables that hold a provider's key. */
  readonly credentialsFound: readonly string[]
  readonly mintedKeys: boolean
  readonly migrated: readonly string[]
  /** Attempts of a process that died, settled as unknown. */
  readonly orphans: number
  /** Rows that do not read, by kind, name and reason. */
  readonly quarantined: readonly { readonly kind: string; readonly name: string; readonly reason: string }[]
  /** What is shipped and was left out, because something else stands in its place. */
  readonly conflicts: readonly { readonly kind: string; readonly name: string; readonly reason: string }[]
  /** How what is shipped stands against what was merged here last. */
  readonly manifest: { readonly state: 'merged' | 'current' | 'older' | 'manual'; readonly revision: number; readonly stored: number }
  readonly portMoved: boolean
  /** How this program is started here, such as `purser`. */
  readonly command: string
}

export function servedLines(served: Served): readonly string[] {
  const { home, inferenceUrl } = served
  const key = `$(cat ${quoted(home.firstKey)})`
  const found = served.credentialsFound.length > 0
  return [
    `Purser is up${served.portMoved ? ', on the next free port' : ''}.`,
    `  inference   ${inferenceUrl}`,
    `  admin API   ${served.adminUrl}`,
    `  database    ${served.database}`,
    ...(served.migrated.length > 0 ? [`  migrated    ${served.migrated.length} steps, to ${served.migrated.at(-1)}`] : []),
    ...(served.orphans > 0 ? [`  recovered   ${served.orphans} calls of a process that died: settled as unknown`] : []),
    ...served.quarantined.map((row) => `  set aside   ${row.kind} "${row.name}": ${row.reason}`),
    ...merging(served.manifest, served.command),
    ...leftOut(served.conflicts),
    '',
    found
      ? `Provider keys found in the environment: ${served.credentialsFound.join(', ')}`
      : 'No provider key was found in the environment. The simulated provider answers: it echoes, and no money is spent.',
    ...(served.mintedKeys
      ? ['A first caller key and an admin token were made, each in a file that only you can read:']
      : ['The first caller key and the admin token of this home stand in:']),
    `  ${home.firstKey}`,
    `  ${home.adminToken}`,
    '',
    'Try it (the models "simulated" and "simulated-claude" are simulated: they echo):',
    '',
    `  curl ${inferenceUrl}/v1/chat/completions -H "authorization: Bearer ${key}" \\`,
    `    -H 'content-type: application/json' -d '{"model":"simulated","messages":[{"role":"user","content":"Hello"}]}'`,
    '',
    '  # any program on the OpenAI SDK, then ask for the model "simulated"',
    `  export OPENAI_BASE_URL=${inferenceUrl}/v1 OPENAI_API_KEY="${key}"`,
    '',
    '  # any program on the Anthropic SDK, then ask for the model "simulated-claude"',
    `  export ANTHROPIC_BASE_URL=${inferenceUrl} ANTHROPIC_API_KEY="${key}"`,
    '',
    `Then see what it cost:  ${served.command} calls list`,
  ]
}

/** Nothing on a first start, and nothing where nothing is new. */
function merging({ state, revision, stored }: Served['manifest'], command: string): readonly string[] {
  const lines = {
    merged: `revision ${revision} was merged, after ${stored}: see  ${command} manifest plan`,
    current: '',
    older: `revision ${revision} is older than ${stored}, which was merged here: it changes nothing`,
    manual: `revision ${revision} waits, after ${stored}, as the setting manifest.apply says: see  ${command} manifest plan`,
  }
  return stored === 0 || lines[state] === '' ? [] : [`  manifest    ${lines[state]}`]
}

const mostShown = 3

function leftOut(conflicts: Served['conflicts']): readonly string[] {
  const shown = conflicts
    .slice(0, mostShown)
    .map(({ kind, name, reason }) => `${kind.replaceAll('_', ' ')} "${name}" (${reason.replaceAll('_', ' ')})`)
  const more = conflicts.length - shown.length
  return shown.length === 0 ? [] : [`  left out    of what is shipped: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`]
}

/** A path inside a command, so that a space in it does no harm. */
export function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
