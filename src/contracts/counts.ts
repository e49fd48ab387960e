/** Reads single counts out of a provider's report: what is missing, what is nonsense, and whether anything at all was known. */

import { at, type Json } from '../core/json.ts'
import type { UsageFlag } from '../core/usage.ts'

/** Beyond this a count is nonsense. All sums of counts stay far below what a number holds exactly. */
const largest = 1e12

export interface Counts {
  /** The first path that is there, as a count; undefined where none is. A nonsense count is 0, and flagged. */
  read(report: Json, paths: readonly string[]): number | undefined
  flag(flag: UsageFlag): void
  readonly flags: readonly UsageFlag[]
  /** Whether any count read so far was there and made sense. */
  readonly known: boolean
}

export function createCounts(): Counts {
  const flags: UsageFlag[] = []
  let known = false
  const flag = (name: UsageFlag): void => {
    if (!flags.includes(name)) flags.push(name)
  }
  return {
    read(report, paths) {
      for (const path of paths) {
        const value = at(report, path)
        if (value === undefined || value === null) continue
        if (typeof value !== 'number' || !(value >= 0 && value <= largest)) {
          flag('usage_inconsistent')
          return 0
        }
        known = true
        if (!Number.isInteger(value)) flag('usage_inconsistent')
        return Math.ceil(value)
      }
      return undefined
    },
    flag,
    flags,
    get known() {
      return known
    },
  }
}
