/** What a Purser under test says of itself: how late its loop ran, and whether its ledger holds a row for every call it answered. */

import { request } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import type { Tally } from './load.ts'

/** Where a gateway keeps its books and answers its operator. */
export type Books = { readonly database: string; readonly adminPort: number; readonly adminToken: string }

/** The 99th percentile of the event loop's delay over the last seconds, in milliseconds. */
export async function loopDelayMs({ adminPort, adminToken }: Books): Promise<number | undefined> {
  const status = JSON.parse(await get(adminPort, '/api/v1/status', adminToken)) as { readonly loop_delay_p99_ms?: number | null }
  return status.loop_delay_p99_ms ?? undefined
}

/**
 * Once the gateway has stopped. A call that the generator did not wait for may or may not have reached it, so the rows stand
 * between what was answered and what was begun; and each attempt is settled, whoever left.
 */
export function ledgerFault({ database }: Books, tally: Tally): string | undefined {
  const connection = new DatabaseSync(database, { readOnly: true })
  const count = (sql: string) => Number(connection.prepare(sql).get()?.count)
  try {
    const calls = count('SELECT count(*) AS count FROM calls')
    const attempts = count('SELECT count(*) AS count FROM attempts')
    const settled = count('SELECT count(*) AS count FROM settlements')
    const priced = count("SELECT count(*) AS count FROM settlements WHERE outcome = 'succeeded' AND charged_pico > 0")
    const open = count('SELECT count(*) AS count FROM open_attempts')
    const parked = count('SELECT count(*) AS count FROM parked')
    const holds = calls === attempts && attempts === settled && open === 0 && parked === 0
    if (holds && priced >= tally.answered && calls <= tally.started) return undefined
    return `of ${tally.started} calls begun and ${tally.answered} answered, the ledger holds ${calls} calls, ${attempts} attempts, ${settled} settlements (${priced} succeeded and priced), ${open} open, ${parked} parked`
  } finally {
    connection.close()
  }
}

function get(port: number, path: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () => resolve(text))
    })
    call.on('error', reject)
    call.end()
  })
}
