/** The facts of a Postgres schema, off its catalogue. Only what the versions agree on is read: 18 lists NOT NULL as a constraint, 15 does not. */

import type { Executor } from './engine.ts'
import { columnFact, digest, foreignKeyFact, foreignKeyName, functionFact, indexFact } from './fingerprint-facts.ts'
import { triggerForm } from './triggers.ts'

const storages: Readonly<Record<string, string>> = { 'text C': 'text', bigint: 'int', 'double precision': 'real' }

export async function readPostgres(executor: Executor): Promise<Map<string, string>> {
  const facts = new Map<string, string>()
  await readTables(executor, facts)
  await readIndexes(executor, facts)
  await readConstraints(executor, facts)
  await readTriggers(executor, facts)
  const functions = await executor.all(`
    SELECT p.proname, p.prosrc, p.proconfig FROM pg_proc p
    WHERE p.pronamespace = ${here} AND p.proname LIKE 'purser\\_%'`)
  for (const { proname, prosrc, proconfig } of functions) {
    facts.set(`function ${proname}`, functionFact(String(prosrc), (proconfig as string[] | null) ?? []))
  }
  return facts
}

const here = '(SELECT oid FROM pg_namespace WHERE nspname = current_schema())'

async function readTables(executor: Executor, facts: Map<string, string>): Promise<void> {
  const columns = await executor.all(`
    SELECT c.relname, a.attname, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS preset,
      format_type(a.atttypid, a.atttypmod) || coalesce(' ' || o.collname, '') AS type
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_collation o ON o.oid = a.attcollation
    WHERE c.relnamespace = ${here} AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum`)
  for (const { relname, attname, attnotnull, preset, type } of columns) {
    facts.set(`table ${relname}`, 'table')
    const storage = storages[String(type)] ?? String(type)
    facts.set(`column ${relname}.${attname}`, columnFact(storage, attnotnull !== true, preset === null ? undefined : String(preset)))
  }
}

async function readIndexes(executor: Executor, facts: Map<string, string>): Promise<void> {
  const indexes = await executor.all(`
    SELECT t.relname AS on_table, c.relname AS name, i.indisunique, i.indisprimary, i.indisvalid, pg_get_expr(i.indpred, i.indrelid) AS predicate,
      (SELECT array_agg(pg_get_indexdef(i.indexrelid, k, true) ORDER BY k) FROM generate_series(1, i.indnkeyatts) k) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = ${here} ORDER BY c.relname`)
  for (const { on_table, name, indisunique, indisprimary, indisvalid, predicate, columns } of indexes) {
    const on = columns as string[]
    if (indisprimary) facts.set(`primary key ${on_table}`, on.map(unquoted).join(', '))
    else {
      const fact = indexFact(on, predicate === null ? undefined : String(predicate))
      facts.set(`${indisunique ? 'unique' : 'index'} ${on_table}.${name}`, indisvalid ? fact : `${fact} (invalid)`)
    }
  }
}

/** Postgres quotes a column that is called like one of its own words. */
function unquoted(name: string): string {
  return name.replace(/^"(.*)"$/, '$1')
}

const deleteRules: Readonly<Record<string, string>> = { a: 'no action', r: 'restrict', c: 'cascade', n: 'set null', d: 'set default' }

async function readConstraints(executor: Executor, facts: Map<string, string>): Promise<void> {
  const names = (keys: string, table: string) =>
    `(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(${keys}) WITH ORDINALITY k (attnum, n)
       JOIN pg_attribute a ON a.attrelid = ${table} AND a.attnum = k.attnum)`
  const constraints = await executor.all(`
    SELECT t.relname, o.conname, o.contype, o.confdeltype, o.condeferred, o.convalidated, f.relname AS target,
      ${names('o.conkey', 'o.conrelid')} AS columns, ${names('o.confkey', 'o.confrelid')} AS target_columns
    FROM pg_constraint o JOIN pg_class t ON t.oid = o.conrelid LEFT JOIN pg_class f ON f.oid = o.confrelid
    WHERE t.relnamespace = ${here} AND o.contype IN ('c', 'f') ORDER BY o.conname`)
  for (const { relname, conname, contype, confdeltype, condeferred, convalidated, target, columns, target_columns } of constraints) {
    const doubt = convalidated ? '' : ' (not valid)'
    if (contype === 'c') facts.set(`check ${relname}.${conname}`, `check${doubt}`)
    else {
      const rule = condeferred ? 'deferred' : (deleteRules[String(confdeltype)] ?? String(confdeltype))
      facts.set(
        foreignKeyName(String(relname), columns as string[]),
        foreignKeyFact(String(target), target_columns as string[], rule) + doubt,
      )
    }
  }
}

const bits = { row: 1, before: 2, INSERT: 4, DELETE: 8, UPDATE: 16, TRUNCATE: 32 } as const
const events = ['INSERT', 'DELETE', 'UPDATE', 'TRUNCATE'] as const

async function readTriggers(executor: Executor, facts: Map<string, string>): Promise<void> {
  const triggers = await executor.all(`
    SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, p.proname, replace(encode(t.tgargs, 'escape'), '\\000', '') AS argument
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE c.relnamespace = ${here} AND NOT t.tgisinternal ORDER BY t.tgname`)
  for (const { relname, tgname, tgenabled, tgtype, proname, argument } of triggers) {
    const type = Number(tgtype)
    const fired = events.filter((event) => type & bits[event])
    const form = triggerForm(fired, type & bits.row ? 'ROW' : 'STATEMENT', String(proname), String(argument))
    const plain = tgenabled === 'A' && type & bits.before
    facts.set(`trigger ${relname}.${tgname}`, plain ? digest(form) : `${digest(form)} (state ${tgenabled}, type ${type})`)
  }
}
