import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Engine, Executor } from '../../src/store/engine.ts'
import { eachEngine, suiteDatabase } from '../support/engines.ts'
import { expectedColumns, expectedTables } from './expected-tables.ts'
import { up } from './migrating.ts'
import { fill, insert, sampleRow } from './rows.ts'

const guarded = Object.keys(expectedTables).filter((name) => expectedTables[name]!.insertOnly)

/** `by` is what must refuse it where foreign keys do not: the insert-only guard, or one that stands before it. */
type Attack = { readonly says: string; readonly sql: string; readonly by?: RegExp }

/** Every way this engine offers to change or remove a row that is there. */
function attacksOn(engine: Engine, table: string): Attack[] {
  const columns = expectedColumns(table).map(({ name }) => name)
  const list = columns.join(', ')
  const { primaryKey, unique = [] } = expectedTables[table]!
  const value = columns.find((name) => !primaryKey.split(', ').includes(name))!
  const either: Attack[] = [
    { says: 'update', sql: `UPDATE ${table} SET ${value} = ${value}` },
    { says: 'update of the key', sql: `UPDATE ${table} SET ${primaryKey.split(', ')[0]} = ${primaryKey.split(', ')[0]}` },
    { says: 'delete', sql: `DELETE FROM ${table}` },
    { says: 'delete behind a WITH', sql: `WITH one AS (SELECT 1) DELETE FROM ${table} WHERE 1 IN (SELECT * FROM one)` },
    {
      says: 'upsert by the primary key',
      sql: `INSERT INTO ${table} (${list}) SELECT ${replacing(table, primaryKey)} FROM ${table} WHERE true ON CONFLICT (${primaryKey}) DO UPDATE SET ${value} = excluded.${value}`,
      ...(table === 'rate_batches' ? { by: /newer|insert-only/ } : {}),
    },
  ]
  if (engine === 'postgres') {
    const match = primaryKey
      .split(', ')
      .map((name) => `a.${name} = b.${name}`)
      .join(' AND ')
    return [
      ...either,
      { says: 'update from a join', sql: `UPDATE ${table} a SET ${value} = b.${value} FROM ${table} b WHERE ${match}` },
      { says: 'delete using a join', sql: `DELETE FROM ${table} a USING ${table} b WHERE ${match}` },
      { says: 'truncate', sql: `TRUNCATE ${table}`, by: /insert-only|truncate/ },
      { says: 'truncate with all that leads to it', sql: `TRUNCATE ${table} CASCADE` },
    ]
  }
  return [
    ...either,
    ...['REPLACE', 'IGNORE', 'FAIL', 'ROLLBACK', 'ABORT'].map((clause) => ({
      says: `update or ${clause.toLowerCase()}`,
      sql: `UPDATE OR ${clause} ${table} SET ${value} = ${value}`,
    })),
    ...[primaryKey, ...unique].flatMap((key) => {
      const by = /recorded_at|revision/.test(key) ? /insert-only|sealed|number of rows|newer/ : /insert-only/
      const from = `INTO ${table} (${list}) SELECT ${replacing(table, key)} FROM ${table}`
      return [
        { says: `replace by ${key}`, sql: `REPLACE ${from}`, by },
        { says: `insert or replace by ${key}`, sql: `INSERT OR REPLACE ${from}`, by },
      ]
    }),
    ...(table === 'charges' ? [] : rowidAttacks(table, list)),
  ]
}

function rowidAttacks(table: string, list: string): Attack[] {
  return [
    {
      says: 'replace by rowid',
      sql: `REPLACE INTO ${table} (rowid, ${list}) SELECT rowid, ${replacing(table, 'rowid')} FROM ${table}`,
      ...(table === 'rate_batches' ? { by: /newer|insert-only/ } : {}),
    },
    { says: 'update of the rowid', sql: `UPDATE ${table} SET rowid = rowid + 100` },
  ]
}

/** The columns of a row that keeps one key and has all others new, in a batch and at a revision that no guard minds. */
function replacing(table: string, kept: string): string {
  const keys = [expectedTables[table]!.primaryKey, ...(expectedTables[table]!.unique ?? [])].flatMap((key) => key.split(', '))
  const keep = table === 'rate_batches' && kept === 'rowid' ? ['recorded_at'] : kept.split(', ')
  return expectedColumns(table)
    .map(({ name, storage }) => {
      if (keep.includes(name)) return name
      if (name === 'recorded_at') return '99000'
      if (!keys.includes(name) || ['revision', 'provider_id'].includes(name)) return name
      return storage === 'text' ? `'other-' || ${name}` : `${name} + 5000`
    })
    .join(', ')
}

