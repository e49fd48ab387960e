/** Makes a Purser write as much as is asked of it, over every face and mostly in failure, and looks for its secrets in all of it. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createScanner, type Found, spellingsOf, type Wanted } from './scan.ts'
import { createSinks, type SinkName, type Sinks, sinkNames, takeDatabase } from './sinks.ts'
import { createWorld, kinds, type World } from './world.ts'

export type Outcome = {
  readonly bytes: Readonly<Record<SinkName, number>>
  readonly found: Readonly<Record<SinkName, readonly Found[]>>
  /** Plants that the scanner did not see. */
  readonly missed: readonly string[]
  readonly plants: number
  /** Whether the provider was shown every key: else nothing was put to the test. */
  readonly keysReached: number
}

/** How much of all that is written the log is to have at the least. */
const logShare = 0.015
const mostTurns = 500

type After = { after(run: () => unknown): void }

export async function drive(t: After, asked: { readonly bytes: number; readonly fillBytes: number }): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), 'purser-canary-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const home = join(root, 'home')
  mkdirSync(home)
  const sinks = createSinks(root)
  const world = await createWorld(t, home, sinks, asked.fillBytes)
  await provoke(world, sinks, root, asked.bytes)
  const scanner = createScanner(world.wanted)
  const found = Object.fromEntries(sinkNames.map((sink) => [sink, sinks.scan(sink, scanner)])) as Record<SinkName, readonly Found[]>
  const bytes = Object.fromEntries(sinkNames.map((sink) => [sink, sinks.bytes(sink)])) as Record<SinkName, number>
  return { bytes, found, ...plant(sinks, scanner, world.wanted), keysReached: world.keysShown().size }
}

async function provoke(world: World, sinks: Sinks, root: string, target: number): Promise<void> {
  const server = await world.serving()
  const data = join(world.place.home, 'data')
  const total = (): number => sinkNames.reduce((sum, sink) => sum + sinks.bytes(sink), 0)
  const read = async (path: string): Promise<void> => {
    const answer = await fetch(server.adminUrl + path, { headers: { authorization: `Bearer ${server.token}` } })
    sinks.write('answers', `${JSON.stringify([...answer.headers])}${await answer.text()}\n`)
  }
  const call = async (model: string, turn: number): Promise<void> => {
    const { status, headers, text } = await server.caller.ask({ model, stream: turn % 3 === 0, text: `turn ${turn}` })
    sinks.write(status < 400 ? 'answers' : 'errors', `${JSON.stringify(headers)}${text}\n`)
  }
  const paths = [
    'connections',
    'secrets',
    'audit',
    'keys',
    'providers',
    'calls?limit=200',
    'usage/totals',
    'doctor',
    'status',
    'openapi.json',
    'export',
  ]
  for (let turn = 0; turn === 0 || total() < target; turn += 1) {
    for (let round = 0; round < 8; round += 1) await Promise.all(kinds.map((kind) => call(`at-${kind}`, turn * 8 + round)))
    for (const path of paths) await read(`/api/v1/${path}`)
    for (let turned = 0; sinks.bytes('logs') < Math.min(total(), target) * logShare; turned += 1) {
      if (turned > mostTurns) throw new Error('The log says nothing of answers that break.')
      await Promise.all(kinds.flatMap((kind) => Array.from({ length: 8 }, (_, place) => call(`torn-${kind}`, turned * 8 + place))))
    }
    if (turn % 8 === 0) takeDatabase(sinks, data, root)
  }
  await commands(world)
  for (const path of paths) await read(`/api/v1/${path}`)
  takeDatabase(sinks, data, root)
  await server.stop('SIGTERM')
  takeDatabase(sinks, data, root)
}

/** What operators type, right and wrong. */
async function commands(world: World): Promise<void> {
  const { cli } = world
  const listed = JSON.parse((await cli(['secrets', 'list', '--json'])).out) as { items: { secret: string }[] }
  const sealed = listed.items.find(({ secret }) => secret.startsWith('sealed:'))!.secret
  await cli(['secrets', 'rotate', sealed, '--key-file', join(world.place.home, 'rotated')])
  await cli(['connections', 'update', 'by-sealed', '--key-env', 'CANARY_SEALED'])
  await cli(['secrets', 'rekey'])
  await cli(['doctor', 'secrets', '--json'])
  await cli(['connections', 'get', 'by-sealed', '--json'])
  await cli(['secrets', 'remove', sealed, '--yes'])
  await cli(['secrets', 'get', 'env:NOBODY'])
  await cli(['providers', 'update', 'telltale', '--base-url', 'http://127.0.0.1:9/v1', '--dry-run'])
  await cli(['connections', 'create', 'no-key', '--provider', 'telltale', '--key-stdin'])
  await cli(
    ['connections', 'create', 'by-sealed', '--provider', 'telltale', '--key-stdin'],
    world.wanted.find(({ name }) => name === 'sealed')!.value,
  )
  await cli(['export'])
  await cli(['audit', 'list', '--json'])
}

/** Puts each secret into each sink in each spelling, one at a time, and asks the scanner whether it sees it. */
function plant(sinks: Sinks, scanner: (bytes: Buffer) => readonly Found[], wanted: readonly Wanted[]): Pick<Outcome, 'missed' | 'plants'> {
  const missed: string[] = []
  let plants = 0
  for (const { name, value } of wanted) {
    const half = Math.floor(value.length / 2)
    const planted = {
      ...spellingsOf(value),
      split: `${value.slice(0, half)}"\n+ "${value.slice(half)}`,
      'base64 in a header': Buffer.from(`user:${value}`).toString('base64'),
    }
    for (const [spelling, text] of Object.entries(planted)) {
      plants += 1
      if (!scanner(Buffer.from(`before ${text} after`, 'latin1')).some(({ secret }) => secret === name))
        missed.push(`${name} as ${spelling}`)
    }
  }
  for (const sink of sinkNames) {
    plants += 1
    sinks.write(sink, ` ${wanted[0]!.value} `)
    if (sinks.scan(sink, scanner).length === 0) missed.push(`a leak into ${sink}`)
  }
  return { missed, plants }
}
