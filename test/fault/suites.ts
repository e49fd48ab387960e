/** What a suite is, so that the command can list it, give it a folder and count what it found. */

import type { PlantName } from './plants.ts'
import type { Tally } from './tally.ts'

export type Given = {
  /** Empty, and removed at the end. */
  readonly folder: string
  /** Every option of the suite: as it was asked for, else its usual value. */
  readonly options: Readonly<Record<string, number>>
  /** The planted fault to run with, or undefined for the code as it is. */
  readonly plant: PlantName | undefined
  readonly tally: Tally
  readonly print: (line: string) => void
}

export type Suite = {
  readonly summary: string
  /** Whole numbers that may be asked for as `--name 5`, with their usual values. */
  readonly options: Readonly<Record<string, number>>
  /** Planted faults that this suite must find, with the options that are enough for it. */
  readonly plants: Readonly<Partial<Record<PlantName, Readonly<Record<string, number>>>>>
  /** Why it cannot run on this machine, or undefined. */
  skip(): Promise<string | undefined>
  run(given: Given): Promise<void>
}
