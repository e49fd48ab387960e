/** What another project reads out of the same recorded answers, beside what Purser reads. A disagreement that no row of a short table explains fails the run. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shippedManifest } from '../../src/catalog/manifest.ts'
import { contractOf } from '../../src/contracts/index.ts'
import { at, isObject, type Json } from '../../src/core/json.ts'
import { type Meter, meters } from '../../src/core/meters.ts'
import type { Segment, Usage } from '../../src/core/usage.ts'
import { type Recording, readRecordings } from './recording.ts'

type Counts = Readonly<Record<string, number>>
type Case = { readonly usage: Counts | null; readonly api_flavor: string }
type Row = { readonly id: string; readonly cases: readonly Case[] }

export type OracleTally = {
  agreed: number
  readonly explained: { readonly id: string; readonly difference: string; readonly because: string }[]
  readonly unexplained: { readonly id: string; readonly difference: string }[]
}

/** The reading of this row that is of the recording's own contract. A body that looks like another one has a second. */
const flavors: Readonly<Record<string, readonly string[]>> = { 'openai-chat': ['chat'], 'anthropic-messages': ['default', 'anthropic'] }

/** `ours` is what Purser must then read, worked out from the raw report alone. */
type Explanation = { readonly because: string; ours(report: Json, theirs: Counts): Counts | undefined }

const explanations: readonly Explanation[] = [
  {
    because: 'the thinking of this endpoint is in total_tokens only, and is billed as output: ours is right',
    ours: (report, theirs) => {
      const output = count(report, 'total_tokens') - count(report, 'prompt_tokens')
      return output > count(report, 'completion_tokens') ? { ...theirs, output_tokens: output } : undefined
    },
  },
  {
    because: 'the top level leaves out an advisor that is billed on its own model; the iterations have it: ours is right',
    ours: (report, theirs) => {
      const iterations = at(report, 'iterations')
      const advised = (Array.isArray(iterations) ? (iterations as readonly Json[]) : []).filter(
        (one) => at(one, 'type') === 'advisor_message',
      )
      const more = (name: string): number => advised.reduce<number>((sum, one) => sum + count(one, name), theirs[name] ?? 0)
      return advised.length === 0 ? undefined : { ...theirs, input_tokens: more('input_tokens'), output_tokens: more('output_tokens') }
    },
  },
]

export function compareWithOracle(corpus: string, contract: string): OracleTally {
  const rows = new Map(lines<Row>(join(corpus, 'oracles', 'usage-and-price.jsonl')).map((row) => [row.id, row]))
  const tally: OracleTally = { agreed: 0, explained: [], unexplained: [] }
  for (const recording of readRecordings(corpus, contract)) {
    const row = rows.get(recording.id)
    if (!row) continue
    const theirs = caseOf(row, contract)
    const report = reportOf(recording)
    const ours = countsOf(report.usage)
    const difference = differenceOf(ours, theirs)
    if (difference === undefined) {
      tally.agreed += 1
      continue
    }
    const explanation = explanations.find((one) => {
      const must = one.ours(report.raw, theirs)
      return must !== undefined && differenceOf(ours, must) === undefined
    })
    if (explanation) tally.explained.push({ id: recording.id, difference, because: explanation.because })
    else tally.unexplained.push({ id: recording.id, difference })
  }
  return tally
}

/** Read as the shipped row of that provider reads it; a provider without a row has the contract as published. */
function reportOf(recording: Recording): { readonly raw: Json; readonly usage: Usage | null } {
  const provider = shippedManifest().providers.find(({ name, contract }) => name === recording.provider && contract === recording.contract)
  const codec = contractOf(recording.contract)!.codec(provider?.dialect, recording.model ?? undefined)
  const body = recording.response.body as Json | undefined
  const raw = isObject(body) ? codec.reportOf(body).usage : undefined
  return { raw: raw ?? null, usage: raw === undefined ? null : codec.normaliseUsage(raw) }
}

function count(report: Json, name: string): number {
  const value = at(report, name)
  return typeof value === 'number' ? value : 0
}

function caseOf(row: Row, contract: string): Counts {
  const own = row.cases.find((one) => flavors[contract]?.includes(one.api_flavor)) ?? row.cases[0]
  return own?.usage ?? {}
}

/** Our disjoint meters in the oracle's words, where the totals hold the cache. */
function countsOf(usage: Usage | null): Counts {
  const counts: Record<string, number> = {}
  const add = (name: string, amount: bigint): void => {
    counts[name] = (counts[name] ?? 0) + Number(amount)
  }
  for (const [meter, amount] of (usage?.segments ?? []).flatMap(entries)) {
    const { group } = meters[meter]
    if (group !== 'other') add(`${group}_tokens`, amount)
    if (meter.startsWith('cache_read')) add('cache_read_tokens', amount)
    if (meter.startsWith('cache_write')) add('cache_write_tokens', amount)
    if (meter === 'cache_write_5m_tokens') add('cache_write_5m_tokens', amount)
    if (meter === 'reasoning_tokens') add('output_reasoning_tokens', amount)
    if (meter === 'web_searches') add('web_searches', amount)
  }
  return counts
}

function entries(segment: Segment): [Meter, bigint][] {
  return Object.entries(segment.meters) as [Meter, bigint][]
}

/** Only what the oracle names is compared, and what it does not name must be nothing: but for the lifetime of writes, which it seldom tells. */
function differenceOf(ours: Counts, theirs: Counts): string | undefined {
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].sort()
  const said = names
    .filter((name) => name !== 'cache_write_5m_tokens' || theirs[name] !== undefined)
    .filter((name) => (ours[name] ?? 0) !== (theirs[name] ?? 0))
    .map((name) => `${name}: ours ${ours[name] ?? 0}, theirs ${theirs[name] ?? 0}`)
  return said.length === 0 ? undefined : said.join('; ')
}

function lines<T>(path: string): T[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}
