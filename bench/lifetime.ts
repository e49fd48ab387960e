/** What a gateway costs beside its calls: memory at rest, under load and for each idle stream, and the time from its start to its first answer. */

import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { ledgerFault } from './books.ts'
import { median } from './figures.ts'
import type { Gateway } from './gateway.ts'
import { type Bench, measure, type Subject, tallyOf } from './load.ts'
import { family, gatewayCore, launch, launchAndWait, type Program } from './processes.ts'
import { bodyOf, idleStreams, plainRow } from './rows.ts'

export type Lifetime = {
  readonly restMb: number
  readonly peakMb?: number
  readonly idleStreamKb?: number | string | undefined
  readonly firstCallMs?: number | undefined
  /** Where the ledger is not what was called, a sentence; null where it is. */
  readonly ledgerFault?: string | null | undefined
}

export const residentMb = (subject: Subject) => memoryMb(subject, /VmRSS:\s+(\d+)/)
const peakMb = (subject: Subject) => memoryMb(subject, /VmHWM:\s+(\d+)/)

function memoryMb({ process }: Subject, field: RegExp): number {
  const statuses = process ? family(process.pid).map((pid) => readFileSync(`/proc/${pid}/status`, 'utf8')) : []
  return statuses.reduce((sum, status) => sum + Number(field.exec(status)?.[1] ?? 0), 0) / 1024
}

/** Ends a gateway's run: its peak so far, then what only a fresh process can tell. */
export async function completed(lifetime: Lifetime, bench: Bench, subject: Subject, starts: number): Promise<Lifetime> {
  const { gateway, process } = subject
  const log = `${bench.directory}/${gateway.name}.log`
  const peak = peakMb(subject)
  await process?.stop()
  const books = gateway.books ? { ledgerFault: ledgerFault(gateway.books, tallyOf(subject)) ?? null } : {}
  const idle = gateway.program && (await idleStreamKb(bench, gateway, gateway.program, log))
  return { ...lifetime, ...books, peakMb: peak, idleStreamKb: idle ?? undefined, firstCallMs: await firstCallMs(gateway, log, starts) }
}

/** Kilobytes for each of many streams that were opened and then say nothing, or a sentence where not all of them opened. */
async function idleStreamKb(bench: Bench, gateway: Gateway, program: Program, log: string): Promise<number | string> {
  const subject = { gateway, process: await launchAndWait(program, gatewayCore, log) }
  await measure(bench, subject, plainRow, { warmSeconds: 0, seconds: 60, calls: 2_000 })
  const before = residentMb(subject)
  const sample = await measure(bench, subject, idleStreams, { warmSeconds: 0, seconds: 4, graceSeconds: 0 })
  await subject.process.stop()
  if (sample.firstByte.count < idleStreams.connections) {
    return `only ${sample.firstByte.count} of ${idleStreams.connections} opened. ${sample.complaint}`
  }
  return ((sample.residentMb - before) * 1024) / idleStreams.connections
}

/** Milliseconds from the start of the process to the end of the first answered call: the median of some starts. */
async function firstCallMs(gateway: Gateway, log: string, starts: number): Promise<number | undefined> {
  const body = bodyOf(plainRow, gateway.model(plainRow.contract, plainRow.model))
  const times: number[] = []
  for (let turn = 0; gateway.program && turn < starts; turn++) {
    const begin = performance.now()
    const process = launch(gateway.program, gatewayCore, log)
    while (!process.exited && performance.now() - begin < 30_000) {
      if ((await statusOf(gateway, body)) === 200) {
        times.push(performance.now() - begin)
        break
      }
      await pause(2)
    }
    await process.stop()
  }
  return median(times)
}

function statusOf(gateway: Gateway, body: string): Promise<number | undefined> {
  const lines = [gateway.callers[0]!, ...(gateway.headers?.[plainRow.contract] ?? [])]
  const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2) as [string, string]))
  return new Promise((resolve) => {
    const call = request({
      host: '127.0.0.1',
      port: gateway.port,
      path: '/v1/chat/completions',
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-type': 'application/json' },
    })
    call.on('response', (answer) => answer.resume().on('end', () => resolve(answer.statusCode)))
    call.on('error', () => resolve(undefined))
    call.end(body)
  })
}
