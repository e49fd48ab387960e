/** A disk that fails: from some call on, syncing or writing the log gives EIO. The server stops by itself, and what it had answered is in the books. */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type Answer, askOnce } from './asking.ts'
import { brokenRules } from './books.ts'
import { rootWith } from './plants.ts'
import { diceOf } from './random.ts'
import { freePorts, type ServerPlace, startServer, tryToStart } from './server.ts'
import { failingFrom, whyNoStrace } from './strace.ts'
import type { Given, Suite } from './suites.ts'

const storageFailed = 74
/** A server that has not ended by then is killed, and has failed the check. */
const patienceMs = 8_000

export const failingDisk: Suite = {
  summary: 'a disk that answers EIO from a random call on: the server ends with 74, and nothing it said was wrong',
  options: { runs: 12, seed: 1 },
  plants: { 'errors-are-success': { runs: 6 }, 'failures-are-survived': { runs: 2 } },
  skip: whyNoStrace,
  async run(given) {
    const dice = diceOf(given.options.seed!)
    const place: ServerPlace = { root: rootWith(given.plant, given.folder), home: join(given.folder, 'home'), ports: await freePorts(dice) }
    mkdirSync(place.home)
    await (await startServer(place)).stop('SIGTERM')
    for (let number = 1; number <= given.options.runs!; number += 1) {
      const call = dice.chance(0.5) ? 'fsync' : 'pwrite64'
      await failOnce(given, place, call, 1 + dice.below(call === 'fsync' ? 40 : 400))
    }
  },
}

async function failOnce({ tally }: Given, place: ServerPlace, call: 'fsync' | 'pwrite64', k: number): Promise<void> {
  const database = join(place.home, 'data/purser.db')
  const started = await tryToStart(place, failingFrom(`${database}-wal`, call, k))
  const name = `EIO from ${call} ${k} on`
  if (!('stop' in started)) {
    tally.check(
      `${name}, at the start`,
      started.code === storageFailed ? [] : [`it ended with ${started.code ?? started.signal}: ${started.err}`],
    )
    return
  }
  const key = readFileSync(join(place.home, 'config/first-key'), 'utf8').trim()
  const answers: Answer[] = []
  const gone = new AbortController()
  void started.ending.then(() => gone.abort())
  const until = performance.now() + patienceMs
  while (!gone.signal.aborted && performance.now() < until) {
    const patience = AbortSignal.any([gone.signal, AbortSignal.timeout(patienceMs)])
    answers.push(...(await Promise.all([0, 1, 2, 3].map((number) => askOnce(started.inferenceUrl, key, number, patience)))))
  }
  if (!gone.signal.aborted) await started.stop('SIGKILL')
  const { code, signal, err } = await started.ending
  tally.check(`${name}: it ends`, code === storageFailed ? [] : [`it ended with ${code ?? signal}: ${err}`])
  const connection = openSqlite(database, { readonly: true })
  const settlement = connection.prepare(
    "SELECT 1 AS one FROM settlements WHERE attempt_id = ? AND outcome = 'succeeded' AND charged_pico > 0",
  )
  const full = answers.filter(({ status }) => status === 200)
  const lost = full.filter(({ callId }) => settlement.all([`${callId}.1`]).length !== 1)
  const missing =
    lost.length === 0 ? [] : [`${lost.length} of ${full.length} full answers are not in the books, such as ${lost[0]?.callId}`]
  tally.check(`${name}: the books after ${full.length} full answers`, [...missing, ...brokenRules(connection)])
  connection.close()
}
