/** What runs in a mount namespace of its own: a server on a tiny disk that fills up, or on one that cannot be written. Prints its findings as JSON. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type Answer, askOnce, shapeProblems } from './asking.ts'
import { brokenRules } from './books.ts'
import { type Ended, ended, repository } from './children.ts'
import { diceOf } from './random.ts'
import { freePorts, purser, type ServerPlace, startServer, tryToStart } from './server.ts'

const storageFailed = 74

export type Finding = { readonly name: string; readonly problems: readonly string[] }

const [scenario, folder] = process.argv.slice(2) as [string, string]
const place: ServerPlace = { root: repository, home: join(folder, 'home'), ports: await freePorts(diceOf(process.pid)) }
const data = join(place.home, 'data')
const database = join(data, 'purser.db')
const findings: Finding[] = []
const found = (name: string, ...problems: readonly string[]): void => void findings.push({ name, problems })

const scenarios: Readonly<Record<string, () => Promise<void>>> = {
  'full-disk': fillUp,
  'full-start': startWithoutRoom,
  'read-only': readOnly,
}
mkdirSync(data, { recursive: true })
await scenarios[scenario]!()
process.stdout.write(JSON.stringify(findings))

/** Fills the disk under a running server, gives the room back, kills it, and reads its books. */
async function fillUp(): Promise<void> {
  mount(data, 'size=24m')
  const server = await startServer(place)
  const key = readFileSync(join(place.home, 'config/first-key'), 'utf8').trim()
  const answers: Answer[] = []
  const ask = async (times: number): Promise<readonly Answer[]> => {
    const these = await Promise.all(Array.from({ length: times }, (_, index) => askOnce(server.inferenceUrl, key, index)))
    answers.push(...these)
    return these
  }
  found('with room every call is answered', ...notAnswered(await ask(20)))

  takeAllRoom(join(data, 'ballast'), 96 * 1024)
  let refusedInARow = 0
  for (let round = 0; round < 200 && refusedInARow < 5; round += 1) {
    const these = await ask(8)
    const odd = these.filter(({ status }) => status !== 200 && status !== 503 && status !== 'cut')
    if (odd.length > 0)
      found('a call on a full disk is answered, refused with 503, or cut', `got ${odd.map(({ status }) => status).join(', ')}`)
    refusedInARow = these.every(({ status }) => status === 503) ? refusedInARow + 1 : 0
  }
  found('on a full disk every call is refused with 503', ...(refusedInARow === 5 ? [] : ['calls went on being answered, or cut']))
  found(
    'a refusal has the shape of its contract and says what to do',
    ...answers.filter(({ status }) => status === 503).flatMap(shapeProblems),
  )
  found('the server lives', ...((await fetch(`${server.adminUrl}/healthz`)).status === 200 ? [] : ['/healthz does not answer 200']))

  rmSync(join(data, 'ballast'))
  let again: readonly Answer[] = []
  for (let round = 0; round < 100 && !again.every(({ status }) => status === 200 && again.length > 0); round += 1) {
    if (round > 0) await pause(100)
    again = await ask(4)
  }
  found('with room again calls are answered by themselves', ...notAnswered(again), ...notAnswered(await ask(20)))

  await server.stop('SIGKILL')
  const connection = openSqlite(database, { readonly: true })
  const settlement = connection.prepare(
    "SELECT 1 AS one FROM settlements WHERE attempt_id = ? AND outcome = 'succeeded' AND charged_pico > 0",
  )
  const lost = answers.filter(({ status, callId }) => status === 200 && settlement.all([`${callId}.1`]).length !== 1)
  found('every full answer is in the books', ...(lost.length === 0 ? [] : [`${lost.length} are not, such as ${lost[0]?.callId}`]))
  const count = (status: Answer['status']) => answers.filter((answer) => answer.status === status).length
  found('nothing is half written', ...brokenRules(connection), ...integrityProblems(connection.all('PRAGMA integrity_check(1)')))
  connection.close()
  process.stderr.write(`${count(200)} answered, ${count(503)} refused, ${count('cut')} cut\n`)
  await startsWell('it starts again')
}

