/** The schema as a list of facts in the house's own words: as it should be (off the schema value), and how a found list differs from it. */

import { rowidCheck, rowidCheckName, storageOf } from './ddl.ts'
import type { Engine, Executor } from './engine.ts'
import { columnFact, digest, foreignKeyFact, foreignKeyName, functionFact, indexFact } from './fingerprint-facts.ts'
import { readPostgres } from './fingerprint-postgres.ts'
import { readSqlite } from './fingerprint-sqlite.ts'
import { defaultOf, guardsOf, tableEntries } from './print.ts'
import type { Table } from './schema.ts'
import { triggerFunctions, triggersOf } from './triggers.ts'

/** Facts by name, such as `column keys.name` and `text not null`. */
export type Fingerprint = ReadonlyMap<string, string>

export type Differences = {
  readonly missing: readonly string[]
  readonly unequal: readonly string[]
  /** What an operator has added, such as an index. Listed, never refused. */
  readonly additional: readonly string[]
}

/** What the catalogue of the connected database says. */
export function fingerprint(executor: Executor): Promise<Fingerprint> {
  return executor.engine === 'sqlite' ? readSqlite(executor) : readPostgres(executor)
}

/** What the catalogue should say. */
export function expectedFingerprint(engine: Engine): Fingerprint {
  const facts = new Map<string, string>()
  for (const [name, table] of tableEntries) {
    facts.set(`table ${name}`, engine === 'postgres' ? 'table' : `strict${table.clustered ? ', clustered' : ''}`)
    for (const [fact, value] of tableFacts(name, table)) facts.set(fact, value)
    const guarded = guardsOf(table)
    if (engine === 'sqlite' && rowidCheck(guarded)) facts.set(`check ${name}.${rowidCheckName(name)}`, 'check')
    for (const trigger of triggersOf(engine, name, guarded)) facts.set(`trigger ${name}.${trigger.name}`, digest(trigger.form))
  }
  for (const { name, body } of triggerFunctions(engine))
    facts.set(`function ${name}`, functionFact(body, ['search_path=pg_catalog, pg_temp']))
  return facts
}

export function differences(expected: Fingerprint, actual: Fingerprint): Differences {
  const names = [...expected.keys()]
  return {
    missing: names.filter((name) => !actual.has(name)),
    unequal: names
      .filter((name) => actual.has(name) && actual.get(name) !== expected.get(name))
      .map((name) => `${name} is "${actual.get(name)}" and should be "${expected.get(name)}"`),
    additional: [...actual.keys()].filter((name) => !expected.has(name)),
  }
}

/** The whole of it in one word, to compare two databases by. */
export function fingerprintDigest(facts: Fingerprint): string {
  return digest(
    [...facts]
      .map(([name, value]) => `${name}: ${value}`)
      .sort()
      .join('\n'),
  )
}

function tableFacts(name: string, table: Table): [string, string][] {
  return [
    ...Object.entries(table.columns).map(([column, { kind, nullable, ...rest }]): [string, string] => {
      return [`column ${name}.${column}`, columnFact(storageOf[kind], nullable === true, defaultOf({ kind, ...rest }))]
    }),
    [`primary key ${name}`, table.primaryKey.join(', ')],
    ...(table.unique ?? []).map((index): [string, string] => [`unique ${name}.${index.name}`, indexFact(index.on, index.where)]),
    ...(table.indexes ?? []).map((index): [string, string] => [`index ${name}.${index.name}`, indexFact(index.on, index.where)]),
    ...(table.foreignKeys ?? []).map(({ columns, references, deferred }): [string, string] => {
      return [foreignKeyName(name, columns), foreignKeyFact(references.table, references.columns, deferred ? 'deferred' : 'restrict')]
    }),
    ...(table.checks ?? []).map((check): [string, string] => [`check ${name}.${check.name}`, 'check']),
  ]
}
