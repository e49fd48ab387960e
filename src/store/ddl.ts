/** How each engine spells a table: the storage of every kind, and the frame around the columns. */

import type { Engine } from './engine.ts'
import type { Kind } from './schema.ts'

/** What a kind is stored as, in the house's own words: the fingerprint compares these. */
export type Storage = 'text' | 'int' | 'real'

export const storageOf: Readonly<Record<Kind, Storage>> = {
  text: 'text',
  json: 'text',
  int: 'int',
  bool: 'int',
  instant: 'int',
  real: 'real',
}

/** Text on Postgres is compared by bytes, as on SQLite, whatever the locale of the cluster. */
const spelling: Readonly<Record<Engine, Readonly<Record<Storage, string>>>> = {
  sqlite: { text: 'TEXT', int: 'INTEGER', real: 'REAL' },
  postgres: { text: 'TEXT COLLATE "C"', int: 'BIGINT', real: 'DOUBLE PRECISION' },
}

/** What the database guards by itself, beyond keys and checks. */
export type Guarded = {
  /** Every unique key, as column names or expressions. No row of the table is ever changed, replaced or removed. */
  readonly insertOnly?: readonly (readonly string[])[]
  /** `row`: its `recorded_at` must name a batch that does not exist yet. `batch`: must be newer than the newest. */
  readonly seal?: 'row' | 'batch'
  /** `revision` must be the count of rows already at this key. */
  readonly revisionCounts?: readonly string[]
  /** WITHOUT ROWID on SQLite. */
  readonly clustered?: boolean
}

/** A CREATE TABLE from lines of `name kind …` and of keys and checks. */
export function createTable(engine: Engine, name: string, lines: readonly string[], guarded: Guarded): string {
  const body = lines.map((line) => spellKind(engine, line))
  if (engine === 'postgres') return `CREATE TABLE ${name} (\n  ${body.join(',\n  ')}\n)`
  if (rowidCheck(guarded)) body.push(`CONSTRAINT ${rowidCheckName(name)} CHECK (rowid > 0)`)
  return `CREATE TABLE ${name} (\n  ${body.join(',\n  ')}\n) STRICT${guarded.clustered ? ', WITHOUT ROWID' : ''}`
}

/** A column that a table gets later, from a line of `name kind …`. */
export function addColumn(engine: Engine, table: string, line: string): string {
  return `ALTER TABLE ${table} ADD COLUMN ${spellKind(engine, line)}`
}

/**
 * A trigger sees rowid -1 where none was given. A row that really stood at -1 would make the guard against REPLACE refuse
 * every insert from then on, so none may stand there.
 */
export function rowidCheck(guarded: Guarded): boolean {
  return guarded.insertOnly !== undefined && !guarded.clustered
}

export function rowidCheckName(table: string): string {
  return `${table}_rowid`
}

function spellKind(engine: Engine, line: string): string {
  return line.replace(/^([a-z_][a-z0-9_]*) (text|json|int|bool|instant|real)\b/, (_all, column: string, kind: Kind) => {
    return `${column} ${spelling[engine][storageOf[kind]]}`
  })
}
