/** How this program is started here, for lines that a person copies. */

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quoted } from './first-run.ts'
import type { CommonOptions } from './options.ts'

/** In a checkout there is no `purser` on the path. A home that was named must be named again. */
export function commandOf({ homeNamed }: CommonOptions): string {
  const launcher = relative(process.cwd(), fileURLToPath(new URL('../../bin/purser.js', import.meta.url)))
  const program = import.meta.url.endsWith('.ts') ? `node ${launcher}` : 'purser'
  return homeNamed === undefined ? program : `${program} --home ${quoted(homeNamed)}`
}
