/** Rows for a database that should not be empty: one of every control noun, a rate card, one of all that operators leave, and some calls with all that follows them. */

import type { Executor } from '../../src/store/engine.ts'
import { type Column, type Kind, type TableName, tables } from '../../src/store/schema.ts'

type Values = Readonly<Record<string, string | number | null>>

const plain: Readonly<Record<Kind, string | number>> = { text: 'x', int: 1, bool: 0, json: '{}', instant: 1_000, real: 0 }

const control: readonly (readonly [TableName, Values])[] = [
  ['providers', { id: 'p' }],
  ['connections', { id: 'c', provider_id: 'p', canonical_equivalent_id: null }],
  ['model_profiles', { id: 'm', provider_id: 'p', connection_id: 'c' }],
  ['routes', { id: 'o', allow_cross: '[]' }],
  ['route_members', { route_id: 'o', position: 0, profile_id: 'm' }],
  ['keys', { id: 'k' }],
]

const operators: readonly (readonly [TableName, Values])[] = [
  ['audit_log', { id: 'a' }],
  ['settings', { name: 's' }],
  ['sealed_secrets', { id: 'z' }],
  ['secret_bindings', { reference: 'b' }],
  ['plans', { digest: 'd' }],
  ['imports', { id: 'i' }],
  ['provenance', { import_id: 'i' }],
  ['preserved', { import_id: 'i' }],
]

const rates: readonly (readonly [TableName, Values])[] = [
  ['rate_cards', { id: 'r', provider_id: 'p', connection_id: null, match_mode: 'exact', currency: 'USD', revision: 0, recorded_at: 1_000 }],
  ['rate_card_components', { id: 'rc', rate_card_id: 'r', recorded_at: 1_000 }],
  ['rate_batches', { recorded_at: 1_000 }],
]

/** Fills the tables that are there, of the schema that the newest step makes or of an earlier one. SQLite only. */
export async function fill(executor: Executor, present: readonly string[], calls: number): Promise<void> {
  const ledger = Array.from({ length: calls }, (_, index): (readonly [TableName, Values])[] => [
    ['calls', { id: `call-${index}` }],
    ['attempts', { id: `call-${index}.1`, call_id: `call-${index}` }],
    ['settlements', { attempt_id: `call-${index}.1`, raw_usage: 'u'.repeat(200) }],
    ['charges', { attempt_id: `call-${index}.1`, line_no: 0 }],
  ])
  await executor.transaction(async () => {
    for (const [table, values] of [...control, ...rates, ...operators, ...ledger.flat()]) {
      if (present.includes(table)) await insert(executor, table, values)
    }
  })
}

/** The table may lack columns that a later step adds. Those that are not named hold something of their kind. */
async function insert(executor: Executor, table: TableName, named: Values): Promise<void> {
  const present = new Set((await executor.all('SELECT name FROM pragma_table_info(?)', [table])).map(({ name }) => name))
  const columns = Object.entries<Column>(tables[table].columns).filter(([name]) => present.has(name))
  const values = columns.map(([name, { kind }]) => (Object.hasOwn(named, name) ? (named[name] ?? null) : plain[kind]))
  await executor.all(
    `INSERT INTO ${table} (${columns.map(([name]) => name).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    values,
  )
}
