/** Fuzzes one decoder for some seconds: `npm run fuzz -- <decoder> [seconds] [--seed N] [--corpus FOLDER]`. A failing input is kept as a fixture, which the tests replay. */

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readRecordings } from '../corpus/recording.ts'
import { fixturesOf, folderOf } from './fixtures.ts'
import { dice } from './mutate.ts'
import { type Target, targets } from './targets.ts'

/** No input of a few kilobytes may take this long. */
const slowestMs = 1000
const mostFailures = 20
/** Damage to a longer input is slow to try and seldom new. */
const largestSeed = 20_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, corpus: { type: 'string' } },
})
const [name = '', seconds = '60'] = positionals
const target = targets[name]
if (!target) {
  process.stderr.write(`Name one of: ${Object.keys(targets).join(', ')}\n`)
  process.exit(2)
}
process.exitCode = fuzz(name, target, Number(seconds) * 1000, Number(values.seed))

function fuzz(decoder: string, { seeds, mutate, check }: Target, forMs: number, seed: number): number {
  const roll = dice(seed)
  const sound = [
    ...seeds(),
    ...fixturesOf(decoder).map(({ bytes }) => bytes),
    ...(values.corpus === undefined ? [] : recorded(decoder, values.corpus)),
  ]
  const seen = new Set<string>()
  const until = performance.now() + forMs
  let tried = 0
  while (performance.now() < until) {
    let input = sound[roll(sound.length)]!
    for (let times = 1 + roll(4); times > 0; times -= 1) input = mutate(input, sound[roll(sound.length)]!, roll)
    const began = process.cpuUsage()
    const failure = failureOf(check, input) ?? (spentMs(began) > slowestMs ? `took ${Math.round(spentMs(began))} ms of CPU` : undefined)
    tried += 1
    if (failure === undefined || seen.has(failure)) continue
    seen.add(failure)
    process.stdout.write(`${keep(decoder, input)}\n  ${failure}\n`)
    if (seen.size >= mostFailures) break
  }
  process.stdout.write(`${decoder}: seed ${seed}, ${tried} inputs, ${seen.size} failures\n`)
  return seen.size === 0 ? 0 : 1
}

/** What real clients and providers said, for a decoder of one contract: `openai-chat:stream` is fed the recorded streams of that contract. */
function recorded(decoder: string, corpus: string): Buffer[] {
  const [contract = '', what] = decoder.split(':')
  return readRecordings(corpus, contract)
    .map(({ request, response }) => ({ request: request.body, response: response.body, stream: response.sse_text })[what ?? ''])
    .filter((said) => said !== undefined && said !== null)
    .map((said) => Buffer.from(typeof said === 'string' ? said : JSON.stringify(said)))
    .filter((bytes) => bytes.length < largestSeed)
}

/** The same fault found again is told by its message without figures, and its place. */
function failureOf(check: Target['check'], input: Buffer): string | undefined {
  try {
    check(input)
    return undefined
  } catch (error) {
    const { message, stack = '' } = error as Error
    const place = stack.split('\n').find((line) => line.includes('/src/')) ?? ''
    return `${message.split('\n')[0]!.slice(0, 200).replaceAll(/\d+/g, '#')} ${place.trim()}`
  }
}

function keep(decoder: string, input: Buffer): string {
  const folder = folderOf(decoder)
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/${createHash('sha256').update(input).digest('hex').slice(0, 12)}.txt`
  writeFileSync(path, input)
  return path
}

/** Of this process alone: a busy machine makes no input slow. */
function spentMs(since: NodeJS.CpuUsage): number {
  return process.cpuUsage(since).user / 1000
}
