/** SIGKILL at every call by which the applying of a backfill changes a file: afterwards the import stands whole, or nothing of it does. */

import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lockDatabase } from '../../src/store/open.ts'
import { applyPlan, stateOf, storePlan } from './backfill-state.ts'
import { scriptIn } from './children.ts'
import { stillClock } from './migrate-state.ts'
import { rootWith } from './plants.ts'
import { killAt, type Point, pointsOf, whyNoStrace } from './strace.ts'
import type { Suite } from './suites.ts'

const file = fileURLToPath(new URL('../backfill/fixtures/flat.json', import.meta.url))

export const backfillKill: Suite = {
  summary: 'SIGKILL at every write-class system call of applying a backfill, on SQLite: all or nothing',
  options: { every: 1, lanes: 2 },
  plants: { 'control-in-parts': { every: 1 } },
  skip: whyNoStrace,
  async run({ folder, options, plant, tally, print }) {
    const child = scriptIn(rootWith(plant, folder), 'backfill-child.ts')
    const base = join(folder, 'base')
    mkdirSync(base)
    const config = readFileSync(file, 'utf8')
    const plan = await storePlan(databaseIn(base), config)
    const commandFor = (copy: string) => [process.execPath, child, databaseIn(copy), plan, file]
    const before = await stateIn(base)
    const walked = join(folder, 'walked')
    cpSync(base, walked, { recursive: true })
    const all = await pointsOf(filesOf(databaseIn(walked)), join(folder, 'strace.log'), commandFor(walked))
    const after = await stateIn(walked)
    tally.check('an import that nobody interrupts changes the database', before === after ? ['nothing changed'] : [])
    const taken = all.filter((_, index) => index % options.every! === 0)
    const found = { nothing: 0, all: 0 }
    await inLanes(taken, options.lanes!, async (point, lane) => {
      const copy = join(folder, `lane-${lane}`)
      rmSync(copy, { recursive: true, force: true })
      cpSync(base, copy, { recursive: true })
      const died = await killAt(filesOf(databaseIn(copy)), point, commandFor(copy))
      const state = await stateIn(copy)
      if (state === before) found.nothing += 1
      if (state === after) found.all += 1
      const problems = died ? [] : ['the process did not die there']
      if (state !== before && state !== after) problems.push('half an import')
      if (state === before) {
        await applyPlan(databaseIn(copy), plan, config)
        if ((await stateIn(copy)) !== after) problems.push('the same command again does not lead to the same place')
      }
      tally.check(`killed at ${point.call} ${point.k}`, problems)
    })
    print(`${taken.length} points: ${found.nothing} left nothing, ${found.all} left all`)
  },
}

function databaseIn(folder: string): string {
  return join(folder, 'purser.db')
}

function filesOf(path: string): string[] {
  return [path, `${path}-lock`].flatMap((each) => [each, `${each}-wal`, `${each}-shm`, `${each}-journal`])
}

async function stateIn(folder: string): Promise<string> {
  const locked = await lockDatabase({ database: databaseIn(folder), clock: stillClock, instance: { name: 'fault' } })
  try {
    return await stateOf(locked.executor)
  } finally {
    await locked.release()
  }
}

async function inLanes(points: readonly Point[], lanes: number, visit: (point: Point, lane: number) => Promise<void>): Promise<void> {
  let next = 0
  const walk = async (lane: number) => {
    for (let point = points[next++]; point !== undefined; point = points[next++]) await visit(point, lane)
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => walk(lane)))
}
