/** What all segments of a usage count together, as the counts that a contract's report has. */

import { type Meter, meters } from '../core/meters.ts'
import type { Usage } from '../core/usage.ts'

export type Totals = {
  readonly input: number
  readonly output: number
  /** Each meter over all segments. */
  of(...named: readonly Meter[]): number
}

export function totalsOf(usage: Usage): Totals {
  const sums = new Map<Meter, number>()
  let input = 0
  let output = 0
  for (const segment of usage.segments) {
    for (const name in segment.meters) {
      const meter = name as Meter
      const count = Number(segment.meters[meter] ?? 0n)
      sums.set(meter, (sums.get(meter) ?? 0) + count)
      if (meters[meter].group === 'input') input += count
      else if (meters[meter].group === 'output') output += count
    }
  }
  return { input, output, of: (...named) => named.reduce((sum, meter) => sum + (sums.get(meter) ?? 0), 0) }
}
