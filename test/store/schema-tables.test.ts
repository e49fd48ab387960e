import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Executor } from '../../src/store/engine.ts'
import { fingerprint } from '../../src/store/fingerprint.ts'
import { eachEngine, suiteDatabase } from '../support/engines.ts'
import { type ExpectedColumn, expectedColumns, expectedTables } from './expected-tables.ts'
import { downTo, ids, up } from './migrating.ts'
import { fill, insert, insertOrder, sampleRow } from './rows.ts'

/** Read here by other queries than the fingerprint's, so that one cannot hide the other's mistake. */
async function foundColumns(executor: Executor, table: string): Promise<ExpectedColumn[]> {
  const storages: Record<string, string> = {
    TEXT: 'text',
    INTEGER: 'int',
    REAL: 'real',
    'text:C': 'text',
    bigint: 'int',
    'double precision': 'real',
  }
  if (executor.engine === 'sqlite') {
    return (await executor.all(`PRAGMA table_info(${table})`)).map(({ name, type, notnull, dflt_value }) => ({
      name: String(name),
      storage: storages[String(type)] ?? String(type),
      nullable: notnull === 0n,
      preset: dflt_value as string | null,
    }))
  }
  const columns = await executor.all(
    'SELECT * FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position',
    [table],
  )
  return columns.map(({ column_name, data_type, collation_name, is_nullable, column_default }) => {
    const type = collation_name === null ? String(data_type) : `${data_type}:${collation_name}`
    const preset = column_default === null ? null : String(column_default).replace(/::\w+$/, '')
    return { name: String(column_name), storage: storages[type] ?? type, nullable: is_nullable === 'YES', preset }
  })
}

