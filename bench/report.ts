/** The run as tables: a row of them for each load, one for lifetimes, one for the targets. */

import { figures, medianOf } from './figures.ts'
import type { Lifetime } from './lifetime.ts'
import type { RowResult } from './rounds.ts'
import { judge } from './targets.ts'

export function report(results: readonly RowResult[], lifetimes: Readonly<Record<string, Lifetime>>, gateways: readonly string[]): string {
  const loads = results.map((result) => {
    const columns = figures[result.row.kind]
    const lines = gateways.map((name) => [name, ...columns.map((column) => shown(medianOf(result, name, column), column.digits))])
    const rounds = `${result.kept.length} quiet rounds kept, ${result.dropped.length} dropped`
    return `## ${result.row.title} (${rounds})\n\n${table(['gateway', ...columns.map((column) => column.title)], lines)}${faultsOf(result)}`
  })
  const lives = Object.entries(lifetimes).map(([name, life]) => [
    name,
    shown(life.restMb, 0),
    shown(life.peakMb, 0),
    typeof life.idleStreamKb === 'string' ? life.idleStreamKb : shown(life.idleStreamKb, 1),
    shown(life.firstCallMs, 0),
  ])
  const lifetime = `## Memory and start\n\n${table(['gateway', 'at rest MB', 'peak under load MB', 'an idle open stream kB', 'start to first call ms'], lives)}`
  const books = Object.entries(lifetimes).map(([name, { ledgerFault }]) =>
    ledgerFault === undefined
      ? ''
      : `\n${name}: ${ledgerFault ?? 'the ledger holds a settled and priced row for every call of this run.'}\n`,
  )
  const judged = judge(results, lifetimes)
  const targets = `## Targets\n\n| what | wanted | seen | |\n| --- | --- | ---: | --- |\n${judged.join('\n')}\n`
  return [...loads, lifetime + books.join(''), ...(judged.length > 0 ? [targets] : [])].join('\n')
}

/** Faults told once each, however many rounds they came back in. */
function faultsOf(result: RowResult): string {
  return [...new Set(result.faults)].map((fault) => `\nNot measured: ${fault}\n`).join('')
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [head, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

function shown(value: number | undefined, digits: number): string {
  return value === undefined ? '–' : value.toFixed(digits)
}
