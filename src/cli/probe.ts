/** `doctor --probe`: a tiny call through each connection that can be used, on top of what doctor looks at without a call. */

import type { z } from 'zod'
import type { doctor } from '../control/health/doctor.ts'
import { connectionsTest } from '../control/nouns/connection-trial.ts'
import { connectionsList } from '../control/nouns/connections.ts'
import { asPurserError } from '../core/errors.ts'
import type { CommonOptions } from './options.ts'
import { withProgress } from './progress.ts'
import { type Serving, withServing } from './serving.ts'
import type { Terminal } from './terminal.ts'

type Report = z.output<typeof doctor.output>
type Check = Report['items'][number]

/** The report with a line for each call. The calls are booked as any other. */
export async function probe(report: Report, options: CommonOptions, terminal: Terminal): Promise<Report> {
  const tried = await withProgress(terminal, 'starting', (tell) =>
    withServing(options, terminal, async (serving) => {
      const names = await usable(serving)
      const checks: (Check | string)[] = []
      for (const [place, name] of names.entries()) {
        tell(`trying ${name}`, place, names.length)
        checks.push(await tryOne(name, serving))
      }
      return checks
    }),
  )
  const calls = tried.filter((each) => typeof each !== 'string')
  const untried = tried.filter((each) => typeof each === 'string')
  const note: Check = { check: 'call', result: 'ok', detail: `not tried, for no profile uses them: ${untried.join(', ')}`, mend: null }
  const items = [...report.items, ...calls, ...(untried.length === 0 ? [] : [note])]
  return { ...report, items, healthy: items.every(({ result }) => result !== 'failed') }
}

/** In use and with what proves who pays. Why another cannot be used stands among the other checks. */
async function usable({ ask }: Serving): Promise<readonly string[]> {
  const names: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: z.output<typeof connectionsList.output> = connectionsList.output.parse(
      await ask('connections.list', cursor === '' ? {} : { cursor }),
    )
    names.push(...page.items.filter((row) => !row.disabled && row.secret !== 'absent').map((row) => row.name))
    cursor = page.next
  }
  return names
}

/** The check, or the name alone where nothing says which model to ask. */
async function tryOne(name: string, { ask }: Serving): Promise<Check | string> {
  try {
    const { ok, asked_for, latency_ms, charged, currency, failure } = connectionsTest.output.parse(
      await ask('connections.test', { connection: name }),
    )
    const cost = charged === null ? 'no price is known' : `${charged} ${currency}`
    return {
      check: 'call',
      result: ok ? 'ok' : 'failed',
      detail: ok
        ? `${name} answers for "${asked_for}" in ${latency_ms} ms, for ${cost}`
        : `${name}: ${[failure?.what, failure?.why].filter((part) => part !== undefined).join(' ')}`,
      mend: failure?.next ?? null,
    }
  } catch (thrown) {
    const { kind, field, message, hint } = asPurserError(thrown)
    if (kind === 'invalid_request' && field === 'model') return name
    return { check: 'call', result: 'failed', detail: `${name}: ${message}`, mend: hint ?? `purser connections get ${name}` }
  }
}
