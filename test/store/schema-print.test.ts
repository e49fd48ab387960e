import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Engine } from '../../src/store/engine.ts'
import { differences, expectedFingerprint, fingerprint } from '../../src/store/fingerprint.ts'
import { schemaOn } from '../../src/store/migration.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { renderSchema, schemaStatements } from '../../src/store/print.ts'
import { renderRegistry } from '../../src/store/registry.ts'
import { eachEngine } from '../support/engines.ts'
import { later, up } from './migrating.ts'

const none = { missing: [], unequal: [], additional: [] }

eachEngine((engine) => {
  test('what the printer prints reads back as the fingerprint of the schema value', async (t) => {
    const { executor } = await engine.fresh(t)
    for (const statement of schemaStatements(engine.engine)) await executor.exec(statement)
    assert.deepEqual(differences(expectedFingerprint(engine.engine), await fingerprint(executor)), none)
  })

  test('what the migrations make reads back as the fingerprint of the schema value', async (t) => {
    const { executor } = await engine.fresh(t)
    await up(executor)
    assert.deepEqual(differences(expectedFingerprint(engine.engine), await fingerprint(executor)), none)
  })

  for (const [says, change, found] of changes(engine.engine)) {
    test(`the fingerprint sees ${says}`, async (t) => {
      const { executor } = await engine.fresh(t)
      await up(executor)
      for (const sql of change) await executor.exec(sql)
      const { missing, unequal, additional } = differences(expectedFingerprint(engine.engine), await fingerprint(executor))
      assert.match(
        [...missing.map((fact) => `- ${fact}`), ...unequal.map((fact) => `! ${fact}`), ...additional.map((fact) => `+ ${fact}`)].join('\n'),
        found,
      )
    })
  }
})

/** Changes by hand, and how the fingerprint words what it found. */
function changes(engine: Engine): [says: string, change: string[], found: RegExp][] {
  const both: [string, string[], RegExp][] = [
    ['a table that is gone', ['DROP TABLE charges'], /^- table charges$/m],
    ['a column that is gone', ['ALTER TABLE parked DROP COLUMN reason'], /^- column parked\.reason$/m],
    ['a column that was added', ['ALTER TABLE parked ADD COLUMN mine TEXT'], /^\+ column parked\.mine$/m],
    ['a unique index that is gone', ['DROP INDEX keys_name'], /^- unique keys\.keys_name$/m],
    [
      'a unique index that is no longer unique',
      ['DROP INDEX keys_name', 'CREATE INDEX keys_name ON keys (tenant_id, name)'],
      /^- unique keys\.keys_name$/m,
    ],
    [
      'a unique index over other rows',
      ['DROP INDEX keys_name', 'CREATE UNIQUE INDEX keys_name ON keys (tenant_id, name)'],
      /^! unique keys\.keys_name is "tenant_id, name" and/m,
    ],
    ['an index that was added', ['CREATE INDEX mine ON calls (tenant_id)'], /^\+ index calls\.mine$/m],
  ]
  if (engine === 'sqlite') {
    return [
      ...both,
      ['a trigger that is gone', ['DROP TRIGGER calls_no_update'], /^- trigger calls\.calls_no_update$/m],
      [
        'a trigger with another body',
        ['DROP TRIGGER calls_no_update', 'CREATE TRIGGER calls_no_update BEFORE UPDATE ON calls BEGIN SELECT 1; END'],
        /^! trigger calls\.calls_no_update/m,
      ],
      ['a table that is not strict', ['DROP TABLE parked', 'CREATE TABLE parked (id TEXT)'], /^! table parked is "not strict"/m],
    ]
  }
  return [
    ...both,
    ['a trigger that is gone', ['DROP TRIGGER calls_no_change ON calls'], /^- trigger calls\.calls_no_change$/m],
    [
      'a trigger that was switched off',
      ['ALTER TABLE calls DISABLE TRIGGER calls_no_change'],
      /^! trigger calls\.calls_no_change.*state D/m,
    ],
    [
      'a trigger that replica mode passes by',
      ['ALTER TABLE calls ENABLE TRIGGER calls_no_change'],
      /^! trigger calls\.calls_no_change.*state O/m,
    ],
    [
      'a trigger for fewer events',
      [
        'DROP TRIGGER calls_no_change ON calls',
        'CREATE TRIGGER calls_no_change BEFORE DELETE ON calls FOR EACH ROW EXECUTE FUNCTION purser_refuse_change()',
        'ALTER TABLE calls ENABLE ALWAYS TRIGGER calls_no_change',
      ],
      /^! trigger calls\.calls_no_change/m,
    ],
    [
      'a trigger function with another body',
      [
        "CREATE OR REPLACE FUNCTION purser_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
      ],
      /^! function purser_refuse_change/m,
    ],
    [
      'a trigger function whose search path is open',
      ['ALTER FUNCTION purser_seal_row() RESET search_path'],
      /^! function purser_seal_row/m,
    ],
    ['a column that may be NULL', ['ALTER TABLE parked ALTER COLUMN reason DROP NOT NULL'], /^! column parked\.reason is "text null"/m],
    ['a column without its default', ['ALTER TABLE keys ALTER COLUMN scopes DROP DEFAULT'], /^! column keys\.scopes is "text not null"/m],
    [
      'a column with another type',
      ['ALTER TABLE instances ALTER COLUMN pid TYPE integer'],
      /^! column instances\.pid is "integer not null"/m,
    ],
    [
      'a column compared by another locale',
      ['ALTER TABLE parked ALTER COLUMN reason TYPE text COLLATE "default"'],
      /^! column parked\.reason is "text default not null"/m,
    ],
    ['a check that is gone', ['ALTER TABLE rate_cards DROP CONSTRAINT rate_cards_currency'], /^- check rate_cards\.rate_cards_currency$/m],
    ['a foreign key that is gone', ['ALTER TABLE attempts DROP CONSTRAINT attempts_call_id_fkey'], /^- foreign key attempts \(call_id\)$/m],
    [
      'a foreign key with another rule',
      [
        'ALTER TABLE attempts DROP CONSTRAINT attempts_call_id_fkey',
        'ALTER TABLE attempts ADD FOREIGN KEY (call_id) REFERENCES calls (id) ON DELETE CASCADE',
      ],
      /^! foreign key attempts \(call_id\) is "calls \(id\) cascade"/m,
    ],
  ]
}

