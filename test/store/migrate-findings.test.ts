import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PurserError } from '../../src/core/errors.ts'
import { migrate } from '../../src/store/migrate.ts'
import { registry } from '../../src/store/migrations/index.ts'
import { readStanding } from '../../src/store/records.ts'
import type { Registered } from '../../src/store/registry.ts'
import { advise, type Finding, refusal, validate } from '../../src/store/validate.ts'
import { eachEngine, type TestDatabase } from '../support/engines.ts'
import { base, createExtra, downTo, dropExtra, ids, later, up } from './migrating.ts'

const last = ids.at(-1)!
const backupTaken = 'dump'

type Case = {
  readonly says: string
  /** Brings a fresh database into the state. */
  readonly make: (database: TestDatabase) => Promise<unknown>
  readonly type: Finding['type']
  readonly command: string | null
  /** What the command does, where a release of this code can do it. The finding that is left. */
  readonly obey?: (database: TestDatabase) => Promise<unknown>
  readonly leaves?: Finding['type']
}

const bigger = [...registry, later('8001', createExtra, { down: { lossless: { kind: 'atomic', run: dropExtra } } })]
const destructive = [
  ...registry,
  later('8001', createExtra, { effect: 'destructive', down: { lossless: { kind: 'atomic', run: dropExtra } } }),
]
const branch = [
  ...registry.slice(0, 3),
  later('0004', createExtra, { down: { lossless: { kind: 'atomic', run: dropExtra } } }),
  later('8001', async () => undefined),
]
const broken = (why: string): readonly Registered[] => [...registry, later('8001', () => Promise.reject(new Error(why)))]

const sql = (text: string) => (database: TestDatabase) => database.executor.exec(text)

const cases: readonly Case[] = [
  {
    says: 'an empty database is pending',
    make: async () => undefined,
    type: 'pending',
    command: 'purser migrate',
    obey: ({ executor }) => up(executor),
    leaves: 'clean',
  },
  {
    says: 'a shorter prefix is pending',
    make: async (database) => {
      await up(database.executor)
      await downTo(database, ids[1]!)
    },
    type: 'pending',
    command: 'purser migrate',
    obey: ({ executor }) => up(executor),
    leaves: 'clean',
  },
  { says: 'all migrations and nothing else is clean', make: ({ executor }) => up(executor), type: 'clean', command: null },
  {
    says: 'a later release that only added is compatible',
    make: ({ executor }) => up(executor, { registry: bigger, release: '0.2.0' }),
    type: 'newer_compatible',
    command: null,
    obey: (database) => downTo(database, last, { registry: bigger }),
    leaves: 'clean',
  },
  {
    says: 'a later release that took something away is newer',
    make: ({ executor }) => up(executor, { registry: destructive, release: '0.2.0', backupTaken }),
    type: 'newer',
    command: `npx purser@0.2.0 migrate to ${last}`,
    obey: (database) => downTo(database, last, { registry: destructive }),
    leaves: 'clean',
  },
  {
    says: 'a migration of another branch is a branch',
    make: ({ executor }) => up(executor, { registry: branch, release: '0.0.9', to: '0004-later' }),
    type: 'branch',
    command: `npx purser@0.0.9 migrate to ${ids[2]}`,
    obey: (database) => downTo(database, ids[2]!, { registry: branch }),
    leaves: 'pending',
  },
  {
    says: 'a hole is a branch',
    make: async ({ executor }) => {
      await up(executor)
      await executor.exec(`DELETE FROM migrations WHERE id = '${ids[1]}'`)
    },
    type: 'branch',
    command: `npx purser@0.1.0 migrate to ${ids[0]}`,
  },
  {
    says: 'a checksum that differs is an edited migration',
    make: async ({ executor }) => {
      await up(executor)
      await executor.exec(`UPDATE migrations SET checksum = 'other' WHERE id = '${ids[2]}'`)
    },
    type: 'edited',
    command: `purser migrate to ${ids[1]}`,
    obey: (database) => downTo(database, ids[1]!),
    leaves: 'pending',
  },
  {
    says: 'a first migration that was edited leads down to none',
    make: async ({ executor }) => {
      await up(executor)
      await executor.exec(`UPDATE migrations SET checksum = 'other' WHERE id = '${ids[0]}'`)
    },
    type: 'edited',
    command: 'purser migrate to none',
    obey: (database) => downTo(database, 'none'),
    leaves: 'pending',
  },
  {
    says: 'a schema changed by hand is drift',
    make: async ({ executor }) => {
      await up(executor)
      await executor.exec('DROP INDEX keys_name')
    },
    type: 'drift',
    command: 'purser doctor schema',
    obey: sql('CREATE UNIQUE INDEX keys_name ON keys (tenant_id, name) WHERE revoked_at IS NULL'),
    leaves: 'clean',
  },
  {
    says: 'an unknown state is drift',
    make: async ({ executor }) => {
      await up(executor)
      await executor.exec(`UPDATE migrations SET state = 'started' WHERE id = '${last}'`)
    },
    type: 'drift',
    command: 'purser doctor schema',
  },
  {
    says: 'tables of someone else are foreign',
    make: sql('CREATE TABLE litellm_spend (id TEXT)'),
    type: 'foreign',
    command: 'purser serve --database <new file or schema>',
  },
  {
    says: 'a step that threw is failed',
    make: ({ executor }) => assert.rejects(up(executor, { registry: broken('no room') })),
    type: 'failed',
    command: 'purser migrate --only 8001-later --debug',
    obey: ({ executor }) => up(executor, { registry: bigger, only: '8001-later' }),
    leaves: 'clean',
  },
]

