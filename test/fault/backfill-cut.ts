/**
 * The applying of a backfill on PostgreSQL, interrupted at every statement of its transaction, before the server sees it and after: the process
 * killed, and the connection cut. A process that died left the import whole or not at all; one that could connect again brings it whole, once.
 */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { postgresExecutor } from '../../src/store/engine.ts'
import { postgresSource } from '../../src/store/postgres-connection.ts'
import { startPostgres, whyNoPostgres } from '../support/postgres.ts'
import { storePlan, stateOf as wordFor } from './backfill-state.ts'
import { ended, scriptIn, startScript } from './children.ts'
import { rootWith } from './plants.ts'
import { type Cut, startProxy } from './postgres-proxy.ts'
import type { Suite } from './suites.ts'

const file = fileURLToPath(new URL('../backfill/fixtures/flat.json', import.meta.url))
/** Before it a process only reads and enrols. The first batch that is synced is the import's. */
const theBatch = /BEGIN; SET LOCAL synchronous_commit = on/

export const backfillCut: Suite = {
  summary: 'SIGKILL, and a cut connection, at every statement of applying a backfill, on PostgreSQL: all or nothing, and once',
  options: { every: 1, lanes: 2 },
  plants: { 'control-in-parts': { every: 3 } },
  skip: async () => whyNoPostgres(),
  async run({ folder, options, plant, tally, print }) {
    const child = scriptIn(rootWith(plant, folder), 'backfill-child.ts')
    const server = startPostgres()
    const admin = new pg.Pool({ connectionString: server.url, max: 1 })
    try {
      const at = (name: string) => {
        const url = new URL(server.url)
        url.pathname = `/${name}`
        return url.href
      }
      const fresh = async (name: string) => {
        await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
        await admin.query(`CREATE DATABASE ${name} TEMPLATE base`)
        return at(name)
      }
      await admin.query('CREATE DATABASE base')
      const plan = await storePlan(at('base'), readFileSync(file, 'utf8'))
      const before = await stateOf(at('base'))
      const apply = (database: string) => startScript(child, database, plan, file)
      const walked = await startProxy(await fresh('whole'), theBatch)
      const { code, err } = await ended(apply(walked.url))
      await walked.close()
      const after = await stateOf(at('whole'))
      tally.check('an import that nobody interrupts changes the database', code === 0 && before !== after ? [] : [err || 'it did not'])
      const points = pointsUpTo(walked.seen(), options.every!)
      const found = { nothing: 0, all: 0 }
      const judge = async (database: string, name: string, problems: string[]) => {
        const state = await stateOf(database)
        if (state === before) found.nothing += 1
        else if (state === after) found.all += 1
        else problems.push('half an import')
        if (state === before) {
          const { code, err } = await ended(apply(database))
          if (code !== 0) problems.push(`the same command again fails: ${err}`)
          else if ((await stateOf(database)) !== after) problems.push('the same command again does not lead to the same place')
        }
        tally.check(name, problems)
        return state
      }

      await inLanes(points, options.lanes!, async (point, lane) => {
        const database = await fresh(`lane_${lane}`)
        const cut: Cut = { ...point, act: () => void running?.kill('SIGKILL') }
        const proxy = await startProxy(database, theBatch, cut)
        const running = apply(proxy.url)
        const { signal } = await ended(running)
        await proxy.close()
        await judge(database, `killed ${point.when} statement ${point.k}`, signal === 'SIGKILL' ? [] : ['the process did not die there'])
      })
      print(`killed at ${points.length} points: ${found.nothing} left nothing, ${found.all} left all`)

      Object.assign(found, { nothing: 0, all: 0 })
      await inLanes(points, options.lanes!, async (point, lane) => {
        const database = await fresh(`lane_${lane}`)
        const proxy = await startProxy(database, theBatch, point)
        const { code, err } = await ended(apply(proxy.url))
        const problems = [...(proxy.cut() ? [] : ['nothing was cut']), ...(code === 0 ? [] : [`it gave up: ${err}`])]
        await proxy.close()
        const name = `cut ${point.when} statement ${point.k} of the batch`
        if ((await judge(database, name, problems)) !== after) tally.check(name, ['the import is not whole'])
      })
      print(`cut at ${points.length} points: ${found.nothing} left nothing, ${found.all} left all`)
    } finally {
      await admin.end()
      server.stop()
    }
  },
}

type Point = Pick<Cut, 'k' | 'when'>

function pointsUpTo(statements: number, every: number): readonly Point[] {
  const all = Array.from({ length: statements }, (_, index) =>
    (['before', 'after'] as const).map((when): Point => ({ k: index + 1, when })),
  ).flat()
  return all.filter((_, index) => index % every === 0)
}

/** The server may still be at work for a process that is gone. */
async function stateOf(url: string): Promise<string> {
  const connection = await postgresSource(url).connect()
  try {
    const others =
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    while ((await connection.query(others)).rows.length > 0);
    return await wordFor(postgresExecutor(connection))
  } finally {
    await connection.close()
  }
}

async function inLanes(points: readonly Point[], lanes: number, visit: (point: Point, lane: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (lane: number) => {
    for (let point = points[next++]; point !== undefined; point = points[next++]) await visit(point, lane)
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => walk(lane)))
}
