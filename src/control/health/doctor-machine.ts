/** Checks of the process and its files. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { asPurserError } from '../../core/errors.ts'
import type { OperationContext } from '../context.ts'
import { readConfigLayers } from '../home/config-file.ts'
import type { Home } from '../home/home.ts'
import type { Check } from './doctor-check.ts'

const oldestNode = 24
const startFlags = ['--disallow-code-generation-from-strings', '--disable-proto=delete'] as const

export function machineChecks({ home }: OperationContext): readonly Check[] {
  return [nodeCheck(), flagsCheck(), ...(home === null ? [] : homeChecks(home))]
}

function homeChecks(home: Home): readonly Check[] {
  const files = [home.pepper, home.kek, home.secrets, ...secretFiles(home.secrets), home.adminToken, home.firstKey]
  return [configCheck(home.configFile), ...files.map(modeCheck).filter((check) => check !== undefined)]
}

function secretFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

function configCheck(path: string): Check {
  try {
    const [layer] = readConfigLayers(path, undefined)
    const said = Object.keys(layer?.values ?? {})
    const detail = layer === undefined ? `none at ${path}` : `${path} says ${said.length === 0 ? 'nothing' : said.join(', ')}`
    return { check: 'config file', result: 'ok', detail, mend: null }
  } catch (thrown) {
    const { message, hint } = asPurserError(thrown)
    return { check: 'config file', result: 'failed', detail: message, mend: hint ?? 'purser config explain' }
  }
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
