/** Rounds: every gateway once, in turn, the order moved on by one each round; a round that others disturbed does not count. */

import { type Bench, faultOf, type Length, measure, type Sample, type Subject } from './load.ts'
import type { Row } from './rows.ts'

/** One round: a sample for each gateway that could be measured, by name. */
export type Round = Readonly<Record<string, Sample>>

export type RowResult = {
  readonly row: Row
  readonly kept: readonly Round[]
  readonly dropped: readonly Round[]
  /** Runs that gave no sample, each as a sentence that names its gateway. */
  readonly faults: readonly string[]
}

export type Plan = {
  readonly rounds: number
  /** Cores that other processes may take in a sample before its whole round is dropped. */
  readonly noise: number
  readonly length: Length
}

/** Goes on until enough rounds were quiet, or three times as many have been run. */
export async function measureRow(bench: Bench, subjects: readonly Subject[], row: Row, plan: Plan): Promise<RowResult> {
  const kept: Round[] = []
  const dropped: Round[] = []
  const faults: string[] = []
  for (let turn = 0; kept.length < plan.rounds && turn < 3 * plan.rounds; turn++) {
    const round: Record<string, Sample> = {}
    for (const subject of rotated(subjects, turn)) {
      const { name } = subject.gateway
      const sample = await sampleOrFault(bench, subject, row, plan.length)
      if (typeof sample === 'string') faults.push(`${name}: ${sample}`)
      else round[name] = sample
    }
    const isQuiet = Object.values(round).every((sample) => sample.otherCores <= plan.noise)
    ;(isQuiet ? kept : dropped).push(round)
  }
  return { row, kept, dropped, faults }
}

async function sampleOrFault(bench: Bench, subject: Subject, row: Row, length: Length): Promise<Sample | string> {
  try {
    const sample = await measure(bench, subject, row, length)
    return faultOf(sample) ?? sample
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function rotated<T>(all: readonly T[], by: number): T[] {
  return all.map((_, index) => all[(index + by) % all.length]!)
}
