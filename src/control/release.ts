/** The version of Purser that is running, from its package. */

import { readFileSync } from 'node:fs'

export const release: string = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
  .version