/** A first start on disks too small for it, each then made large enough. */
async function startWithoutRoom(): Promise<void> {
  for (const kilobytes of [16, 64, 128, 192, 256, 320, 384, 512, 640, 768, 1_024]) {
    rmSync(place.home, { recursive: true, force: true })
    mkdirSync(data, { recursive: true })
    mount(data, `size=${kilobytes}k`)
    found(`a first start on ${kilobytes} KiB ends well or with ${storageFailed}`, ...(await refusedStart(true)))
    mount(data, 'remount,size=24m')
    await startsWell(`it starts once ${kilobytes} KiB have become enough`)
    run('umount', data)
  }
}

async function readOnly(): Promise<void> {
  mount(place.home, 'size=24m')
  await startsWell('a first start')
  mount(place.home, 'remount,ro')
  found('a start on a read-only home ends with the exit code for storage', ...(await refusedStart(false)))
  const listing = await ended(purser(place, ['calls', 'list']))
  found('a command that reads works, or says why not', ...(listing.code === 0 ? [] : refusalProblems(listing)))
  mount(place.home, 'remount,rw')
  await startsWell('writable again, it starts')
  run('umount', place.home)
  mount(place.home, 'size=1m,ro')
  found('a first start on a read-only home ends with the exit code for storage', ...(await refusedStart(false)))
}

/** Starts, serves a call, stops in peace; the doctor finds nothing. */
async function startsWell(name: string): Promise<void> {
  try {
    const server = await startServer(place)
    const key = readFileSync(join(place.home, 'config/first-key'), 'utf8').trim()
    const answer = await askOnce(server.inferenceUrl, key, 0)
    const { code } = await server.stop('SIGTERM')
    const doctor = await ended(purser(place, ['doctor', '--json']))
    found(
      name,
      ...(answer.status === 200 ? [] : [`a call is answered ${answer.status}`]),
      ...(code === 0 ? [] : [`it ends with ${code}`]),
      ...(doctor.code === 0 ? [] : [`the doctor ends with ${doctor.code}: ${doctor.out}`]),
    )
  } catch (error) {
    found(name, (error as Error).message)
  }
}

/** What is wrong with how a start was refused. One that succeeds is stopped, and is wrong only where it had to be refused. */
async function refusedStart(mayStart: boolean): Promise<string[]> {
  const started = await tryToStart(place)
  if (!('stop' in started)) return refusalProblems(started)
  await started.stop('SIGTERM')
  return mayStart ? [] : ['it started']
}

/** At most three lines for a person, and the exit code for storage. */
function refusalProblems({ code, err }: Ended): string[] {
  const lines = err.trim().split('\n')
  return [
    ...(code === storageFailed ? [] : [`it ended with ${code}: ${err}`]),
    ...(lines.length <= 3 && err.trim() !== '' ? [] : [`it said ${lines.length} lines: ${err}`]),
    ...(/\n\s+at /.test(err) ? ['it printed a stack'] : []),
  ]
}

function notAnswered(answers: readonly Answer[]): string[] {
  const others = answers.filter(({ status }) => status !== 200)
  return others.length === 0 ? [] : [`${others.length} of ${answers.length} were not answered, but ${others[0]?.status} ${others[0]?.body}`]
}

function integrityProblems(rows: readonly Record<string, unknown>[]): string[] {
  return rows[0]?.integrity_check === 'ok' ? [] : [String(rows[0]?.integrity_check)]
}

/** Leaves about so many bytes. */
function takeAllRoom(ballast: string, leave: number): void {
  writeFileSync(ballast, '')
  const piece = Buffer.alloc(16 * 1024)
  for (;;) {
    try {
      writeFileSync(ballast, piece, { flag: 'a' })
    } catch {
      break
    }
  }
  truncateSync(ballast, Math.max(0, statSync(ballast).size - leave))
}

function mount(target: string, options: string): void {
  run(
    'mount',
    ...(options.startsWith('remount') ? [] : ['-t', 'tmpfs']),
    '-o',
    options,
    ...(options.startsWith('remount') ? [] : ['none']),
    target,
  )
}

function run(command: string, ...parameters: string[]): void {
  const { status, stderr } = spawnSync(command, parameters, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${parameters.join(' ')}: ${stderr}`)
}