/** What a session may switch off by itself. */
const settings: Readonly<Record<Engine, readonly (readonly [says: string, on: readonly string[], off: readonly string[]])[]>> = {
  sqlite: [0, 1].flatMap((recursive) =>
    [0, 1].map((keys) => [
      `recursive_triggers ${recursive}, foreign_keys ${keys}`,
      [`PRAGMA recursive_triggers = ${recursive}`, `PRAGMA foreign_keys = ${keys}`],
      ['PRAGMA recursive_triggers = 1', 'PRAGMA foreign_keys = 1'],
    ]),
  ) as never,
  postgres: ['origin', 'replica', 'local'].map((role) => [
    `session_replication_role ${role}`,
    [`SET session_replication_role = ${role}`],
    ['RESET session_replication_role'],
  ]) as never,
}

eachEngine((engine) => {
  const database = suiteDatabase(engine, async ({ executor }) => {
    await up(executor)
    await fill(executor, 1)
    await fill(executor, 2)
  })

  for (const [says, on, off] of settings[engine.engine]) {
    const withSettings = async (run: (executor: Executor) => Promise<void>) => {
      const { executor } = database()
      for (const sql of on) await executor.exec(sql)
      await run(executor).finally(async () => {
        for (const sql of off) await executor.exec(sql)
      })
    }

    for (const table of guarded) {
      test(`no statement changes or removes a row of ${table} (${says})`, () =>
        withSettings(async (executor) => {
          const before = await contents(executor, table)
          const bare = /foreign_keys 0|replica/.test(says)
          for (const { says: attack, sql, by = /insert-only/ } of attacksOn(engine.engine, table)) {
            await assert.rejects(executor.exec(sql), bare ? by : /insert-only|sealed|newer|number of rows|FOREIGN KEY|foreign key/, attack)
            assert.deepEqual(await contents(executor, table), before, attack)
          }
          assert.equal(before.length, 2)
        }))
    }

    test(`no row joins a batch that is sealed (${says})`, () =>
      withSettings(async (executor) => {
        for (const table of guarded.filter((name) => expectedColumns(name).some((column) => column.name === 'recorded_at'))) {
          if (table === 'rate_batches') continue
          const late = sampleRow(table, 2, {
            id: 'late',
            ...(table === 'rate_cards' ? { model: 'late' } : {}),
            ...(table === 'model_aliases' ? { alias: 'late' } : {}),
          })
          await assert.rejects(
            insert(executor, table, { ...late, ...(late.condition_key === undefined ? {} : { condition_key: 'late' }) }),
            /sealed/,
            table,
          )
        }
      }))

    test(`no batch is as old as the newest or older (${says})`, () =>
      withSettings(async (executor) => {
        for (const recorded_at of [1, 1999, 2000]) {
          await assert.rejects(
            insert(executor, 'rate_batches', sampleRow('rate_batches', 2, { recorded_at })),
            /newer than the newest|insert-only/,
          )
        }
      }))

    test(`no revision is repeated, left out or overtaken (${says})`, () =>
      withSettings(async (executor) => {
        for (const table of ['rate_cards', 'model_aliases']) {
          for (const revision of [-1, 0, 2, 1_000_000]) {
            const row = sampleRow(table, 2, { id: `turn-${revision}`, revision, recorded_at: 5000 })
            await assert.rejects(insert(executor, table, row), /number of rows already|insert-only/, `${table} ${revision}`)
          }
        }
      }))
  }

  test('a rate row whose batch never comes is refused at the end', async () => {
    const { executor } = database()
    const row = sampleRow('model_aliases', 2, { id: 'lonely', alias: 'lonely', recorded_at: 7000 })
    await assert.rejects(executor.transaction(() => insert(executor, 'model_aliases', row)))
  })

  test('the next revision, in a batch of its own, is accepted', async () => {
    const { executor } = database()
    await executor.transaction(async () => {
      await insert(executor, 'rate_cards', sampleRow('rate_cards', 2, { id: 'next', revision: 1, recorded_at: 9000 }))
      await insert(executor, 'rate_batches', sampleRow('rate_batches', 9))
    })
  })

  if (engine.engine === 'sqlite') {
    test('no row stands at a rowid that would make the guard refuse the rows to come', async () => {
      const { executor } = database()
      for (const table of guarded.filter((name) => !['charges', 'rate_batches'].includes(name))) {
        const row = { rowid: -1, ...sampleRow(table, 3, { recorded_at: 9500 }) }
        const { recorded_at, ...plain } = row as typeof row & { recorded_at: unknown }
        await assert.rejects(
          insert(executor, table, expectedColumns(table).some(({ name }) => name === 'recorded_at') ? row : plain),
          /CHECK/,
          table,
        )
      }
    })
  }
})

async function contents(executor: Executor, table: string): Promise<unknown[]> {
  return executor.all(`SELECT * FROM ${table} ORDER BY ${expectedTables[table]!.primaryKey}`)
}
