/** One run of the generator against one gateway, and what the operating system booked meanwhile. */

import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { loopDelayMs } from './books.ts'
import type { Gateway } from './gateway.ts'
import { benchCore, family, type Running } from './processes.ts'
import { bodyOf, type ContractName, chunksOfAStream, type Row } from './rows.ts'

/** Microseconds. */
export type Distribution = {
  readonly count: number
  readonly mean: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly largest: number
}

type Printed = {
  readonly seconds: number
  readonly calls: number
  readonly perSecond: number
  readonly wrongStatus: number
  readonly wrongEnd: number
  readonly wrongChunks: number
  readonly broken: number
  readonly unanswered: number
  readonly chunks: number
  /** Over the whole run, warm-up included. */
  readonly started: number
  readonly answered: number
  readonly latency: Distribution
  readonly firstByte: Distribution
  /** A chunk's way from the upstream's write to the generator's read. */
  readonly transit: Distribution
  readonly threads: readonly { readonly pid: number; readonly tid: number; readonly name: string; readonly us: number }[]
  readonly memory: readonly { readonly pid: number; readonly residentKb: number; readonly peakKb: number }[]
  readonly generatorCores: number
  readonly otherCores: number
  readonly complaint: string
}

/** CPU microseconds of the gateway in the window: its main threads, the thread that writes the ledger, all others. */
export type Cpu = { readonly main: number; readonly writer: number; readonly others: number; readonly total: number }

export type Sample = Printed & {
  readonly cpu: Cpu
  readonly upstreamCores: number
  readonly residentMb: number
  readonly peakMb: number
  /** Undefined where a gateway does not say. */
  readonly loopDelayMs: number | undefined
}

export type Subject = { readonly gateway: Gateway; readonly process: Running | null }

/** Calls begun, and calls answered whole, since a process was started. */
export type Tally = { readonly started: number; readonly answered: number }
const tallies = new WeakMap<Subject, Tally>()

export function tallyOf(subject: Subject): Tally {
  return tallies.get(subject) ?? { started: 0, answered: 0 }
}
export type Bench = { readonly load: string; readonly upstream: Running; readonly directory: string }
export type Length = { readonly warmSeconds: number; readonly seconds: number; readonly graceSeconds?: number; readonly calls?: number }

const paths: Readonly<Record<ContractName, string>> = { 'openai-chat': '/v1/chat/completions', 'anthropic-messages': '/v1/messages' }
const contractHeaders: Readonly<Record<ContractName, readonly string[]>> = {
  'openai-chat': [],
  'anthropic-messages': ['anthropic-version: 2023-06-01'],
}
const ends: Readonly<Record<ContractName, string>> = { 'openai-chat': '[DONE]', 'anthropic-messages': 'message_stop' }

const run = promisify(execFile)

export async function measure(bench: Bench, subject: Subject, row: Row, length: Length): Promise<Sample> {
  const gatewayPids = subject.process ? family(subject.process.pid) : []
  const bodyFile = `${bench.directory}/${subject.gateway.name}-${row.id}.json`
  writeFileSync(bodyFile, bodyOf(row, subject.gateway.model(row.to ?? row.contract, row.model)))
  const flags: Readonly<Record<string, string | number | undefined>> = {
    '-p': subject.gateway.port,
    '-u': paths[row.contract],
    '-b': bodyFile,
    '-c': row.connections,
    '-r': row.perSecond || undefined,
    '-w': length.warmSeconds,
    '-d': length.seconds,
    '-g': length.graceSeconds,
    '-n': length.calls,
    '-t': row.kind === 'stream' ? ends[row.contract] : '}',
    '-k': row.kind === 'stream' ? chunksOfAStream : undefined,
  }
  const words = Object.entries(flags).flatMap(([flag, value]) => (value === undefined ? [] : [flag, `${value}`]))
  const headers = [...(subject.gateway.headers?.[row.contract] ?? []), ...contractHeaders[row.contract]].flatMap((header) => ['-H', header])
  const callers = subject.gateway.callers.flatMap((header) => ['-i', header])
  const watched = [bench.upstream.pid, ...gatewayPids].flatMap((pid) => ['-a', `${pid}`])
  const { stdout } = await run('taskset', ['-c', benchCore, bench.load, ...words, ...headers, ...callers, ...watched])
  const printed = JSON.parse(stdout) as Printed
  const before = tallyOf(subject)
  tallies.set(subject, { started: before.started + printed.started, answered: before.answered + printed.answered })
  const { books } = subject.gateway
  return { ...sampleOf(printed, gatewayPids, bench.upstream.pid), loopDelayMs: books ? await loopDelayMs(books) : undefined }
}

function sampleOf(printed: Printed, gatewayPids: readonly number[], upstreamPid: number): Omit<Sample, 'loopDelayMs'> {
  const threads = printed.threads.filter((thread) => thread.pid !== upstreamPid)
  const memory = printed.memory.filter((each) => gatewayPids.includes(each.pid))
  const main = sum(threads.filter((thread) => thread.tid === thread.pid).map((thread) => thread.us))
  const writer = sum(threads.filter((thread) => thread.tid !== thread.pid && thread.name.includes('writer')).map((thread) => thread.us))
  const total = sum(threads.map((thread) => thread.us))
  return {
    ...printed,
    cpu: { main, writer, others: total - main - writer, total },
    upstreamCores: sum(printed.threads.filter((thread) => thread.pid === upstreamPid).map((thread) => thread.us)) / printed.seconds / 1e6,
    residentMb: sum(memory.map((each) => each.residentKb)) / 1024,
    peakMb: sum(memory.map((each) => each.peakKb)) / 1024,
  }
}

/** What went wrong in a run, as a sentence, or nothing. */
export function faultOf(sample: Sample): string | undefined {
  const { wrongStatus, wrongEnd, wrongChunks, broken, unanswered, complaint } = sample
  if (wrongStatus + wrongEnd + wrongChunks + broken + unanswered === 0) return undefined
  return `${wrongStatus} wrong statuses, ${wrongEnd} wrong endings, ${wrongChunks} wrong chunk counts, ${broken} lost connections, ${unanswered} without an answer. First: ${complaint}`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
