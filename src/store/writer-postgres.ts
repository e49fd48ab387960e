/** The writer's engine on Postgres: set-based statements, one for each table of a batch, on the one connection that holds the lock. */

import { PurserError } from '../core/errors.ts'
import { storeError } from './faults.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { type Kind, type TableName, tables } from './schema.ts'
import type { SqlValue } from './store.ts'
import { checkValues, type Durability, type Entry, type EntryWrite, kindOf, type WriterEngine } from './writer-engine.ts'

export type PostgresEngineOptions = {
  readonly connection: PostgresConnection
  /** A new connection that holds the lock again, or undefined where there is none to be had for now. Throws where another process has taken over. */
  readonly reconnect: () => Promise<PostgresConnection | undefined>
}

const begins: Readonly<Record<Durability, string>> = {
  log: 'BEGIN; SET LOCAL synchronous_commit = off',
  disk: 'BEGIN; SET LOCAL synchronous_commit = on',
}

const arrayTypes: Readonly<Record<Kind, string>> = {
  text: 'text[]',
  json: 'text[]',
  int: 'bigint[]',
  bool: 'bigint[]',
  instant: 'bigint[]',
  real: 'double precision[]',
}

/** Parents before children, as the schema lists them. */
const order = Object.keys(tables) as TableName[]

export function postgresEngine(options: PostgresEngineOptions): WriterEngine {
  let connection = options.connection
  let open = false

  const query = async (sql: string, parameters?: readonly unknown[]) => {
    try {
      return await connection.query(sql, parameters)
    } catch (error) {
      if (connection.lost) open = false
      throw error
    }
  }

  const engine: WriterEngine = {
    mark: (position) => `$${position}`,
    forUpdate: ' FOR UPDATE',
    inTransaction: () => open,
    async begin(durability) {
      if (connection.lost) throw new PurserError('unavailable', 'The connection to the database is lost.', { code: 'store_down' })
      open = true
      await query(begins[durability])
    },
    async commit() {
      await query('COMMIT')
      open = false
    },
    async rollback() {
      open = false
      // A connection that breaks here has rolled back as well.
      await connection.query('ROLLBACK').catch(() => undefined)
    },
    exec: async (sql) => void (await query(sql)),
    all: async (sql, parameters) => (await query(sql, parameters)).rows,
    run: async (sql, parameters) => (await query(sql, parameters)).changes,
    write: (entryWrite) => writeSet(query, [entryWrite]),
    writeAll: (entries) => writeSet(query, allWrites(entries)),
    maintain: () => undefined,
    async reconnect() {
      const next = await options.reconnect()
      if (next === undefined) return false
      await connection.close().catch(() => undefined)
      connection = next
      open = false
      return true
    },
    close: () => connection.close(),
  }
  return engine
}

type Query = (sql: string, parameters: readonly unknown[]) => Promise<unknown>

function allWrites(entries: readonly Entry[]): EntryWrite[] {
  return entries.flatMap((entry) => entry.writes)
}

/** Inserts table by table, then deletes. A row that the same batch inserts and deletes would come out wrong, so such a batch goes row by row. */
async function writeSet(query: Query, writes: readonly EntryWrite[]): Promise<void> {
  const inserts = writes.filter(({ definition }) => definition.verb === 'insert')
  const deletes = writes.filter(({ definition }) => definition.verb === 'delete')
  const deleted = new Set(deletes.map(({ definition, values }) => `${definition.table} ${values[0]}`))
  for (const group of grouped(inserts)) {
    const rows = group.writes.map((write) => rowOf(write, group.columns))
    const key = group.columns.indexOf((tables[group.table].primaryKey as readonly string[])[0]!)
    if (rows.some((row) => deleted.has(`${group.table} ${row[key]}`)))
      throw storeError(new Error('A batch inserts and deletes the same row'))
    const arrays = group.columns.map((column, index) => `$${index + 1}::${arrayTypes[kindOf(group.writes[0]!.definition, column)]}`)
    const sql = `INSERT INTO ${group.table} (${group.columns.join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`
    await query(
      sql,
      group.columns.map((_column, index) => rows.map((row) => row[index])),
    )
  }
  for (const group of grouped(deletes)) {
    const column = group.columns[0]!
    const keys = group.writes.map(({ values }) => values[0])
    await query(`DELETE FROM ${group.table} WHERE ${column} = ANY($1::${arrayTypes[kindOf(group.writes[0]!.definition, column)]})`, [keys])
  }
}

type Group = { readonly table: TableName; readonly columns: readonly string[]; readonly writes: EntryWrite[] }

/** Writes of one table and one set of columns together, whatever their templates fix. */
function grouped(writes: readonly EntryWrite[]): Group[] {
  const groups = new Map<string, Group>()
  for (const write of writes) {
    const { table, columns, fixed } = write.definition
    checkValues(
      write,
      columns.map((column) => kindOf(write.definition, column)),
    )
    const all = [...columns, ...Object.keys(fixed)].sort()
    const name = `${table} ${all.join(' ')}`
    const group = groups.get(name)
    if (group) group.writes.push(write)
    else groups.set(name, { table, columns: all, writes: [write] })
  }
  return [...groups.values()].sort((a, b) => order.indexOf(a.table) - order.indexOf(b.table))
}

function rowOf({ definition, values }: EntryWrite, columns: readonly string[]): SqlValue[] {
  return columns.map((column) => {
    const index = definition.columns.indexOf(column)
    const value = (index < 0 ? definition.fixed[column] : values[index]) ?? null
    return typeof value === 'bigint' ? (value.toString() as SqlValue) : value
  })
}
