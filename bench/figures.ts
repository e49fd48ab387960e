/** The figures of a row: each is read from one round, so that ratios and differences compare neighbours in time, and then the median counts. */

import type { Sample } from './load.ts'
import type { Round, RowResult } from './rounds.ts'
import type { Row } from './rows.ts'

type Reading = (own: Sample, round: Round) => number | undefined

export type Figure = { readonly title: string; readonly digits: number; readonly of: Reading }

/** The sample of another gateway in the same round set against our own. */
const against =
  (name: string, reading: (sample: Sample) => number, compare: (own: number, other: number) => number): Reading =>
  (own, round) => {
    const other = round[name]
    return other && other !== own ? compare(reading(own), reading(other)) : undefined
  }
const ratio = (own: number, other: number) => own / other
const difference = (own: number, other: number) => (own - other) / 1_000

const timesNginx = (title: string, reading: (sample: Sample) => number): Figure => ({
  title,
  digits: 2,
  of: against('nginx', reading, ratio),
})
const added = (title: string, reading: (sample: Sample) => number): Figure => ({
  title: `added ${title} ms`,
  digits: 2,
  of: against('direct', reading, difference),
})
/** What a gateway adds over what nginx adds, both against the direct call of the round. */
const addedTimesNginx = (title: string, reading: (sample: Sample) => number): Figure => ({
  title,
  digits: 2,
  of: (own, { direct, nginx }) =>
    direct && nginx && own !== direct && own !== nginx ? (reading(own) - reading(direct)) / (reading(nginx) - reading(direct)) : undefined,
})

const gatewayOnly =
  (reading: Reading): Reading =>
  (own, round) =>
    own.cpu.total > 0 ? reading(own, round) : undefined
const ofGateway = (title: string, digits: number, reading: Reading): Figure => ({ title, digits, of: gatewayOnly(reading) })
const cpuTimesNginx = (reading: (sample: Sample) => number): Figure => ofGateway('CPU × nginx', 2, against('nginx', reading, ratio))

const perCall = (sample: Sample) => sample.cpu.total / sample.calls
const perChunk = (sample: Sample) => sample.cpu.total / sample.chunks
const gatewayCores = ofGateway('gateway cores', 2, (own) => own.cpu.total / own.seconds / 1e6)
const upstreamCores: Figure = { title: 'upstream cores', digits: 2, of: (own) => own.upstreamCores }

/** The figures shown for each kind of row, in the order of their columns. */
export const figures: Readonly<Record<Row['kind'], readonly Figure[]>> = {
  saturation: [
    { title: 'calls/s', digits: 0, of: (own) => own.perSecond },
    timesNginx('× nginx', (sample) => sample.perSecond),
    ofGateway('CPU µs a call', 1, perCall),
    cpuTimesNginx(perCall),
    ofGateway('main', 1, (own) => own.cpu.main / own.calls),
    ofGateway('writer', 1, (own) => own.cpu.writer / own.calls),
    ofGateway('other threads', 1, (own) => own.cpu.others / own.calls),
    { title: 'p50 ms', digits: 2, of: (own) => own.latency.p50 / 1_000 },
    { title: 'p99 ms', digits: 2, of: (own) => own.latency.p99 / 1_000 },
    { title: 'p99.9 ms', digits: 2, of: (own) => own.latency.p999 / 1_000 },
    { title: 'loop delay p99 ms', digits: 1, of: (own) => own.loopDelayMs },
    ofGateway('peak MB', 0, (own) => own.peakMb),
    gatewayCores,
    upstreamCores,
  ],
  latency: [
    { title: 'first byte p50 ms', digits: 2, of: (own) => own.firstByte.p50 / 1_000 },
    added('p50', (sample) => sample.firstByte.p50),
    addedTimesNginx('added p50 × nginx', (sample) => sample.firstByte.p50),
    added('p99', (sample) => sample.firstByte.p99),
    added('p99.9', (sample) => sample.firstByte.p999),
    added('last byte p50', (sample) => sample.latency.p50),
    added('last byte p99', (sample) => sample.latency.p99),
    ofGateway('CPU µs a call', 0, perCall),
    upstreamCores,
  ],
  stream: [
    ofGateway('CPU µs a chunk', 1, perChunk),
    cpuTimesNginx(perChunk),
    ofGateway('main', 1, (own) => own.cpu.main / own.chunks),
    ofGateway('writer', 1, (own) => own.cpu.writer / own.chunks),
    { title: 'first byte p50 ms', digits: 2, of: (own) => own.firstByte.p50 / 1_000 },
    { title: 'first byte p99 ms', digits: 2, of: (own) => own.firstByte.p99 / 1_000 },
    added('first byte p50', (sample) => sample.firstByte.p50),
    added('last byte p50', (sample) => sample.latency.p50),
    added('last byte p99', (sample) => sample.latency.p99),
    { title: 'chunk under way p50 ms', digits: 3, of: (own) => own.transit.p50 / 1_000 },
    { title: 'chunk p99 ms', digits: 3, of: (own) => own.transit.p99 / 1_000 },
    upstreamCores,
  ],
}

/** The median over the kept rounds, or nothing where the figure has no meaning for this gateway. */
export function medianOf(result: RowResult, gateway: string, figure: Figure): number | undefined {
  const readings = result.kept.flatMap((round) => {
    const own = round[gateway]
    const reading = own && figure.of(own, round)
    return reading !== undefined && Number.isFinite(reading) ? [reading] : []
  })
  return median(readings)
}

export function median(numbers: readonly number[]): number | undefined {
  if (numbers.length === 0) return undefined
  const sorted = numbers.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
