/** The writer's engine on SQLite: statements compiled once a template, two values of `synchronous`, our own checkpoints. */

import { literal } from './binding.ts'
import type { Kind } from './schema.ts'
import type { SqliteConnection, SqliteStatement } from './sqlite.ts'
import { checkValues, type Durability, type EntryWrite, kindOf, type WriterEngine } from './writer-engine.ts'
import type { Definition } from './writer-messages.ts'

/** `PRAGMA synchronous` can not change inside a transaction, and acts when it is prepared: so it always stands before BEGIN, through `exec`. */
const begins: Readonly<Record<Durability, string>> = {
  log: 'PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE',
  disk: 'PRAGMA synchronous = FULL; BEGIN IMMEDIATE',
}

/** The log is looked at after so many commits, and copied into the database from so many pages on. It is never cut short: an overwritten log commits faster than a growing one. */
const checkpoint = { commits: 16, pages: 4_000n } as const

type Compiled = { readonly statement: SqliteStatement; readonly kinds: readonly Kind[] }

export function sqliteEngine(connection: SqliteConnection): WriterEngine {
  const compiled: Compiled[] = []
  const texts = new Map<string, SqliteStatement>()
  let commitsSinceLook = 0

  /** Compiled at its first use, so that a wrong one fails the entry that brings it. */
  const compiledFor = (definition: Definition): Compiled => {
    const known = compiled[definition.id]
    if (known) return known
    const kinds = definition.columns.map((column) => kindOf(definition, column))
    compiled[definition.id] = { statement: connection.prepare(textOf(definition)), kinds }
    return compiled[definition.id]!
  }

  const write = (entryWrite: EntryWrite): void => {
    const { statement, kinds } = compiledFor(entryWrite.definition)
    checkValues(entryWrite, kinds)
    statement.step(entryWrite.values)
  }

  const prepared = (sql: string): SqliteStatement => {
    const known = texts.get(sql)
    if (known) return known
    const statement = connection.prepare(sql)
    if (texts.size < 200) texts.set(sql, statement)
    return statement
  }

  return {
    mark: () => '?',
    forUpdate: '',
    inTransaction: () => connection.inTransaction,
    begin: (durability) => connection.exec(begins[durability]),
    commit() {
      connection.exec('COMMIT')
      commitsSinceLook += 1
    },
    rollback: () => connection.exec('ROLLBACK'),
    exec: (sql) => connection.exec(sql),
    all: (sql, parameters) => prepared(sql).all(parameters),
    run: (sql, parameters) => prepared(sql).run(parameters),
    write,
    writeAll(entries) {
      for (const entry of entries) {
        for (const entryWrite of entry.writes) write(entryWrite)
      }
    },
    maintain() {
      if (commitsSinceLook < checkpoint.commits) return
      commitsSinceLook = 0
      if (pagesToCheckpoint(connection) >= checkpoint.pages) connection.all('PRAGMA wal_checkpoint(PASSIVE)')
    },
    reconnect: () => false,
    close: () => connection.close(),
  }
}

/** A NOOP checkpoint only tells how far the log has been copied. */
function pagesToCheckpoint(connection: SqliteConnection): bigint {
  const [row] = connection.all('PRAGMA wal_checkpoint(NOOP)')
  return row === undefined ? 0n : (row.log as bigint) - (row.checkpointed as bigint)
}

function textOf(definition: Definition): string {
  if (definition.verb === 'delete') return `DELETE FROM ${definition.table} WHERE ${definition.columns[0]} = ?`
  const fixed = Object.keys(definition.fixed)
  const columns = [...definition.columns, ...fixed].join(', ')
  const values = [...definition.columns.map(() => '?'), ...fixed.map((column) => literal(definition.fixed[column] ?? null))].join(', ')
  return `INSERT INTO ${definition.table} (${columns}) VALUES (${values})`
}
