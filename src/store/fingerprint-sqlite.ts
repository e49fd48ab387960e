/** The facts of a SQLite database, off its pragmas. Where no pragma tells (checks, deferral, triggers), off the text that made the table, which SQLite keeps as written. */

import type { Executor } from './engine.ts'
import { columnFact, digest, foreignKeyFact, foreignKeyName, indexFact } from './fingerprint-facts.ts'

const storages: Readonly<Record<string, string>> = { TEXT: 'text', INTEGER: 'int', REAL: 'real' }

export async function readSqlite(executor: Executor): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  const tables = await executor.all(`
    SELECT l.name, l.wr, l.strict, m.sql FROM pragma_table_list l JOIN sqlite_schema m ON m.name = l.name AND m.type = 'table'
    WHERE l.schema = 'main' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name`)
  for (const table of tables) {
    const name = String(table.name)
    const text = String(table.sql).replace(/\s+/g, ' ')
    facts.set(`table ${name}`, `${table.strict ? 'strict' : 'not strict'}${table.wr ? ', clustered' : ''}`)
    await readColumns(executor, name, facts)
    await readIndexes(executor, name, facts)
    await readForeignKeys(executor, name, text, facts)
    for (const [, check] of text.matchAll(/CONSTRAINT "?(\w+)"? CHECK/gi)) facts.set(`check ${name}.${check}`, 'check')
  }
  for (const { name, tbl_name, sql } of await executor.all(
    "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name",
  )) {
    facts.set(`trigger ${tbl_name}.${name}`, digest(String(sql)))
  }
  return facts
}

async function readColumns(executor: Executor, table: string, facts: Map<string, string>): Promise<void> {
  const columns = await executor.all('SELECT * FROM pragma_table_xinfo(?)', [table])
  for (const { name, type, notnull, dflt_value } of columns) {
    const preset = dflt_value === null ? undefined : String(dflt_value)
    facts.set(`column ${table}.${name}`, columnFact(storages[String(type)] ?? String(type), !notnull, preset))
  }
  const key = columns.filter(({ pk }) => pk !== 0n).sort((a, b) => Number(a.pk) - Number(b.pk))
  facts.set(`primary key ${table}`, key.map(({ name }) => name).join(', '))
}

async function readIndexes(executor: Executor, table: string, facts: Map<string, string>): Promise<void> {
  const indexes = await executor.all(
    'SELECT l.name, l."unique" AS is_unique, m.sql FROM pragma_index_list(?) l JOIN sqlite_schema m ON m.name = l.name WHERE l.origin = \'c\'',
    [table],
  )
  for (const { name, is_unique, sql } of indexes) {
    const [, on = '', where] = /\((.*?)\)(?: WHERE (.*))?$/is.exec(withoutHead(String(sql))) ?? []
    facts.set(`${is_unique ? 'unique' : 'index'} ${table}.${name}`, indexFact(parts(on), where))
  }
}

async function readForeignKeys(executor: Executor, table: string, text: string, facts: Map<string, string>): Promise<void> {
  const rows = await executor.all('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq', [table])
  const keys = Map.groupBy(rows, ({ id }) => id)
  for (const parts of keys.values()) {
    const columns = parts.map(({ from }) => String(from))
    const deferred = text.match(
      new RegExp(`FOREIGN KEY \\(${columns.join(', ')}\\) REFERENCES [^()]*\\([^()]*\\) DEFERRABLE INITIALLY DEFERRED`, 'i'),
    )
    const rule = deferred === null ? String(parts[0]?.on_delete).toLowerCase() : 'deferred'
    const target = parts.map(({ to }) => String(to))
    facts.set(foreignKeyName(table, columns), foreignKeyFact(String(parts[0]?.table), target, rule))
  }
}

function withoutHead(sql: string): string {
  return sql.replace(/\s+/g, ' ').replace(/^CREATE (UNIQUE )?INDEX .*? ON "?\w+"? ?/i, '')
}

/** A list cut at its commas, but for those inside brackets or quotes. */
function parts(list: string): string[] {
  return list.match(/(?:'[^']*'|\((?:'[^']*'|[^()'])*\)|[^,()'])+/g)?.map((part) => part.trim()) ?? []
}
