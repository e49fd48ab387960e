/** The server killed under load, again and again on one home: every answer that a caller has in full is in the books, once and with its price. */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSqlite, type SqliteConnection } from '../../src/store/sqlite.ts'
import { brokenRules } from './books.ts'
import { type Received, startCallers } from './callers.ts'
import { ended } from './children.ts'
import { rootWith } from './plants.ts'
import { diceOf } from './random.ts'
import { freePorts, purser, type ServerPlace, startServer } from './server.ts'
import type { Suite } from './suites.ts'

/** Most loops are short; now and then one lasts, so that the log grows until it is copied into the database. */
const shortMs = { least: 50, spread: 400 } as const
const long = { everyLoops: 40, ms: 3_000 } as const
const callersAtOnce = { least: 2, spread: 30 } as const

export const killLoop: Suite = {
  summary: 'SIGKILL of the server under load at random moments, then a start on the same home',
  options: { loops: 500, seed: 1 },
  plants: { 'released-early': { loops: 15 }, 'orphans-forgotten': { loops: 5 } },
  skip: async () => (process.platform === 'win32' ? 'there is no SIGKILL on Windows' : undefined),
  async run({ folder, options, plant, tally, print }) {
    const dice = diceOf(options.seed!)
    const place: ServerPlace = { root: rootWith(plant, folder), home: join(folder, 'home'), ports: await freePorts(dice) }
    const path = join(place.home, 'data/purser.db')
    mkdirSync(place.home)
    // The first start makes the home, and its peaceful end leaves the compiled code for all that follow.
    await (await startServer(place)).stop('SIGTERM')
    const total = { sent: 0, left: 0, received: 0, streams: 0 }
    let seen = 0n
    for (let loop = 1; loop <= options.loops!; loop += 1) {
      const server = await startServer(place)
      const afterStart = looking(path, (connection) => leftOpen(connection))
      const key = readFileSync(join(place.home, 'config/first-key'), 'utf8').trim()
      const callers = startCallers(server.inferenceUrl, key, callersAtOnce.least + dice.below(callersAtOnce.spread), dice)
      await pause(loop % long.everyLoops === 0 ? long.ms : shortMs.least + dice.below(shortMs.spread))
      await server.stop('SIGKILL')
      await callers.stop()
      const { received } = callers
      const { problems, newest } = looking(path, (connection) => ({
        problems: [...missing(connection, received), ...brokenRules(connection, seen), ...wrongOrphans(connection, seen)],
        newest: newestRow(connection),
      }))
      tally.check(`loop ${loop}, ${received.length} answers in full`, [...afterStart, ...problems])
      seen = newest
      total.sent += callers.counts().sent
      total.left += callers.counts().left
      total.received += received.length
      total.streams += received.filter(({ stream }) => stream).length
      if (loop % 50 === 0) print(`${loop} loops: ${total.received} answers in full, ${tally.failed} loops with a fault`)
    }
    await finish(place, path, tally)
    const facts = looking(path, (connection) => connection.all(factsOfBooks)[0] ?? {})
    print(`${options.loops} kills; ${total.sent} requests, ${total.left} callers left on purpose`)
    print(
      `${total.received} answers in full (${total.streams} streams); in the books ${facts.attempts} attempts, ${facts.orphans} of them orphans settled as unknown`,
    )
  },
}

const factsOfBooks =
  "SELECT (SELECT count(*) FROM attempts) AS attempts, (SELECT count(*) FROM settlements WHERE outcome = 'unknown') AS orphans"

/** A last start that is ended in peace: nothing open, nothing wrong in the whole of the books, and the program's own doctor agrees. */
async function finish(place: ServerPlace, path: string, tally: { check(name: string, problems: readonly string[]): void }): Promise<void> {
  const server = await startServer(place)
  const { code, signal, err } = await server.stop('SIGTERM')
  tally.check('the last server ends in peace', code === 0 ? [] : [`it ended with ${code ?? signal}: ${err}`])
  tally.check(
    'the whole of the books',
    looking(path, (connection) => [...leftOpen(connection), ...brokenRules(connection)]),
  )
  const doctor = await ended(purser(place, ['doctor', '--json']))
  tally.check('purser doctor', doctor.code === 0 ? [] : [`exit ${doctor.code}: ${doctor.out}${doctor.err}`])
}

/** Each answer that was received has its settlement: final usage, a price, and what it charged is the sum of its lines. */
function missing(connection: SqliteConnection, received: readonly Received[]): string[] {
  const settlement = connection.prepare(
    'SELECT outcome, usage_source, charged_pico FROM attempts LEFT JOIN settlements ON attempt_id = attempts.id WHERE call_id = ? ORDER BY attempt_no DESC',
  )
  return received.flatMap(({ callId, outcome }) => {
    const rows = settlement.all([callId])
    const [row, ...earlier] = rows
    if (row === undefined) return [`${callId} was received and has no attempt`]
    if (earlier.some((one) => one.outcome !== 'provider_error')) return [`${callId} was tried again after something else than an error`]
    const source = outcome === 'succeeded' ? 'provider_final' : 'none'
    const right =
      row.outcome === outcome &&
      row.usage_source === source &&
      row.charged_pico !== null &&
      (source === 'none' || (row.charged_pico as bigint) > 0n)
    return right ? [] : [`${callId} was received and is settled as ${row.outcome}, ${row.usage_source}, ${row.charged_pico}`]
  })
}

/** Once a server is up, nothing of those before it is open. */
function leftOpen(connection: SqliteConnection): string[] {
  const [row] = connection.all('SELECT count(*) AS open FROM open_attempts')
  return row?.open === 0n ? [] : [`${row?.open} attempts are open after a start`]
}

/** What a later process settled is unknown, and unknown is never a price. */
function wrongOrphans(connection: SqliteConnection, since: bigint): string[] {
  const [row] = connection.all(
    `SELECT count(*) AS wrong FROM settlements s JOIN attempts a ON a.id = s.attempt_id
      WHERE (s.instance_id <> a.instance_id) <> (s.outcome = 'unknown' AND s.usage_source = 'unknown' AND s.charged_pico IS NULL) AND a.rowid > ?`,
    [since],
  )
  return row?.wrong === 0n ? [] : [`${row?.wrong} orphans are not settled as unknown, or others are`]
}

/** Attempts up to here are settled, so the next look may begin behind them. */
function newestRow(connection: SqliteConnection): bigint {
  const [row] = connection.all(
    'SELECT coalesce(min(a.rowid) - 1, (SELECT coalesce(max(rowid), 0) FROM attempts)) AS newest FROM open_attempts JOIN attempts a ON a.id = attempt_id',
  )
  return row?.newest as bigint
}

/** Reads from this process, which is not the server's, so that the server's locks stay what they are. */
function looking<T>(path: string, look: (connection: SqliteConnection) => T): T {
  const connection = openSqlite(path, { readonly: true })
  try {
    return look(connection)
  } finally {
    connection.close()
  }
}
