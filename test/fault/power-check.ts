/** The process that finds a database after a power cut: it opens one image after another and says what is wrong with each. */

import { openSqlite, type SqliteConnection } from '../../src/store/sqlite.ts'
import { brokenRules } from './books.ts'
import { callIdOf } from './power-facts.ts'

export type Question = {
  readonly path: string
  /** How many acknowledgements had been given at the cut. */
  readonly acknowledged: number
}

/** Sent once, before the first question: what was acknowledged, and the order in which calls were settled. */
export type Told = { readonly acks: readonly string[]; readonly settled: readonly number[] }

let told: Told = { acks: [], settled: [] }

process.on('message', (message: Told | Question) => {
  if ('acks' in message) told = message
  else process.send?.(problemsOf(message))
})

function problemsOf({ path, acknowledged }: Question): string[] {
  try {
    const connection = openSqlite(path)
    try {
      return [...integrity(connection), ...brokenRules(connection), ...order(connection), ...missing(connection, acknowledged)]
    } finally {
      connection.close()
    }
  } catch (error) {
    return [`the database cannot be used: ${(error as Error).message}`]
  }
}

function integrity(connection: SqliteConnection): string[] {
  const [check] = connection.all('PRAGMA integrity_check(1)')
  const broken = connection.all('PRAGMA foreign_key_check')
  return [
    ...(check?.integrity_check === 'ok' ? [] : [String(check?.integrity_check)]),
    ...(broken.length === 0 ? [] : ['a foreign key leads nowhere']),
  ]
}

/** What survives is a prefix of what was committed: nothing is missing before something that is there. */
function order(connection: SqliteConnection): string[] {
  const attempts = idsOf(connection, 'SELECT id FROM attempts ORDER BY rowid')
  const settlements = idsOf(connection, 'SELECT attempt_id AS id FROM settlements ORDER BY rowid')
  const gapIn = (found: readonly string[], numberAt: (index: number) => number | undefined) =>
    found.findIndex((id, index) => id !== `${callIdOf(numberAt(index) ?? -1)}.1`)
  const attemptGap = gapIn(attempts, (index) => index)
  const settlementGap = gapIn(settlements, (index) => told.settled[index])
  return [
    ...(attemptGap === -1 ? [] : [`attempts are no prefix: ${attempts[attemptGap]} stands at ${attemptGap}`]),
    ...(settlementGap === -1 ? [] : [`settlements are no prefix: ${settlements[settlementGap]} stands at ${settlementGap}`]),
  ]
}

function missing(connection: SqliteConnection, acknowledged: number): string[] {
  const attempts = new Set(idsOf(connection, 'SELECT id FROM attempts'))
  const settlements = new Set(
    idsOf(
      connection,
      "SELECT attempt_id AS id FROM settlements WHERE outcome = 'succeeded' AND usage_source = 'provider_final' AND charged_pico IS NOT NULL",
    ),
  )
  const lost = told.acks.slice(0, acknowledged).filter((ack) => {
    const [kind, number] = ack.split(' ')
    return !(kind === 'settled' ? settlements : attempts).has(`${callIdOf(Number(number))}.1`)
  })
  return lost.length === 0 ? [] : [`acknowledged and lost: ${lost.length} of ${acknowledged}, such as "${lost[0]}"`]
}

function idsOf(connection: SqliteConnection, sql: string): string[] {
  return connection.all(sql).map(({ id }) => String(id))
}
