/** What must hold in the books of any database, however its process ended. Each query finds the rows that break one rule. */

import type { SqliteConnection } from '../../src/store/sqlite.ts'

/** `since` is a rowid: attempts up to it were looked at before. */
const rules: readonly { readonly breaks: string; readonly rows: string }[] = [
  {
    breaks: 'a settlement has no attempt',
    rows: 'SELECT s.attempt_id AS id FROM settlements s LEFT JOIN attempts a ON a.id = s.attempt_id WHERE a.id IS NULL AND s.rowid > :since',
  },
  {
    breaks: 'an attempt has no call',
    rows: 'SELECT a.id FROM attempts a LEFT JOIN calls c ON c.id = a.call_id WHERE c.id IS NULL AND a.rowid > :since',
  },
  {
    breaks: 'an attempt has more than one settlement',
    rows: 'SELECT attempt_id AS id FROM settlements GROUP BY attempt_id HAVING count(*) > 1',
  },
  {
    breaks: 'an attempt is neither open nor settled, or both',
    rows: `SELECT a.id FROM attempts a LEFT JOIN settlements s ON s.attempt_id = a.id LEFT JOIN open_attempts o ON o.attempt_id = a.id
      WHERE (s.attempt_id IS NULL) = (o.attempt_id IS NULL) AND a.rowid > :since`,
  },
  {
    breaks: 'the lines of a settlement do not add up to what it charged',
    rows: `SELECT s.attempt_id AS id FROM settlements s
      WHERE s.charged_pico IS NOT (SELECT CASE WHEN s.pricing_status IN ('priced', 'partially_priced') OR count(*) > 0 THEN coalesce(sum(amount_pico), 0)
        ELSE s.charged_pico END FROM charges c WHERE c.attempt_id = s.attempt_id AND c.role = 'charge') AND s.rowid > :since`,
  },
  {
    breaks: 'a row was set aside',
    rows: 'SELECT id FROM parked',
  },
]

/** Rules broken by rows past `since`; 0 looks at everything. */
export function brokenRules(connection: SqliteConnection, since = 0n): string[] {
  const problems: string[] = []
  for (const { breaks, rows } of rules) {
    const found = connection.all(rows.replaceAll(':since', String(since)))
    if (found.length > 0) problems.push(`${breaks}: ${found.length}, such as ${String(found[0]?.id)}`)
  }
  return problems
}
