/** What Purser means to reach, each as a bound on one figure of one row, judged by the same run on the same machine. */

import { figures, medianOf } from './figures.ts'
import type { Lifetime } from './lifetime.ts'
import type { RowResult } from './rounds.ts'

type Bound = { readonly atLeast: number } | { readonly atMost: number }
type OfRow = { readonly gateway: string; readonly row: string; readonly figure: string } & Bound
type OfLifetime = { readonly title: string; readonly of: Exclude<keyof Lifetime, 'ledgerFault'> } & Bound

const ofRows: readonly OfRow[] = [
  { gateway: 'purser', row: 'json-32', figure: '× nginx', atLeast: 0.18 },
  { gateway: 'purser', row: 'json-128', figure: '× nginx', atLeast: 0.24 },
  { gateway: 'purser', row: 'json-32', figure: 'CPU × nginx', atMost: 7.5 },
  { gateway: 'purser', row: 'json-128', figure: 'CPU × nginx', atMost: 6 },
  { gateway: 'purser-no-ledger', row: 'json-32', figure: 'CPU × nginx', atMost: 3.5 },
  { gateway: 'purser', row: 'json-128', figure: 'loop delay p99 ms', atMost: 20 },
  { gateway: 'purser', row: 'latency-think', figure: 'added p50 × nginx', atMost: 3.5 },
  { gateway: 'purser', row: 'stream-50', figure: 'CPU × nginx', atMost: 2.5 },
  { gateway: 'purser', row: 'stream-10', figure: 'added last byte p50 ms', atMost: 2 },
]

const ofLifetimes: readonly OfLifetime[] = [
  { title: 'memory at rest MB', of: 'restMb', atMost: 120 },
  { title: 'memory under load MB', of: 'peakMb', atMost: 200 },
  { title: 'an idle open stream kB', of: 'idleStreamKb', atMost: 60 },
  { title: 'start to first served call ms', of: 'firstCallMs', atMost: 600 },
]

/** A line for each target that this run could judge. */
export function judge(results: readonly RowResult[], lifetimes: Readonly<Record<string, Lifetime>>): string[] {
  const rows = ofRows.map((target) => {
    const result = results.find((each) => each.row.id === target.row)
    const figure = result && figures[result.row.kind].find((each) => each.title === target.figure)
    return verdict(
      `${target.gateway}, ${target.row}: ${target.figure}`,
      result && figure && medianOf(result, target.gateway, figure),
      target,
    )
  })
  const rest = ofLifetimes.map((target) => verdict(target.title, lifetimes.purser?.[target.of], target))
  return [...rows, ...rest].filter((line) => line !== undefined)
}

function verdict(title: string, value: number | string | undefined, bound: Bound): string | undefined {
  if (typeof value !== 'number') return undefined
  const isMet = 'atLeast' in bound ? value >= bound.atLeast : value <= bound.atMost
  const wanted = 'atLeast' in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`
  return `| ${title} | ${wanted} | ${value.toFixed(2)} | ${isMet ? 'met' : 'missed'} |`
}
