/** Compares Purser with nginx, with no gateway at all and with peers, side by side in one run. `npm run bench -- --help` lists the flags. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build, installed } from './build.ts'
import { type Disk, diskUnder } from './disk.ts'
import type { Place } from './gateway.ts'
import { knownGateways, prepareGateway, usualGateways } from './gateways.ts'
import { completed, type Lifetime, residentMb } from './lifetime.ts'
import { type Bench, faultOf, measure, type Subject } from './load.ts'
import { benchCore, freePort, gatewayCore, launchAndWait, stopAll } from './processes.ts'
import { report } from './report.ts'
import { measureRow, type RowResult } from './rounds.ts'
import { plainRow, rows } from './rows.ts'

const usage = `Usage: npm run bench -- [flags]

  --quick              one short round a row, however busy the machine is: shows that all works, gives no figures to quote
  --rows a,b           only these rows: ${rows.map((row) => row.id).join(', ')}
  --gateways a,b       only these of ${usualGateways.join(', ')}
  --peer NAME          also this peer, installed at run time: portkey
  --rounds N           quiet rounds wanted for each row (5)
  --seconds N          length of a measured window (5)
  --noise N            cores that other processes may take before a round is dropped (0.12)
  --help               this text`

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rows: { type: 'string' },
    gateways: { type: 'string', default: usualGateways.join(',') },
    peer: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    noise: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const usual = flags.quick
  ? { rounds: 1, seconds: 1.5, noise: 2, warmCalls: 500, starts: 1 }
  : { rounds: 5, seconds: 5, noise: 0.12, warmCalls: 30_000, starts: 5 }
const seconds = Number(flags.seconds ?? usual.seconds)
const rounds = Number(flags.rounds ?? usual.rounds)
const noise = Number(flags.noise ?? usual.noise)
const gatewayNames = [...flags.gateways.split(','), ...flags.peer]
const rowNames = flags.rows?.split(',') ?? rows.map((row) => row.id)

const note = (sentence: string) => console.error(sentence)
const mistake = mistakeInFlags()
const obstacle = obstacleHere()
if (flags.help) console.log(usage)
else if (mistake) {
  note(mistake)
  process.exitCode = 64
} else if (obstacle) note(`The benchmarks are skipped: ${obstacle}`)
else await compare()

function mistakeInFlags(): string | undefined {
  const gateway = gatewayNames.find((name) => !knownGateways.includes(name))
  if (gateway) return `No gateway is named ${gateway}. Known: ${knownGateways.join(', ')}`
  const row = rowNames.find((name) => rows.every((each) => each.id !== name))
  if (row) return `No row is named ${row}. Known: ${rows.map((each) => each.id).join(', ')}`
  if (!(seconds > 0 && rounds > 0 && noise >= 0)) return '--seconds and --rounds must be above 0, and --noise at least 0.'
  return undefined
}

function obstacleHere(): string | undefined {
  if (process.platform !== 'linux') return 'they read /proc and pin with taskset, so they need Linux.'
  if (availableParallelism() < 2) return 'they need two cores, one for the gateway and one for what surrounds it.'
  if (!installed('cc', '--version')) return 'the generator and the upstream are C, and there is no cc here.'
  if (!installed('taskset', '--version')) return 'there is no taskset here (package util-linux).'
  return undefined
}

async function compare(): Promise<void> {
  const directory = mkdtempSync(`${tmpdir()}/purser-bench-`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopAll().then(() => process.exit(130)))
  execFileSync('taskset', ['-a', '-c', '-p', benchCore, `${process.pid}`], { stdio: 'ignore' })
  try {
    const disk = diskUnder(directory)
    if (disk.isMemory) note(`${directory} is in memory, where a sync costs nothing: set TMPDIR to a place on a disk.`)
    const tools = build()
    const port = await freePort(21_800)
    const upstream = await launchAndWait({ command: [tools.upstream, `${port}`], port }, benchCore, `${directory}/upstream.log`)
    const subjects = await startAll({ directory, upstreamPort: port })
    const { results, lifetimes } = await measureAll({ load: tools.load, upstream, directory }, subjects)
    const names = subjects.map((subject) => subject.gateway.name)
    console.log(`${report(results, lifetimes, names)}\n${stated(disk)}`)
    keep({ machine: machine(), disk, results, lifetimes })
  } finally {
    await stopAll()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Starts what can be started. A gateway that fails leaves the others comparable, and the run ends with code 1. */
async function startAll(place: Place): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (const name of gatewayNames) {
    try {
      const gateway = await prepareGateway(name, place)
      if (typeof gateway === 'string') note(`${name} is left out: ${gateway}`)
      else {
        const log = `${place.directory}/${name}.log`
        // The second start is the one that counts: the first compiles what the others find compiled, and keeps the compiler's memory.
        if (gateway.program?.environment) await (await launchAndWait(gateway.program, gatewayCore, log)).stop()
        subjects.push({ gateway, process: gateway.program && (await launchAndWait(gateway.program, gatewayCore, log)) })
      }
    } catch (error) {
      note(`${name} does not start: ${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  }
  return subjects
}

type Measured = { readonly results: RowResult[]; readonly lifetimes: Readonly<Record<string, Lifetime>> }

async function measureAll(bench: Bench, subjects: readonly Subject[]): Promise<Measured> {
  await pause(1_000)
  const lifetimes: Record<string, Lifetime> = {}
  for (const subject of subjects) if (subject.process) lifetimes[subject.gateway.name] = { restMb: residentMb(subject) }
  for (const subject of subjects) {
    const sample = await measure(bench, subject, plainRow, { warmSeconds: 0, seconds: 60, calls: usual.warmCalls })
    const fault = faultOf(sample)
    if (fault) note(`Warming up ${subject.gateway.name}: ${fault}`)
  }
  const results: RowResult[] = []
  for (const row of rows.filter((each) => rowNames.includes(each.id))) {
    note(`${row.title} …`)
    // A paced stream lasts a second: the window opens once as many end as begin.
    const warmSeconds = row.kind === 'stream' ? 1.5 : 0.5
    results.push(await measureRow(bench, subjects, row, { rounds, noise, length: { warmSeconds, seconds } }))
  }
  for (const subject of subjects) {
    const { name } = subject.gateway
    if (lifetimes[name]) lifetimes[name] = await completed(lifetimes[name], bench, subject, usual.starts)
  }
  return { results, lifetimes }
}

function machine(): Record<string, string | number> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    at: new Date().toISOString(),
  }
}

function stated(disk: Disk): string {
  const { processor, cores, kernel, node } = machine()
  return `Gateway on core ${gatewayCore}, generator and upstream on core ${benchCore}: figures of one core, not of a machine. ${processor}, ${cores} cores, Linux ${kernel}, Node ${node}. One write synced to ${disk.isMemory ? 'memory' : 'disk'}: ${disk.syncMs.toFixed(2)} ms.`
}

function keep(everything: object): void {
  const folder = fileURLToPath(new URL('results', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const file = `${folder}/${new Date().toISOString().replaceAll(':', '-')}.json`
  writeFileSync(file, `${JSON.stringify(everything, null, 1)}\n`)
  note(`Every sample is in ${file}`)
}
