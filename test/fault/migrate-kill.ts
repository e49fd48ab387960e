/** SIGKILL at every call by which a migration changes a file, up and down, step by step and all at once: no schema may be left half made. */

import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Executor } from '../../src/store/engine.ts'
import { lockDatabase } from '../../src/store/open.ts'
import { readStanding } from '../../src/store/records.ts'
import { scriptIn } from './children.ts'
import { bring, filesOf, type State, stateOf, steps, stillClock } from './migrate-state.ts'
import { rootWith } from './plants.ts'
import { fill } from './rows.ts'
import { killAt, type Point, pointsOf, whyNoStrace } from './strace.ts'
import type { Suite } from './suites.ts'

type Way = { readonly from: string; readonly to: string; readonly rows: boolean }

const callsWhenFilled = 200

export const migrateKill: Suite = {
  summary: 'SIGKILL at every write-class system call of every migration step, up and down, on SQLite',
  options: { every: 1, lanes: 2, step: 0 },
  plants: { 'no-transaction': { every: 20 } },
  skip: whyNoStrace,
  async run({ folder, options, plant, tally, print }) {
    const child = scriptIn(rootWith(plant, folder), 'migrate-child.ts')
    const commandFor = (copy: string, to: string) => [process.execPath, child, databaseIn(copy), to]
    let points = 0
    const walked = ways(options.step!)
    for (const way of walked) {
      const name = `${way.from} → ${way.to}${way.rows ? ', with rows' : ''}`
      const base = join(folder, 'base')
      const states = await prepare(base, way)
      const counted = join(folder, 'counted')
      cpSync(base, counted, { recursive: true })
      const all = await pointsOf(filesOf(databaseIn(counted)), join(folder, 'strace.log'), commandFor(counted, way.to))
      const taken = all.filter((_, index) => index % options.every! === 0)
      print(`${name}: ${taken.length} points`)
      points += taken.length
      await inLanes(taken, options.lanes!, async (point, lane) => {
        const copy = join(folder, `lane-${lane}`)
        rmSync(copy, { recursive: true, force: true })
        cpSync(base, copy, { recursive: true })
        const died = await killAt(filesOf(databaseIn(copy)), point, commandFor(copy, way.to))
        tally.check(
          `${name}, killed at ${point.call} ${point.k}`,
          died ? await judge(copy, way, states) : ['the process did not die there'],
        )
      })
      rmSync(base, { recursive: true })
      rmSync(counted, { recursive: true })
    }
    print(`${points} points in ${walked.length} ways`)
  },
}

/** Every step by itself in both directions, then all of them in one run; each on an empty database and on one with rows. Or one step alone, by its number. */
function ways(alone: number): Way[] {
  const stations = ['none', ...steps]
  const single = steps.map((step, index) => [stations[index]!, step] as const)
  const all = alone > 0 ? single.slice(alone - 1, alone) : [...single, ['none', 'newest'] as const]
  const both = [...all, ...all.map(([from, to]) => [to, from] as const)]
  return both.flatMap(([from, to]) => (from === 'none' ? [false] : [false, true]).map((rows) => ({ from, to, rows })))
}

type States = { readonly before: State; readonly after: State; readonly allowed: ReadonlyMap<string, string> }

/** Makes the base, and learns what may be found after a kill: the beginning, the end, and on a way up each step between. */
async function prepare(folder: string, { from, to, rows }: Way): Promise<States> {
  const path = databaseIn(folder)
  await onDatabase(folder, async (executor) => {
    await bring(executor, path, from)
    if (rows) await fill(executor, (await readStanding(executor)).tables, callsWhenFilled)
  })
  const walked = `${folder}-walked`
  cpSync(folder, walked, { recursive: true })
  const found: State[] = []
  await onDatabase(walked, async (executor) => {
    found.push(await stateOf(executor))
    for (const station of from === 'none' && to === 'newest' ? steps : [to]) {
      await bring(executor, databaseIn(walked), station)
      found.push(await stateOf(executor))
    }
  })
  rmSync(walked, { recursive: true })
  return { before: found[0]!, after: found.at(-1)!, allowed: new Map(found.map(({ digest, applied }) => [digest, applied.join()])) }
}

/** What is wrong with a database whose migration was killed: as it lies there, and after the same command was run again. */
async function judge(folder: string, { to }: Way, { after, allowed }: States): Promise<string[]> {
  const problems: string[] = []
  try {
    await onDatabase(folder, async (executor) => {
      const found = await stateOf(executor)
      if (found.integrity !== 'ok') problems.push(found.integrity)
      if (allowed.get(found.digest) !== found.applied.join())
        problems.push(`half a schema: records say ${found.applied.join(', ') || 'none'}`)
      await removeBackups(folder)
      await bring(executor, databaseIn(folder), to)
      const again = await stateOf(executor)
      if (again.digest !== after.digest) problems.push('the same command again does not lead to the same place')
    })
  } catch (error) {
    problems.push(`it cannot be used any more: ${(error as Error).message}`)
  }
  return problems
}

/** A backup that a kill cut short stands in the way of one with the same name; a clock that moves gives the next another. */
async function removeBackups(folder: string): Promise<void> {
  for (const file of filesOf(databaseIn(folder))) if (file.includes('.before-') && existsSync(file)) rmSync(file)
}

async function onDatabase(folder: string, run: (executor: Executor) => Promise<void>): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const locked = await lockDatabase({ database: databaseIn(folder), clock: stillClock, instance: { name: 'fault' } })
  try {
    await run(locked.executor)
  } finally {
    await locked.release()
  }
}

function databaseIn(folder: string): string {
  return join(folder, 'purser.db')
}

async function inLanes(points: readonly Point[], lanes: number, visit: (point: Point, lane: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (lane: number) => {
    for (let point = points[next++]; point !== undefined; point = points[next++]) await visit(point, lane)
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => walk(lane)))
}
