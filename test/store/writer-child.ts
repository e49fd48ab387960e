/** A process of its own for tests that count its system calls or fill its disk. Prints one line of JSON. */

import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/open.ts'
import { intend, ledgerRows, settle } from './writer-rows-fixture.ts'

const [task, folder, amount] = process.argv.slice(2) as [string, string, string]
const clock = { now: () => Date.now(), monotonic: () => performance.now() }

const open = () =>
  openStore({
    database: join(folder, 'purser.db'),
    clock,
    instance: { name: 'child' },
    onFatal: (error, exitCode) => {
      console.log(JSON.stringify({ fatal: error.message, exitCode }))
      process.exit(exitCode)
    },
    prepare: async (executor) => void (await migrate(executor, { clock, release: 'test' })),
  })

/** So many calls one after another, each durable answer marked by a write of its own. */
async function inTurn(): Promise<object> {
  const store = await open()
  const rows = ledgerRows(store.writer)
  writeSync(1, 'answer\n')
  for (let index = 0; index < Number(amount); index += 1) {
    await intend(store.writer, rows.intent(`a${index}`)).durable
    writeSync(1, 'answer\n')
    await settle(store.writer, rows.settlement(`a${index}`))
    writeSync(1, 'answer\n')
  }
  await store.close()
  return {}
}

/** Calls until the disk is full, then a file is removed, then one more call. */
async function untilFull(): Promise<object> {
  const ballast = join(folder, 'ballast')
  writeFileSync(ballast, Buffer.alloc(3 * 1024 * 1024))
  const store = await open()
  const rows = ledgerRows(store.writer)
  const done = { intents: [] as string[], settlements: [] as string[] }
  const refusals = new Set<string>()
  for (let index = 0; index < 5_000 && refusals.size === 0; index += 8) {
    const ids = Array.from({ length: 8 }, (_, offset) => `a${index + offset}`)
    await Promise.all(
      ids.map(async (id) => {
        try {
          await intend(store.writer, rows.intent(id)).durable
          done.intents.push(id)
          await settle(store.writer, rows.settlement(id, 40))
          done.settlements.push(id)
        } catch (error) {
          refusals.add(String((error as { code?: string }).code))
        }
      }),
    )
  }
  rmSync(ballast)
  await intend(store.writer, rows.intent('last')).durable
  await settle(store.writer, rows.settlement('last'))
  done.intents.push('last')
  done.settlements.push('last')
  await store.close()
  const again = await open()
  const standing = {
    intents: (await again.read.selectFrom('attempts').select('call_id').execute()).map((row) => row.call_id),
    settlements: (await again.read.selectFrom('settlements').select('attempt_id').execute()).map((row) =>
      row.attempt_id.replace(/\.1$/, ''),
    ),
  }
  const parked = (await again.read.selectFrom('parked').selectAll().execute()).length
  await again.close()
  const missing = {
    intents: done.intents.filter((id) => !standing.intents.includes(id)),
    settlements: done.settlements.filter((id) => !standing.settlements.includes(id)),
  }
  const extra = standing.settlements.filter((id) => !done.settlements.includes(id))
  return { refusals: [...refusals], missing, extra, parked, answered: done.settlements.length }
}

const tasks: Record<string, () => Promise<object>> = { inTurn, untilFull }
console.log(JSON.stringify(await tasks[task]!()))
