/** Power cuts at thousands of moments of one recorded run of the writer: whatever the disk may then show, nothing acknowledged is missing. */

import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { lockDatabase } from '../../src/store/open.ts'
import { canRun, run, scriptIn } from './children.ts'
import { createDisk } from './disk.ts'
import { type Entry, readJournal } from './journal.ts'
import { bring, stillClock } from './migrate-state.ts'
import { rootWith } from './plants.ts'
import type { Question, Told } from './power-check.ts'
import { type Dice, diceOf } from './random.ts'
import type { Given, Suite } from './suites.ts'

const compiler = 'cc'

export const powerCut: Suite = {
  summary: 'a power cut at thousands of moments of a recorded run of the writer, the disk torn by sectors',
  options: { images: 2_000, calls: 3_000, seed: 1 },
  plants: { 'synchronous-off': { images: 100 }, 'settlements-normal': { images: 100 }, 'no-tick': { images: 100 } },
  async skip() {
    if (process.platform !== 'linux') return 'the shim that records a process is for Linux'
    return (await canRun(compiler, '--version')) ? undefined : 'there is no C compiler to build the shim with'
  },
  async run(given) {
    const { options, print } = given
    const { base, journal, settled } = await record(given)
    const acks = journal.flatMap((entry) =>
      entry.kind === 'write' && basename(entry.path) === 'acks' ? [entry.bytes.toString().trim()] : [],
    )
    const logged = journal.filter((entry) => entry.kind === 'write' && entry.path.endsWith('-wal')).length
    const copied = journal.filter((entry) => entry.kind === 'write' && entry.path.endsWith('.db')).length
    const syncs = journal.filter(({ kind }) => kind === 'sync').length
    print(
      `recorded ${journal.length} operations: ${logged} writes to the log, ${copied} to the database, ${syncs} syncs; ${acks.length} acknowledgements`,
    )
    if (acks.length !== 2 * options.calls!) throw new Error('The recording is not whole: each call has two acknowledgements.')
    const dice = diceOf(options.seed!)
    await tryImages(given, base, journal, { acks, settled }, cutsIn(journal, options.images!, dice), dice)
  },
}

type Recording = { readonly base: ReadonlyMap<string, Buffer>; readonly journal: readonly Entry[]; readonly settled: readonly number[] }

/** One run under the shim, on a database that was migrated and closed before. */
async function record({ folder, options, plant }: Given): Promise<Recording> {
  const root = rootWith(plant, folder)
  const shim = join(folder, 'shim.so')
  const built = await run(compiler, ['-shared', '-fPIC', '-O2', '-Wall', '-o', shim, scriptIn(root, 'shim.c'), '-ldl', '-pthread'])
  if (built.code !== 0) throw new Error(`The shim does not compile: ${built.err}`)
  const data = join(folder, 'data')
  mkdirSync(data)
  const path = join(data, 'purser.db')
  const locked = await lockDatabase({ database: path, clock: stillClock, instance: { name: 'fault' } })
  await bring(locked.executor, path, 'newest')
  await locked.release()
  const base = new Map(readdirSync(data).map((name): [string, Buffer] => [join(data, name), readFileSync(join(data, name))]))
  const recorded = join(folder, 'journal')
  const environment = { ...process.env, LD_PRELOAD: shim, PURSER_FAULT_FOLDER: data, PURSER_FAULT_JOURNAL: recorded }
  const load = await run(process.execPath, [scriptIn(root, 'power-load.ts'), data, String(options.calls)], environment)
  if (load.code !== 0) throw new Error(`The recorded run has failed: ${load.err}`)
  return { base, journal: readJournal(recorded), settled: JSON.parse(load.out) as number[] }
}

/** Half of the cuts fall right behind an acknowledgement, where there is the most to lose. In order; a number is that of operations done. */
function cutsIn(journal: readonly Entry[], images: number, dice: Dice): number[] {
  const behindAcks = journal.flatMap((entry, index) => (entry.kind === 'write' && basename(entry.path) === 'acks' ? [index + 1] : []))
  const cuts = Array.from({ length: images }, (_, index) =>
    index % 2 === 0 ? behindAcks[dice.below(behindAcks.length)]! : 1 + dice.below(journal.length),
  )
  return cuts.sort((one, other) => one - other)
}

async function tryImages(
  { folder, tally, print }: Given,
  base: ReadonlyMap<string, Buffer>,
  journal: readonly Entry[],
  told: Told,
  cuts: readonly number[],
  dice: Dice,
): Promise<void> {
  // In memory where there is such a folder: nobody cuts the power of the images themselves.
  const images = existsSync('/dev/shm') ? join('/dev/shm', basename(folder)) : join(folder, 'images')
  const checker = fork(join(import.meta.dirname, 'power-check.ts'))
  const disk = createDisk(base)
  let done = 0
  let acknowledged = 0
  let torn = 0
  try {
    checker.send(told)
    for (const cut of cuts) {
      for (; done < cut; done += 1) {
        const entry = journal[done]!
        if (entry.kind === 'write' && basename(entry.path) === 'acks') acknowledged += 1
        else if (isOfDatabase(entry)) disk.apply(entry)
      }
      mkdirSync(images, { recursive: true })
      const left = [...disk.image(dice)].filter(([path]) => !path.endsWith('-shm'))
      for (const [path, bytes] of left) writeFileSync(join(images, basename(path)), bytes)
      if (disk.unsynced() > 0) torn += 1
      const problems = await ask(checker, { path: join(images, 'purser.db'), acknowledged })
      tally.check(`cut after operation ${cut} of ${journal.length}, ${acknowledged} acknowledged`, problems)
      rmSync(images, { recursive: true })
    }
  } finally {
    checker.disconnect()
    rmSync(images, { recursive: true, force: true })
  }
  print(`${cuts.length} images, ${torn} of them with writes that no sync had covered`)
}

function isOfDatabase(entry: Entry): boolean {
  return entry.kind === 'syncFolder' || /\.db(-wal|-journal)?$/.test(entry.path)
}

function ask(checker: ChildProcess, question: Question): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error('The process that opens the images has died.'))
    checker.once('exit', died)
    checker.once('message', (problems) => {
      checker.off('exit', died)
      resolve(problems as string[])
    })
    checker.send(question)
  })
}
