/** The same tests on every engine: SQLite in a file, PGlite, and a real PostgreSQL where this machine has one. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext } from 'node:test'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { type Engine, type Executor, postgresExecutor, sqliteExecutor } from '../../src/store/engine.ts'
import { type PostgresConnection, postgresSource } from '../../src/store/postgres-connection.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { postgresServer, whyNoPostgres } from './postgres.ts'

export type TestDatabase = {
  readonly executor: Executor
  /** A further connection to the same database. PGlite has one session only and answers with that. */
  connect(): Promise<Executor>
  /** SQLite: the file. Postgres: a URL whose search path is this test's schema. PGlite has none. */
  readonly location: string | null
  /** SQLite and Postgres: the SQL schema's name. */
  readonly schema: string
}

export type TestEngine = {
  readonly name: 'sqlite' | 'pglite' | 'postgres'
  readonly engine: Engine
  /** An empty database of its own (a file, or a schema), gone when the test ends. */
  fresh(t: Pick<TestContext, 'after'>): Promise<TestDatabase>
}

/** Runs a suite once an engine. Without a PostgreSQL server that third is skipped, or fails where PURSER_TEST_REQUIRE says `postgres`. */
export function eachEngine(suite: (engine: TestEngine) => void): void {
  for (const engine of testEngines) {
    const missing = engine.name === 'postgres' ? whyNoPostgres() : undefined
    describe(engine.name, missing === undefined ? {} : { skip: missing }, () => suite(engine))
  }
}

/** One database for all tests of the suite in which this is called. It is there once the suite's tests run. */
export function suiteDatabase(engine: TestEngine, prepare: (database: TestDatabase) => Promise<void>): () => TestDatabase {
  const closing: (() => unknown)[] = []
  let database: TestDatabase | undefined
  before(async () => {
    database = await engine.fresh({ after: (close) => void closing.push(close as () => unknown) })
    await prepare(database)
  })
  after(async () => {
    for (const close of closing) await close()
  })
  return () => database!
}

export const sqlite: TestEngine = {
  name: 'sqlite',
  engine: 'sqlite',
  async fresh(t) {
    const folder = mkdtempSync(join(tmpdir(), 'purser-test-'))
    const location = join(folder, 'purser.db')
    const open: { close(): void }[] = []
    const connect = async () => {
      const connection = openSqlite(location)
      open.push(connection)
      return sqliteExecutor(connection)
    }
    t.after(() => {
      for (const connection of open) connection.close()
      rmSync(folder, { recursive: true })
    })
    return { executor: await connect(), connect, location, schema: 'main' }
  },
}

let instance: Promise<PGlite> | undefined
let schemas = 0
let current = ''

after(async () => (await instance)?.close())

/** The one PGlite of this process. Its session is shared, so a caller sets the search path first. */
export function sharedPglite(): Promise<PGlite> {
  instance ??= PGlite.create({ parsers: { 20: BigInt } })
  return instance
}

export const pglite: TestEngine = {
  name: 'pglite',
  engine: 'postgres',
  async fresh(t) {
    const database = await sharedPglite()
    const schema = `test_${++schemas}`
    await database.exec(`CREATE SCHEMA ${schema}`)
    t.after(() => database.exec(`DROP SCHEMA ${schema} CASCADE`))
    const executor = postgresExecutor({
      async query(sql, parameters) {
        if (current !== schema) await database.exec(`SET search_path TO ${schema}`)
        current = schema
        return database.query<Record<string, unknown>>(sql, [...parameters])
      },
    })
    return { executor, connect: async () => executor, location: null, schema }
  },
}

export const postgres: TestEngine = {
  name: 'postgres',
  engine: 'postgres',
  async fresh(t) {
    const server = await postgresServer()
    const schema = `test_${process.pid}_${++schemas}`
    const location = `${server}?options=${encodeURIComponent(`-c search_path=${schema}`)}`
    const source = postgresSource(location)
    const open: PostgresConnection[] = []
    const connect = async () => {
      const made = await source.connect()
      open.push(made)
      return postgresExecutor(made)
    }
    t.after(async () => {
      for (const made of open) await made.close().catch(() => undefined)
      const last = new pg.Client({ connectionString: server })
      await last.connect()
      await last.query(`DROP SCHEMA ${schema} CASCADE`)
      await last.end()
    })
    const executor = await connect()
    await executor.exec(`CREATE SCHEMA ${schema}`)
    return { executor, connect, location, schema }
  },
}

export const testEngines: readonly TestEngine[] = [sqlite, pglite, postgres]
