/**
 * The command. `npm run fault -- <suite> [--option number] [--plant name] [--keep]` runs one suite; `npm run fault -- plants` runs
 * every suite with each fault that it must find. Both end with `N passed, N failed`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { backfillCut } from './backfill-cut.ts'
import { backfillKill } from './backfill-kill.ts'
import { failingDisk } from './failing-disk.ts'
import { killLoop } from './kill-loop.ts'
import { migrateKill } from './migrate-kill.ts'
import { type PlantName, plants } from './plants.ts'
import { powerCut } from './power-cut.ts'
import { fullDisk, readOnlyDisk } from './small-disks.ts'
import type { Given, Suite } from './suites.ts'
import { createTally, type Tally } from './tally.ts'

const suites: Readonly<Record<string, Suite>> = {
  'kill-loop': killLoop,
  'migrate-kill': migrateKill,
  'backfill-kill': backfillKill,
  'backfill-cut': backfillCut,
  'power-cut': powerCut,
  'full-disk': fullDisk,
  'read-only': readOnlyDisk,
  'failing-disk': failingDisk,
}

type Asked = Pick<Given, 'options' | 'plant'> & { readonly keep: boolean }

const print = (line: string): void => void process.stdout.write(`${line}\n`)

process.exitCode = await main(process.argv.slice(2))

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === 'plants') return (await findPlants()) ? 0 : 1
  const suite = name !== undefined && Object.hasOwn(suites, name) ? suites[name] : undefined
  if (name === undefined || suite === undefined) {
    print(usage())
    return 2
  }
  const tally = createTally(print)
  const reason = await runSuite(name, suite, read(suite, rest), tally, print)
  if (reason !== undefined) print(`skipped: ${reason}`)
  return tally.finish() ? 0 : 1
}

/** Why it was skipped, or nothing. */
async function runSuite(
  name: string,
  suite: Suite,
  { options, plant, keep }: Asked,
  tally: Tally,
  say: (line: string) => void,
): Promise<string | undefined> {
  const reason = await suite.skip()
  if (reason !== undefined) return reason
  const folder = mkdtempSync(join(tmpdir(), `purser-fault-${name}-`))
  try {
    await suite.run({ folder, options, plant, tally, print: say })
  } finally {
    if (keep) say(`kept: ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
  return undefined
}

/** A planted fault passes by making its suite fail. */
async function findPlants(): Promise<boolean> {
  const found = createTally(print)
  for (const [name, suite] of Object.entries(suites)) {
    for (const [plant, enough] of Object.entries(suite.plants)) {
      const tally = createTally(() => {})
      const asked = { options: { ...suite.options, ...enough }, plant: plant as PlantName, keep: false }
      const reason = await runSuite(name, suite, asked, tally, () => {})
      const outcome = reason === undefined ? `${tally.failed} of ${tally.passed + tally.failed} checks failed` : `skipped, ${reason}`
      print(`${name} with ${plant} (${plants[plant as PlantName].breaks}): ${outcome}`)
      if (reason === undefined) found.check(`${name} with ${plant}`, tally.failed > 0 ? [] : ['the planted fault was not found'])
    }
  }
  return found.finish()
}

function read(suite: Suite, parameters: readonly string[]): Asked {
  const numbers = Object.fromEntries(Object.keys(suite.options).map((name) => [name, { type: 'string' as const }]))
  const flags = { plant: { type: 'string' as const }, keep: { type: 'boolean' as const } }
  const { values } = parseArgs({ args: [...parameters], options: { ...numbers, ...flags }, strict: true })
  const options = Object.entries(suite.options).map(([name, usual]): [string, number] => {
    const asked = (values as Record<string, unknown>)[name]
    const value = asked === undefined ? usual : Number(asked)
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, and got "${asked}".`)
    return [name, value]
  })
  const { plant, keep } = values
  if (plant !== undefined && !Object.hasOwn(suite.plants, plant)) {
    throw new Error(`No fault named "${plant}" can be planted here. There is: ${Object.keys(suite.plants).join(', ') || 'none'}.`)
  }
  return { options: Object.fromEntries(options), plant: plant as PlantName | undefined, keep: keep === true }
}

function usage(): string {
  const lines = Object.entries(suites).map(([name, suite]) => {
    const numbers = Object.entries(suite.options).map(([option, usual]) => `--${option} ${usual}`)
    const planted = Object.keys(suite.plants).length > 0 ? [`--plant ${Object.keys(suite.plants).join('|')}`] : []
    return `  ${name.padEnd(14)} ${suite.summary}\n  ${''.padEnd(14)} ${[...numbers, ...planted, '--keep'].join(' ')}`
  })
  return ['Usage: npm run fault -- <suite> [options]', ...lines, '  plants         every suite with each fault that it must find'].join(
    '\n',
  )
}
