/** Checks of the schema and of how the database engine is set. */

import { oldestSqlite, wantedSettings } from '../../store/sqlite.ts'
import { advise } from '../../store/validate.ts'
import type { OperationContext } from '../context.ts'
import type { Check } from './doctor-check.ts'
import type { Inspection } from './inspect.ts'

/** What each setting must read, as the engine says it. */
const wanted: Readonly<Record<Inspection['engine'], Readonly<Record<string, readonly string[]>>>> = {
  sqlite: wantedSettings,
  postgres: { fsync: ['on'], full_page_writes: ['on'] },
}

const oldest: Readonly<Record<Inspection['engine'], readonly number[]>> = { sqlite: oldestSqlite, postgres: [15] }

export async function engineChecks(context: OperationContext): Promise<readonly Check[]> {
  const inspection = await context.inspect()
  if (inspection === null) return [{ check: 'schema', result: 'ok', detail: 'a database in memory', mend: null }]
  return [schemaCheck(inspection), versionCheck(inspection), settingsCheck(inspection)]
}

function schemaCheck({ finding }: Inspection): Check {
  const { sentence, command } = advise(finding)
  const sound = finding.type === 'clean' || finding.type === 'newer_compatible'
  const added = 'additional' in finding && finding.additional.length > 0 ? ` Added by others: ${finding.additional.join(', ')}.` : ''
  const problems = finding.type === 'drift' ? ` ${finding.problems.join('; ')}.` : ''
  return {
    check: 'schema',
    result: sound ? 'ok' : 'failed',
    detail: sentence + added + problems,
    mend: sound || command?.includes('doctor') ? null : command,
  }
}

function versionCheck({ engine, version }: Inspection): Check {
  const parts = version.split(/[.\s]/).map(Number)
  const step = oldest[engine].map((least, place) => (parts[place] ?? 0) - least).find((difference) => difference !== 0) ?? 0
  const mend = engine === 'sqlite' ? 'Use a newer Node: SQLite comes with it.' : 'Use PostgreSQL 15 or newer.'
  return { check: 'engine version', result: step >= 0 ? 'ok' : 'failed', detail: `${engine} ${version}`, mend: step >= 0 ? null : mend }
}

function settingsCheck({ engine, settings }: Inspection): Check {
  const wrong = Object.entries(wanted[engine]).filter(([name, values]) => !values.includes(settings[name] ?? 'undefined'))
  const checked = Object.keys(wanted[engine])
  if (wrong.length === 0) return { check: 'engine settings', result: 'ok', detail: `${checked.length} as they must be`, mend: null }
  const detail = wrong.map(([name, values]) => `${name} is ${settings[name] ?? 'missing'} and must be ${values[0]}`).join('; ')
  return {
    check: 'engine settings',
    result: 'failed',
    detail,
    mend: engine === 'postgres' ? 'Set them in postgresql.conf, then restart the server.' : 'Report this: Purser sets them itself.',
  }
}
