/** Usage as chat completions report it: totals with the cache and the reasoning inside, and what dialects make of that. */

import { at, isObject, type Json } from '../../core/json.ts'
import type { Meter } from '../../core/meters.ts'
import type { RawUsage, Segment, Usage } from '../../core/usage.ts'
import { type Counts, createCounts } from '../counts.ts'
import type { UsageDialect } from '../dialect.ts'
import { type ByModality, type InputCounts, inputMeters, inputTotal, joinedMeters, type OutputCounts, outputMeters } from '../meters.ts'
import { nonEmptyText } from '../said.ts'

/** Counts of tools that the provider ran, wherever one of this format puts them. Several names under one meter add up. */
const tools: readonly { readonly meter: Meter; readonly paths: readonly string[] }[] = [
  {
    meter: 'web_searches',
    paths: ['server_tool_use_details.web_search_requests', 'num_search_queries', 'server_side_tool_usage_details.web_search_calls'],
  },
  { meter: 'x_searches', paths: ['server_side_tool_usage_details.x_search_calls'] },
  { meter: 'code_executions', paths: ['server_side_tool_usage_details.code_interpreter_calls'] },
  { meter: 'mcp_calls', paths: ['server_side_tool_usage_details.mcp_calls'] },
  { meter: 'file_searches', paths: ['server_side_tool_usage_details.file_search_calls'] },
  { meter: 'file_searches', paths: ['server_side_tool_usage_details.document_search_calls'] },
  { meter: 'search_sources', paths: ['num_sources_used'] },
]

/** The last report that is one wins whole. */
export function mergeUsage(_earlier: RawUsage, later: RawUsage): RawUsage {
  return later
}

export function normaliseUsage(raw: RawUsage, dialect: UsageDialect): Usage | null {
  const counts = createCounts()
  const whole = segmentOf(raw, dialect, counts)
  const compound = compoundSegments(raw, dialect)
  return counts.known ? { segments: compound ?? [whole], flags: counts.flags } : null
}

function segmentOf(raw: Json, dialect: UsageDialect, counts: Counts): Segment {
  const inconsistent = (): void => counts.flag('usage_inconsistent')
  const input = inputCounts(raw, dialect, counts)
  const output = outputCounts(raw, dialect, counts)
  const total = dialect.outputFromTotal ? (counts.read(raw, ['total_tokens']) ?? 0) - inputTotal(input) : 0
  const raised = total > (output.total ?? 0) ? { ...output, total } : output
  return { meters: joinedMeters(inputMeters(input, inconsistent), outputMeters(raised, inconsistent), ...toolMeters(raw, counts)) }
}

function toolMeters(raw: Json, counts: Counts): Segment['meters'][] {
  const ran: Segment['meters'][] = []
  for (const { meter, paths } of tools) {
    const count = counts.read(raw, paths)
    if (count) ran.push({ [meter]: BigInt(count) })
  }
  return ran
}

function inputCounts(raw: Json, dialect: UsageDialect, counts: Counts): InputCounts {
  const total = counts.read(raw, ['prompt_tokens'])
  return {
    total,
    text: total === undefined ? (counts.read(raw, ['prompt_tokens_details.text_tokens']) ?? 0) : 0,
    byModality: byModality(raw, 'prompt_tokens_details', counts),
    missed: total === undefined ? (counts.read(raw, ['prompt_cache_miss_tokens']) ?? 0) : 0,
    read: counts.read(raw, dialect.cacheRead) ?? 0,
    writes: { plain: counts.read(raw, dialect.cacheWrite) ?? 0, fiveMinutes: 0, oneHour: 0 },
    cacheInInput: dialect.cacheInInput,
    cacheOverlap: dialect.cacheOverlap,
  }
}

function outputCounts(raw: Json, dialect: UsageDialect, counts: Counts): OutputCounts {
  const total = counts.read(raw, ['completion_tokens'])
  return {
    total,
    text: total === undefined ? (counts.read(raw, ['completion_tokens_details.text_tokens']) ?? 0) : 0,
    byModality: byModality(raw, 'completion_tokens_details', counts),
    reasoning: counts.read(raw, dialect.reasoning) ?? 0,
    citation: counts.read(raw, dialect.citation) ?? 0,
    reasoningInOutput: dialect.reasoningInOutput,
  }
}

function byModality(raw: Json, details: string, counts: Counts): ByModality {
  const of = (kind: string): number => counts.read(raw, [`${details}.${kind}_tokens`]) ?? 0
  return { image: of('image'), audio: of('audio'), video: of('video') }
}

/** One segment for each model of a compound system, if the entries sum to the report: a recorded stream repeats the whole in each. */
function compoundSegments(raw: RawUsage, dialect: UsageDialect): Segment[] | undefined {
  const listed = at(raw, 'usage_breakdown.models')
  if (!Array.isArray(listed) || listed.length === 0) return undefined
  const entries = (listed as readonly Json[]).map((entry) => ({ model: nonEmptyText(at(entry, 'model')), usage: at(entry, 'usage') }))
  if (
    !sums(
      raw,
      entries.map((entry) => entry.usage),
    )
  )
    return undefined
  return entries.map(({ model, usage }) => ({ ...(model === undefined ? {} : { model }), ...segmentOf(usage!, dialect, createCounts()) }))
}

function sums(raw: RawUsage, parts: readonly (Json | undefined)[]): boolean {
  if (!parts.every(isObject)) return false
  return ['prompt_tokens', 'completion_tokens'].every((path) => {
    const sum = parts.reduce<number>((total, part) => total + (createCounts().read(part as Json, [path]) ?? 0), 0)
    return sum === (createCounts().read(raw, [path]) ?? 0)
  })
}