eachEngine((engine) => {
  const database = suiteDatabase(engine, async ({ executor }) => {
    await up(executor)
    await fill(executor, 1)
    await fill(executor, 2)
  })

  test('the migrations make the tables of the design, and no others', async () => {
    const facts = [...(await fingerprint(database().executor)).keys()].filter((name) => name.startsWith('table '))
    assert.deepEqual(
      facts.sort(),
      Object.keys(expectedTables)
        .map((name) => `table ${name}`)
        .sort(),
    )
  })

  for (const [table, { primaryKey, unique = [], foreignKeys = {} }] of Object.entries(expectedTables)) {
    test(`${table} has its columns, with kinds, nullability and defaults`, async () => {
      assert.deepEqual(await foundColumns(database().executor, table), expectedColumns(table))
    })

    test(`${table} takes no row with NULL where it may not stand`, async () => {
      for (const { name, nullable } of expectedColumns(table)) {
        // SQLite gives an integer primary key its next value where NULL is inserted.
        if (nullable || (engine.engine === 'sqlite' && primaryKey === name && ['revision', 'rate_batches'].includes(table))) continue
        await assert.rejects(insert(database().executor, table, sampleRow(table, 3, { [name]: null })), /not.null/i, name)
      }
    })

    for (const key of [primaryKey, ...unique]) {
      test(`${table} takes no second row with the same ${key}`, async () => {
        const first = sampleRow(table, 3, fullKey(table, key))
        const other = sampleRow(table, 4, { ...parentsOf(table), ...pick(first, key) })
        await refusedWhole(database().executor, table, 3, async () => {
          await insert(database().executor, table, first)
          await insert(database().executor, table, other)
        })
      })
    }

    for (const [columns, target] of Object.entries(foreignKeys)) {
      test(`${table} takes no row whose ${columns} leads to no row of ${target}`, async () => {
        const nowhere = Object.fromEntries(columns.split(', ').map((column) => [column, column === 'recorded_at' ? 999_999 : 'nowhere']))
        await refusedWhole(database().executor, table, 3, () => insert(database().executor, table, sampleRow(table, 3, nowhere)))
      })
    }
  }

  test('a provider or connection that something leads to is not deleted', async () => {
    await insert(
      database().executor,
      'model_profiles',
      sampleRow('model_profiles', 31, { provider_id: 'providers-1', connection_id: 'connections-1' }),
    )
    for (const table of ['providers', 'connections'])
      await assert.rejects(database().executor.exec(`DELETE FROM ${table} WHERE id = '${table}-1'`))
  })

  test('a connection and its twin may be inserted in either order, because their key is checked at the end', async () => {
    await database().executor.transaction(async () => {
      await insert(
        database().executor,
        'connections',
        sampleRow('connections', 11, { provider_id: 'providers-1', canonical_equivalent_id: 'connections-12' }),
      )
      await insert(
        database().executor,
        'connections',
        sampleRow('connections', 12, { provider_id: 'providers-1', canonical_equivalent_id: 'connections-11' }),
      )
    })
  })

  test('a connection without its twin is refused at the end', async () => {
    const row = sampleRow('connections', 13, { provider_id: 'providers-1', canonical_equivalent_id: 'nowhere' })
    await assert.rejects(database().executor.transaction(() => insert(database().executor, 'connections', row)))
  })

  test('the name of a removed row is free again', async () => {
    await database().executor.exec("UPDATE providers SET removed_at = 5 WHERE id = 'providers-2'")
    await insert(database().executor, 'providers', sampleRow('providers', 21, { name: 'name-2' }))
    await assert.rejects(insert(database().executor, 'providers', sampleRow('providers', 22, { name: 'name-2' })))
  })

  test('a column left out of an insert has its default', async () => {
    await insert(database().executor, 'providers', { id: 'bare', name: 'bare', contract: 'c', base_url: 'u', created_at: 1, updated_at: 1 })
    const [row] = await database().executor.all(
      "SELECT dialect, network, bills_errors, modality, is_canonical, disabled FROM providers WHERE id = 'bare'",
    )
    assert.deepEqual({ ...row }, { dialect: '{}', network: 'public', bills_errors: 0n, modality: 'chat', is_canonical: 0n, disabled: 0n })
  })

  test('a price outside its range, a currency in small letters and a pattern without consent are refused', async () => {
    const wrong = [
      { input_token_nanos_per_1m: -1 },
      { output_token_nanos_per_1m: 10 ** 15 },
      { cache_read_token_nanos_per_1m: -1 },
      { currency: 'usd' },
      { match_mode: 'glob' },
      { model: '' },
    ]
    for (const overrides of wrong) {
      await refusedWhole(database().executor, 'rate_cards', 3, () =>
        insert(database().executor, 'rate_cards', sampleRow('rate_cards', 3, overrides)),
      )
    }
  })

  test('going down to none removes every table, and doing it again changes nothing', async () => {
    await database().executor.exec("DELETE FROM migrations WHERE id LIKE '900%'")
    assert.deepEqual((await downTo(database(), 'none')).ids, [...ids].reverse())
    assert.equal((await fingerprint(database().executor)).size, 0)
    assert.deepEqual((await downTo(database(), 'none')).ids, [])
    assert.equal((await fingerprint(database().executor)).size, 0)
  })
})

/** Parents of the n-th row first, then the attempt, then the batch: one of the two must refuse, and nothing stays. */
async function refusedWhole(executor: Executor, table: string, n: number, attempt: () => Promise<void>): Promise<void> {
  let reached = false
  const whole = executor.transaction(async () => {
    for (const parent of insertOrder.slice(0, insertOrder.indexOf(table))) await insert(executor, parent, sampleRow(parent, n))
    reached = true
    await attempt()
    if (table !== 'rate_batches') await insert(executor, 'rate_batches', sampleRow('rate_batches', n))
  })
  await assert.rejects(whole)
  assert.ok(reached, 'the parents were refused, and not the row itself')
}

/** The key's nullable columns filled, since NULL equals nothing. */
function fullKey(table: string, key: string): Record<string, string> {
  return key.includes('connection_id') && table === 'rate_cards' ? { connection_id: 'connections-3' } : {}
}

function parentsOf(table: string): Record<string, string | number> {
  const columns = Object.keys(expectedTables[table]!.foreignKeys ?? {}).flatMap((list) => list.split(', '))
  const row = sampleRow(table, 3)
  return Object.fromEntries(columns.filter((column) => row[column] !== null).map((column) => [column, row[column] as string | number]))
}

function pick(row: Readonly<Record<string, unknown>>, key: string): Record<string, string | number> {
  return Object.fromEntries(key.split(', ').map((column) => [column, row[column] as string | number]))
}
