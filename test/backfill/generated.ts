/** The long run: `node test/backfill/generated.ts <files> [<seed>]` moves that many generated files in and back out. It prints how many files hold something of each era, and ends with `N passed, N failed`. */

import type { TestContext } from 'node:test'
import fc from 'fast-check'
import { open, testStores } from '../support/stores.ts'
import { erasOf, texts } from './arbitrary-config.ts'
import { type House, openHouse } from './house.ts'
import { faultsOf } from './laws.ts'

const [count = 1000, seed = 1] = process.argv.slice(2).map(Number)
/** Undone rows stay in the tables, so a house is left once it has seen so many files. */
const filesAHouse = 20

let [passed, failed] = [0, 0]
const eras = new Map<string, number>()
let endings: (() => unknown)[] = []
const t = { after: (end: () => unknown) => void endings.push(end) } as unknown as TestContext
const memory = testStores.find(({ name }) => name === 'memory')!
let house: House | undefined

for (const [index, file] of fc.sample(texts, { numRuns: count, seed }).entries()) {
  for (const era of erasOf(file)) eras.set(era, (eras.get(era) ?? 0) + 1)
  if (house === undefined || index % filesAHouse === 0) {
    for (const end of endings.reverse()) await end()
    endings = []
    house = await openHouse(t, await open(t, await memory.database(t)))
  }
  const faults = await faultsOf(house, file).catch((error: Error) => [`it threw: ${error.stack ?? error.message}`])
  if (faults.length === 0) passed += 1
  else {
    failed += 1
    house = undefined
    if (failed <= 10) process.stdout.write(`file ${index}: ${faults.slice(0, 3).join('; ')}\n${file.config}\n${file.connections ?? ''}\n`)
  }
}
for (const end of endings.reverse()) await end()
process.stdout.write(
  `files by era: ${[...eras]
    .toSorted()
    .map(([era, files]) => `${era} ${files}`)
    .join(', ')}\n`,
)
process.stdout.write(`seed ${seed}: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
