/** The triggers by which a database itself refuses to change its books: insert-only rows, sealed batches, revisions in turn. */

import type { Guarded } from './ddl.ts'
import type { Engine } from './engine.ts'

export type Trigger = {
  readonly name: string
  readonly table: string
  readonly statements: readonly string[]
  /** What the fingerprint compares: on SQLite the whole text, on Postgres what the catalogue says of it. */
  readonly form: string
}

const batches = 'rate_batches'

const says = {
  insertOnly: 'is insert-only: a row is never changed, replaced or removed. Write a new row that corrects it.',
  sealedRow: 'the batch of this recorded_at is sealed already. Write the row in a batch of its own.',
  sealedBatch: 'a batch must be newer than the newest. Take its recorded_at under the write lock.',
  revision: 'the revision must be the number of rows already at this key.',
} as const

/** The triggers of one table. */
export function triggersOf(engine: Engine, table: string, guarded: Guarded): Trigger[] {
  return engine === 'sqlite' ? onSqlite(table, guarded) : onPostgres(table, guarded)
}

/** The functions that the triggers of Postgres call. SQLite has none. */
export function triggerFunctions(engine: Engine): readonly { readonly name: string; readonly statement: string; readonly body: string }[] {
  if (engine === 'sqlite') return []
  return Object.entries(functionBodies).map(([name, body]) => ({
    name,
    body,
    // The path is fixed, so that no caller's own schema can stand in for the tables and operators that a trigger reads.
    statement: `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$${body}$$`,
  }))
}

function onSqlite(table: string, guarded: Guarded): Trigger[] {
  const made: Trigger[] = []
  const refuse = (name: string, event: string, when: string, message: string) => {
    const condition = when === '' ? '' : ` WHEN ${when}`
    const text = `CREATE TRIGGER ${table}_${name} BEFORE ${event} ON ${table}${condition} BEGIN SELECT RAISE(ABORT, '${message}'); END`
    made.push({ name: `${table}_${name}`, table, statements: [text], form: text })
  }
  if (guarded.insertOnly !== undefined) {
    refuse('no_update', 'UPDATE', '', `${table} ${says.insertOnly}`)
    refuse('no_delete', 'DELETE', '', `${table} ${says.insertOnly}`)
    // REPLACE passes the delete trigger while recursive_triggers is off, and may name the row by any key or by its rowid.
    const keys = guarded.insertOnly.map((key) => same(key, 'NEW.'))
    if (!guarded.clustered) keys.push('rowid = NEW.rowid')
    const taken = keys.map((condition) => `EXISTS (SELECT 1 FROM ${table} WHERE ${condition})`).join(' OR ')
    refuse('no_replace', 'INSERT', taken, `${table} ${says.insertOnly}`)
  }
  if (guarded.seal === 'row') {
    refuse('sealed', 'INSERT', `EXISTS (SELECT 1 FROM ${batches} WHERE recorded_at = NEW.recorded_at)`, `${table}: ${says.sealedRow}`)
  }
  if (guarded.seal === 'batch') {
    refuse('sealed', 'INSERT', `NEW.recorded_at <= (SELECT max(recorded_at) FROM ${batches})`, `${table}: ${says.sealedBatch}`)
  }
  if (guarded.revisionCounts !== undefined) {
    const count = `(SELECT count(*) FROM ${table} WHERE ${same(guarded.revisionCounts, 'NEW.')})`
    refuse('in_turn', 'INSERT', `NEW.revision <> ${count}`, `${table}: ${says.revision}`)
  }
  return made
}

function onPostgres(table: string, guarded: Guarded): Trigger[] {
  const made: Trigger[] = []
  const call = (name: string, events: string, level: 'ROW' | 'STATEMENT', run: keyof typeof functionBodies, argument?: string) => {
    const quoted = argument === undefined ? '' : `'${argument.replaceAll("'", "''")}'`
    made.push({
      name: `${table}_${name}`,
      table,
      statements: [
        `CREATE TRIGGER ${table}_${name} BEFORE ${events} ON ${table} FOR EACH ${level} EXECUTE FUNCTION ${run}(${quoted})`,
        // Without ALWAYS a session in replica mode would pass it by.
        `ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${table}_${name}`,
      ],
      form: triggerForm(events.split(' OR '), level, run, argument ?? ''),
    })
  }
  if (guarded.insertOnly !== undefined) {
    call('no_change', 'UPDATE OR DELETE', 'ROW', 'purser_refuse_change')
    call('no_truncate', 'TRUNCATE', 'STATEMENT', 'purser_refuse_change')
  }
  if (guarded.seal === 'row') call('sealed', 'INSERT', 'ROW', 'purser_seal_row')
  if (guarded.seal === 'batch') call('sealed', 'INSERT', 'ROW', 'purser_seal_batch')
  if (guarded.revisionCounts !== undefined) call('in_turn', 'INSERT', 'ROW', 'purser_in_turn', same(guarded.revisionCounts, '($1).'))
  return made
}

/** A trigger of Postgres in the house's own words, the same whether it is read off the schema value or off the catalogue. */
export function triggerForm(events: readonly string[], level: 'ROW' | 'STATEMENT', run: string, argument: string): string {
  return `always before ${[...events].sort().join(' or ')} ${level} ${run}(${argument})`
}

// One writer of rates at a time: without the lock, a component slips past a batch that another transaction is about to commit.
const lockRates = `PERFORM pg_advisory_xact_lock(hashtextextended('purser rates ' || TG_TABLE_SCHEMA, 0));`

const functionBodies = {
  purser_refuse_change: `
BEGIN
  RAISE EXCEPTION '% ${says.insertOnly}', TG_TABLE_NAME USING ERRCODE = '23000';
END
`,
  purser_seal_row: `
DECLARE sealed boolean;
BEGIN
  ${lockRates}
  EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I.${batches} WHERE recorded_at = $1)', TG_TABLE_SCHEMA) INTO sealed USING NEW.recorded_at;
  IF sealed THEN RAISE EXCEPTION '%: ${says.sealedRow}', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
`,
  purser_seal_batch: `
DECLARE newest bigint;
BEGIN
  ${lockRates}
  EXECUTE format('SELECT max(recorded_at) FROM %I.${batches}', TG_TABLE_SCHEMA) INTO newest;
  IF NEW.recorded_at <= newest THEN RAISE EXCEPTION '%: ${says.sealedBatch}', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
`,
  purser_in_turn: `
DECLARE present bigint;
BEGIN
  ${lockRates}
  EXECUTE format('SELECT count(*) FROM %I.%I WHERE %s', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[0]) INTO present USING NEW;
  IF NEW.revision <> present THEN RAISE EXCEPTION '%: ${says.revision}', TG_TABLE_NAME USING ERRCODE = '23000'; END IF;
  RETURN NEW;
END
`,
} as const

/** That a row's key equals the new row's: every column name inside an expression gets the prefix on the other side. */
function same(key: readonly string[], prefix: string): string {
  const ofNew = (expression: string) =>
    expression.replace(/'[^']*'|\b[a-z_][a-z0-9_]*\b(?!\s*\()/g, (part) => (part.startsWith("'") ? part : `${prefix}${part}`))
  return key.map((expression) => `${expression} = ${ofNew(expression)}`).join(' AND ')
}
