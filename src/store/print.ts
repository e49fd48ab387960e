/** The schema value as the statements that make it, for either engine. What stands in `docs/schema.*.sql`. */

import { createTable, type Guarded } from './ddl.ts'
import type { Engine } from './engine.ts'
import { type Column, type ForeignKey, type Table, tables, type UniqueIndex } from './schema.ts'
import { triggerFunctions, triggersOf } from './triggers.ts'

/** Every table of the schema value by name, as plain values. */
export const tableEntries: readonly (readonly [name: string, table: Table])[] = Object.entries(tables)

/** The whole schema, in an order in which every statement finds what it names. */
export function schemaStatements(engine: Engine): string[] {
  const functions = triggerFunctions(engine).map(({ statement }) => statement)
  return [...functions, ...tableEntries.flatMap(([name, table]) => tableStatements(engine, name, table))]
}

export function tableStatements(engine: Engine, name: string, table: Table): string[] {
  const guarded = guardsOf(table)
  return [
    createTable(engine, name, tableLines(table), guarded),
    ...(table.unique ?? []).map((index) => indexStatement('UNIQUE INDEX', name, index)),
    ...(table.indexes ?? []).map((index) => indexStatement('INDEX', name, index)),
    ...triggersOf(engine, name, guarded).flatMap(({ statements }) => statements),
  ]
}

/** The generated page: each statement ended with a semicolon, a blank line between. */
export function renderSchema(engine: Engine): string {
  const title = `-- The schema of Purser on ${engine === 'sqlite' ? 'SQLite' : 'PostgreSQL'}. Generated from src/store/schema.ts.`
  return `${[title, ...schemaStatements(engine).map((statement) => `${statement};`)].join('\n\n')}\n`
}

/** The facts of a table that become triggers: for an insert-only one, every key by which a row could be replaced. */
export function guardsOf(table: Table): Guarded {
  return {
    ...(table.insertOnly ? { insertOnly: [table.primaryKey, ...(table.unique ?? []).map(({ on }) => on)] } : {}),
    ...(table.seal === undefined ? {} : { seal: table.seal }),
    ...(table.revisionCounts === undefined ? {} : { revisionCounts: table.revisionCounts }),
    ...(table.clustered ? { clustered: true } : {}),
  }
}

/** A default as SQL. */
export function defaultOf(column: Column): string | undefined {
  if (column.default === undefined) return undefined
  return typeof column.default === 'number' ? String(column.default) : `'${column.default.replaceAll("'", "''")}'`
}

function tableLines(table: Table): string[] {
  return [
    ...Object.entries(table.columns).map(([name, column]) => columnLine(name, column)),
    `PRIMARY KEY (${table.primaryKey.join(', ')})`,
    ...(table.checks ?? []).map(({ name, sql }) => `CONSTRAINT ${name} CHECK (${sql})`),
    ...(table.foreignKeys ?? []).map(foreignKeyLine),
  ]
}

function columnLine(name: string, column: Column): string {
  const preset = defaultOf(column)
  return `${name} ${column.kind}${column.nullable ? '' : ' NOT NULL'}${preset === undefined ? '' : ` DEFAULT ${preset}`}`
}

function foreignKeyLine({ columns, references, deferred }: ForeignKey): string {
  // RESTRICT is checked at once even where deferred, so a deferred key keeps the plain action.
  const rule = deferred ? 'DEFERRABLE INITIALLY DEFERRED' : 'ON DELETE RESTRICT'
  return `FOREIGN KEY (${columns.join(', ')}) REFERENCES ${references.table} (${references.columns.join(', ')}) ${rule}`
}

function indexStatement(what: string, table: string, { name, on, where }: UniqueIndex): string {
  return `CREATE ${what} ${name} ON ${table} (${on.join(', ')})${where === undefined ? '' : ` WHERE ${where}`}`
}