const folder = new URL('../../src/store/migrations/', import.meta.url)
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))

test('the registry is what its folder generates', () => {
  assert.equal(files.find(({ name }) => name === 'index.ts')?.text, renderRegistry(files))
})

test('the id of a migration is the name of its file', () => {
  const names = files.map(({ name }) => name.replace('.ts', '')).filter((name) => name !== 'index')
  assert.deepEqual(
    registry.map(({ id }) => id),
    names.sort(),
  )
})

test('a migration imports the schema builder alone', () => {
  for (const { name, text } of files.filter(({ name }) => name !== 'index.ts')) {
    assert.deepEqual(
      [...text.matchAll(/from '(.*)'/g)].map(([, path]) => path),
      ['../migration.ts'],
      name,
    )
  }
})

test('a number that is missing or there twice is no registry', () => {
  const named = (...names: string[]) => names.map((name) => ({ name, text: '' }))
  assert.throws(() => renderRegistry(named('0001-a.ts', '0003-c.ts')), /without gaps/)
  assert.throws(() => renderRegistry(named('0001-a.ts', '0001-b.ts')), /without gaps/)
  assert.throws(() => renderRegistry(named('1-a.ts')), /four digits/)
})

/** Every statement that a migration sends, in one word. A released one never changes, nor does what the schema builder makes of it. */
const frozen: Readonly<Record<string, Readonly<Record<Engine, string>>>> = {
  '0001-housekeeping': { sqlite: '3bd6a3666663f806', postgres: '658e39a120e23d42' },
  '0002-control': { sqlite: '7a692d48ff224d49', postgres: 'fe45a813652c7970' },
  '0003-rates': { sqlite: 'd867d4b1db7f1ff2', postgres: '9ffd733e0879c4c0' },
  '0004-ledger': { sqlite: 'fe9b12f4bc29f209', postgres: '25a0e8180b1a3b61' },
  '0005-routes': { sqlite: '591ab1726017a086', postgres: 'c73bff75cedda4ef' },
  '0006-operators': { sqlite: 'e6bf9604f312fe84', postgres: '638f054f30f969f5' },
}

test('what a migration sends to the database does not change once it is released', async () => {
  for (const { id, up: step, down } of registry) {
    for (const engine of ['sqlite', 'postgres'] as const) {
      const sent: string[] = []
      const schema = schemaOn({ engine, exec: async (sql) => void sent.push(sql) })
      await step.run(schema)
      if ('lossy' in down) await down.lossy.run(schema)
      assert.equal(createHash('sha256').update(sent.join('\n')).digest('hex').slice(0, 16), frozen[id]?.[engine], `${id} on ${engine}`)
    }
  }
})

test('no migration but the first touches the table of migrations', async () => {
  for (const { id, up: step, down } of registry.slice(1)) {
    const schema = schemaOn({ engine: 'postgres', exec: async (sql) => assert.doesNotMatch(sql, /\bmigrations\b/, id) })
    await step.run(schema)
    if ('lossy' in down) await down.lossy.run(schema)
  }
})

test('a step may not open or end a transaction', async () => {
  const schema = schemaOn({ engine: 'sqlite', exec: async () => undefined })
  for (const sql of ['BEGIN', ' commit', 'ROLLBACK TO x', 'SAVEPOINT x', 'END', 'start transaction']) {
    await assert.rejects(async () => later('0005', (inside) => inside.exec(sql)).up.run(schema), /may not open or end/)
  }
})

test('the printed schema names every table once', () => {
  for (const engine of ['sqlite', 'postgres'] as const) {
    const made = [...renderSchema(engine).matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name)
    assert.equal(new Set(made).size, made.length)
    assert.equal(made.length, 30)
  }
})