eachEngine((engine) => {
  for (const { says, make, type, command, obey, leaves } of cases) {
    test(`${says}, and its command is ${command ?? 'none'}`, async (t) => {
      const database = await engine.fresh(t)
      await make(database)
      const known = type === 'failed' ? bigger : registry
      const finding = await validate(database.executor, known)
      assert.equal(finding.type, type)
      assert.equal(advise(finding).command, command)
      if (obey === undefined) return
      await obey(database)
      assert.equal((await validate(database.executor, type === 'failed' ? bigger : registry)).type, leaves)
    })
  }

  for (const { says, make, type } of cases.filter(({ type }) => ['newer', 'branch', 'drift', 'foreign', 'edited'].includes(type))) {
    test(`migrating up is refused where ${says}, and nothing is changed`, async (t) => {
      const database = await engine.fresh(t)
      await make(database)
      const before = await readStanding(database.executor)
      await assert.rejects(
        migrate(database.executor, base),
        (error: PurserError) => error.code === `schema_${type}` && error.hint === advise(refusalSource(type, before)).command,
      )
      assert.deepEqual(await readStanding(database.executor), before)
    })
  }

  test('a later release that only added leaves nothing to do, and is not undone by this one', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor, { registry: bigger, release: '0.2.0' })
    assert.deepEqual((await up(database.executor)).ids, [])
    for (const target of [last, 'none'])
      await assert.rejects(downTo(database, target), { code: 'schema_newer', hint: `npx purser@0.2.0 migrate to ${last}` })
    assert.equal((await validate(database.executor)).type, 'newer_compatible')
  })

  test('what an operator added is listed and not refused', async (t) => {
    const database = await engine.fresh(t)
    await up(database.executor)
    await database.executor.exec('CREATE INDEX mine ON calls (tenant_id)')
    assert.deepEqual(await validate(database.executor), { type: 'clean', additional: ['index calls.mine'] })
  })
})

/** The finding is compared by its command alone: the drift of a schema is not in its records. */
function refusalSource(type: Finding['type'], standing: Awaited<ReturnType<typeof readStanding>>): Finding {
  if (type === 'drift') return { type, problems: [''] }
  if (type === 'foreign') return { type, tables: standing.tables }
  const applied = standing.records
  const place = applied.findIndex(({ id, checksum }, index) => id !== registry[index]?.id || checksum !== registry[index]?.checksum)
  const { id, release } = applied[place]!
  const target = ids[place - 1] ?? 'none'
  return type === 'edited' ? { type, id, target } : { type: type as 'newer' | 'branch', id, release, target }
}

test('a refusal carries the finding as its code and the command as its hint', () => {
  const error = refusal({ type: 'edited', id: '0002-control', target: '0001-housekeeping' })
  assert.equal(error.kind, 'conflict')
  assert.equal(error.code, 'schema_edited')
  assert.equal(error.hint, 'purser migrate to 0001-housekeeping')
})
