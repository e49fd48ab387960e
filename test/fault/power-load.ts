/**
 * The process that loses its power: calls in waves through the real writer, and a line in `acks` at each moment from which on
 * somebody relies on a row (`intent` and `settled`, with the number of the call). Prints the order in which it settled.
 */

import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts'
import { openStore } from '../../src/store/open.ts'
import { callFacts, settlementFacts } from './power-facts.ts'

const [folder, count] = process.argv.slice(2) as [string, string]
const clock = { now: () => Date.now(), monotonic: () => performance.now() }
/** Calls at once, wave after wave: the writer's batches have one entry, some, and many. */
const waves = [1, 1, 1, 3, 8, 24, 1, 2, 12]

const store = await openStore({ database: join(folder, 'purser.db'), clock, instance: { name: 'fault' } })
const ledger = createLedger(store.writer, { id: store.instance.id, epoch: store.instance.epoch })
const acks = openSync(join(folder, 'acks'), 'a')
const settled: number[] = []

let next = 0
for (let wave = 0; next < Number(count); wave += 1) {
  const size = Math.min(waves[wave % waves.length]!, Number(count) - next)
  await Promise.all(Array.from({ length: size }, () => call(ledger, next++)))
}
await store.close()
process.stdout.write(JSON.stringify(settled))

/** Every seventh call settles only after its intent was synced, so that some batches sync intents alone. */
function call(books: Ledger, number: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const { call: facts, attempt } = callFacts(number)
    let open = 2
    const ended = (error?: Error) => {
      if (error) reject(error)
      else if (--open === 0) resolve()
    }
    const settle = () => {
      settled.push(number)
      books.settle(settlementFacts(number), (error) => {
        if (!error) writeSync(acks, `settled ${number}\n`)
        ended(error)
      })
    }
    const waits = number % 7 === 0
    books.intend(
      facts,
      attempt,
      (refused) => (refused ? reject(refused) : waits || setImmediate(settle)),
      (lost) => {
        if (!lost) writeSync(acks, `intent ${number}\n`)
        if (waits && !lost) settle()
        ended(lost)
      },
    )
  })
}
