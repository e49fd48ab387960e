/** Checks of the process and its files. */

import { statSync } from 'node:fs'
import type { OperationContext } from '../context.ts'
import type { Check } from './doctor-check.ts'

const oldestNode = 24
const startFlags = ['--disallow-code-generation-from-strings', '--disable-proto=delete'] as const

export function machineChecks({ home }: OperationContext): readonly Check[] {
  const files = home === null ? [] : [home.pepper, home.kek, home.secrets, home.adminToken, home.firstKey]
  return [nodeCheck(), flagsCheck(), ...files.map(modeCheck).filter((check) => check !== undefined)]
}

function nodeCheck(): Check {
  const fits = Number(process.versions.node.split('.')[0]) >= oldestNode
  return {
    check: 'node',
    result: fits ? 'ok' : 'failed',
    detail: process.version,
    mend: fits ? null : 'Start Purser through its launcher:  purser serve',
  }
}

function flagsCheck(): Check {
  const missing = startFlags.filter((flag) => !process.execArgv.includes(flag))
  if (missing.length === 0) return { check: 'start flags', result: 'ok', detail: startFlags.join(' '), mend: null }
  return {
    check: 'start flags',
    result: 'warning',
    detail: `missing: ${missing.join(' ')}`,
    mend: 'Start Purser through its launcher:  purser serve',
  }
}

/** A file that is not there is no fault: it is made at the first start, or was taken away on purpose. */
function modeCheck(path: string): Check | undefined {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode
  if (mode === undefined) return undefined
  const shared = (mode & 0o077) !== 0
  return {
    check: 'file mode',
    result: shared ? 'failed' : 'ok',
    detail: `${path} ${(mode & 0o777).toString(8).padStart(4, '0')}`,
    mend: shared ? `chmod 600 ${path}` : null,
  }
}
