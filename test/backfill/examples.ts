/**
 * The acceptance run: `node test/backfill/examples.ts <folder>` moves each example file of that folder into a store of its own and
 * checks every line of what must come of it. It ends with `N passed, N failed`.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

import { open, testStores } from '../support/stores.ts'
import { examples, outcomeOf } from './expected.ts'
import { openHouse } from './house.ts'

const folder = process.argv[2]
if (folder === undefined) throw new Error('Name the folder of the examples.')
const only = process.argv[3] ?? 'memory'
let [passed, failed] = [0, 0]

let endings: (() => unknown)[] = []
const t = { after: (end: () => unknown) => void endings.push(end) } as unknown as TestContext
for (const store of testStores.filter(({ name }) => name === only)) {
  for (const { file, rows, checks } of examples) {
    const house = await openHouse(t, await open(t, await store.database(t)))
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const asked = { config: read(file), ...(rows === undefined ? {} : { connections: read(rows) }) }
    const outcome = await outcomeOf(house.context, house.clock, asked)
    for (const end of endings.reverse()) await end()
    endings = []
    for (const [says, holds] of Object.entries(checks)) {
      const fine = holds(outcome)
      if (fine) passed += 1
      else failed += 1
      if (!fine) process.stdout.write(`not so: ${file}${rows === undefined ? '' : ' with rows'}: ${says}\n`)
    }
  }
}
process.stdout.write(`${only}: ${passed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 ? 0 : 1
