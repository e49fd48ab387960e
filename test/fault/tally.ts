/** What a suite found: checks that held, checks that did not, and the line that it ends with. */

export interface Tally {
  /** Counts one check. The problems of a check that failed are printed, up to a limit for the whole run. */
  check(name: string, problems: readonly string[]): void
  /** The checks so far. */
  readonly passed: number
  readonly failed: number
  /** Prints `N passed, N failed`, and says whether none failed. */
  finish(): boolean
}

const mostPrinted = 40

export function createTally(print: (line: string) => void): Tally {
  let passed = 0
  let failed = 0
  let printed = 0
  return {
    check(name, problems) {
      if (problems.length === 0) {
        passed += 1
        return
      }
      failed += 1
      for (const problem of problems.slice(0, 3)) {
        if (printed < mostPrinted) print(`  not so: ${name}: ${problem}`)
        else if (printed === mostPrinted) print('  … further problems are counted and not printed')
        printed += 1
      }
    },
    get passed() {
      return passed
    },
    get failed() {
      return failed
    },
    finish() {
      print(`${passed} passed, ${failed} failed`)
      return failed === 0
    },
  }
}
