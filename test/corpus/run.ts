/** Recorded exchanges through Purser: relayed to their own contract, put into the words of every other, and their usage beside another reader's. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { prepareHome, startOn } from '../support/home.ts'
import { type Answer, ask } from './client.ts'
import { type CrossTally, crossRun } from './cross.ts'
import { compareWithOracle } from './oracle.ts'
import { expectedAnswer, expectedRequest, type Recording, readRecordings, requestOf } from './recording.ts'

type Replay = {
  readonly url: string
  readonly requests: { body: unknown; match?: { by: string; id?: string } }[]
  close(): Promise<void>
}

type Tally = { passed: number; refused: Map<string, number>; failed: string[] }

const contracts = { 'openai-chat': '/chat/completions', 'anthropic-messages': '/v1/messages' } as const
type Contract = keyof typeof contracts

const corpus = resolve(process.argv[2] ?? process.env.PURSER_CORPUS ?? '')
if (!process.argv[2] && !process.env.PURSER_CORPUS) {
  process.stderr.write('Name the folder of recordings: npm run corpus -- <path>\n')
  process.exit(2)
}

const recordings = Object.keys(contracts).flatMap((contract) => readRecordings(corpus, contract))
const { startReplay } = (await import(pathToFileURL(join(dirname(corpus), 'replay-upstream', 'server.mjs')).href)) as {
  startReplay(options: object): Promise<Replay>
}
const replay = await startReplay({ corpus })
const root = mkdtempSync(join(tmpdir(), 'purser-corpus-'))

try {
  const upstreams = new Map(recordings.map((recording) => [providerName(recording), recording]))
  const { callKey } = await prepareHome(root, {
    providers: [...upstreams].map(([name, recording]) => ({
      name,
      contract: recording.contract,
      baseUrl: `${replay.url}/${recording.provider}${recording.request.path.slice(0, -contracts[recording.contract as Contract].length)}`,
      network: 'loopback' as const,
      models: [],
    })),
  })
  const server = await startOn(root)
  try {
    for (const contract of Object.keys(contracts)) {
      const tally: Tally = { passed: 0, refused: new Map(), failed: [] }
      for (const recording of recordings.filter((one) => one.contract === contract))
        await check(recording, server.inferenceUrl, callKey, tally)
      print(contract, tally)
    }
  } finally {
    await server.close()
  }
} finally {
  await replay.close()
  rmSync(root, { recursive: true, force: true })
}
cross()
usage()

/** Every ordered pair of two contracts, by their codecs alone. */
function cross(): void {
  for (const caller of Object.keys(contracts))
    for (const provider of Object.keys(contracts)) {
      if (caller === provider) continue
      const { requests, answers } = crossRun(corpus, caller, provider)
      printCross(`requests, ${caller} to ${provider}`, requests)
      printCross(`answers, ${provider} to ${caller}`, answers)
    }
}

function printCross(title: string, { passed, refused, warned, failed }: CrossTally): void {
  process.stdout.write(`\n${title}\n`)
  for (const [reason, count] of byCount(warned)) process.stdout.write(`  warned ${count}: ${reason}\n`)
  for (const [reason, count] of byCount(refused)) process.stdout.write(`  refused ${count}: ${reason}\n`)
  for (const line of failed) process.stdout.write(`  failed ${line}\n`)
  process.stdout.write(`${passed} passed, ${sum(refused)} refused, ${failed.length} failed\n`)
  if (failed.length > 0) process.exitCode = 1
}

function usage(): void {
  for (const contract of Object.keys(contracts)) {
    const { agreed, explained, unexplained } = compareWithOracle(corpus, contract)
    process.stdout.write(`\nusage beside the oracle, ${contract}\n`)
    for (const { id, difference, because } of explained) process.stdout.write(`  differs ${id}: ${difference}\n    ${because}\n`)
    for (const { id, difference } of unexplained) process.stdout.write(`  failed ${id}: ${difference}\n`)
    process.stdout.write(`${agreed} agreed, ${explained.length} explained, ${unexplained.length} unexplained\n`)
    if (unexplained.length > 0) process.exitCode = 1
  }
}

function byCount(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a)
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}

/** One provider row for each upstream path of the corpus. */
function providerName(recording: Recording): string {
  const path = recording.request.path.slice(0, -contracts[recording.contract as Contract].length)
  return `${recording.provider}-${recording.contract}${path.replaceAll('/', '-')}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, 64)
}

async function check(recording: Recording, purser: string, key: string, tally: Tally): Promise<void> {
  const request = requestOf(recording)
  const path = recording.contract === 'openai-chat' ? '/v1/chat/completions' : '/v1/messages'
  const named = { ...request, model: `${providerName(recording)}/${String(request.model)}` }
  const before = replay.requests.length
  const through = await ask(`${purser}${path}`, key, named)
  const received = replay.requests.at(-1)
  if (replay.requests.length === before || !received) {
    const reason = refusal(through)
    tally.refused.set(reason, (tally.refused.get(reason) ?? 0) + 1)
    return
  }
  const expected = expectedRequest(request, recording.contract)
  if (!isDeepStrictEqual(received.body, expected))
    return void tally.failed.push(`${recording.id}: the request was not forwarded as it came`)
  const direct = await ask(`${replay.url}/${recording.provider}${recording.request.path}`, key, expected)
  const difference = compare(
    through,
    request.stream === true && direct.status === 200
      ? { ...direct, body: Buffer.from(expectedAnswer(direct.body.toString(), request, recording.contract)) }
      : direct,
  )
  if (difference) tally.failed.push(`${recording.id}: ${difference}`)
  else tally.passed += 1
}

/** Where the provider's own answer is the caller's: everything but a refusal of our credential and a stream without its end. */
function compare(through: Answer, direct: Answer): string | undefined {
  if (direct.status === 401 || direct.status === 403)
    return through.status === 502 ? undefined : `answered ${through.status} for the provider's ${direct.status}`
  if (through.status !== direct.status)
    return `answered ${through.status} for the provider's ${direct.status}: ${through.body.toString().slice(0, 200)}`
  if (through.body.equals(direct.body)) return undefined
  if (through.broken && through.body.subarray(0, direct.body.length).equals(direct.body)) return undefined
  return `returned ${through.body.length} bytes for the provider's ${direct.body.length}`
}

function refusal(answer: Answer): string {
  return `${answer.status} ${answer.body.toString().slice(0, 120)}`
}

function print(contract: string, { passed, refused, failed }: Tally): void {
  process.stdout.write(`\n${contract} relay\n`)
  for (const [reason, count] of refused) process.stdout.write(`  refused ${count}: ${reason}\n`)
  for (const line of failed) process.stdout.write(`  failed ${line}\n`)
  process.stdout.write(`${passed} passed, ${failed.length} failed, ${sum(refused)} skipped\n`)
  if (failed.length > 0) process.exitCode = 1
}
