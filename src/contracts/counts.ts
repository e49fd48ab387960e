/** Reads single counts out of a provider's report: what is missing, what is nonsense, and whether anything at all was known. */

import { isObject, type Json } from '../core/json.ts'
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
        const value = find(report, path)
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

/** Paths are the few that code and dialects name, and are walked for every answer: each is taken apart once. */
const namesOf = new Map<string, readonly string[]>()

function find(report: Json, path: string): Json | undefined {
  const names = namesOf.get(path) ?? path.split('.')
  namesOf.set(path, names)
  let here: Json | undefined = report
  for (const name of names) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined
    here = here[name]
  }
  return here
}
