/** Usage as messages report it: fresh input beside the cache, writes by lifetime, and the iterations that the top level hides. */

import { at, isObject, type Json } from '../../core/json.ts'
import type { RawUsage, Segment, Usage } from '../../core/usage.ts'
import { type Counts, createCounts } from '../counts.ts'
import type { UsageDialect } from '../dialect.ts'
import { type InputCounts, inputMeters, joinedMeters, type OutputCounts, outputMeters, outputTotal, splitWrites } from '../meters.ts'
import { nonEmptyText } from '../said.ts'

/** Deeply merged, later and not null wins: splits, tier and region come only at the start of a stream. A list wins whole. */
export function mergeUsage(earlier: RawUsage, later: RawUsage): RawUsage {
  const merged: Record<string, Json> = { ...earlier }
  for (const [name, value] of Object.entries(later)) {
    const before = Object.hasOwn(merged, name) ? merged[name] : undefined
    if (value === null && before !== undefined) continue
    merged[name] = isObject(before) && isObject(value) ? mergeUsage(before, value) : value
  }
  return merged
}

export function normaliseUsage(raw: RawUsage, dialect: UsageDialect): Usage | null {
  const counts = createCounts()
  const thinking = counts.read(raw, dialect.reasoning) ?? 0
  const tools = {
    web_searches: BigInt(counts.read(raw, ['server_tool_use.web_search_requests']) ?? 0),
    web_fetches: BigInt(counts.read(raw, ['server_tool_use.web_fetch_requests']) ?? 0),
  }
  const hidden = iterationsOf(raw)
  const iterations = hidden.length > 0 ? hidden : [{ type: 'message', report: raw, own: false }]
  const parts = iterations.map((iteration) => partOf(iteration, dialect, counts))
  if (!counts.known) return null
  const lead = parts.some((part) => part.type === fallback) ? fallback : 'message'
  const rest = spreadThinking(parts, lead, thinking)
  if (rest > 0) counts.flag('usage_inconsistent')
  if (parts.some((part) => !knownTypes.has(part.type))) counts.flag('iteration_unknown')
  const last = parts.findLastIndex((part) => part.type === lead)
  const ranTools = last < 0 ? parts.length - 1 : last
  const segments = parts.map((part, index): Segment => {
    const output = outputMeters(part.output, () => counts.flag('usage_inconsistent'))
    return {
      ...(part.model === undefined ? {} : { model: part.model }),
      meters: joinedMeters(part.input, output, index === ranTools ? tools : {}),
    }
  })
  return { segments, flags: counts.flags }
}

const fallback = 'fallback_message'
/** Whether an iteration of the type is answered by a model of its own, or by the answer's. */
const ownModel: Readonly<Record<string, boolean>> = { message: false, compaction: false, advisor_message: true, [fallback]: true }
const knownTypes: ReadonlySet<string> = new Set(Object.keys(ownModel))

type Iteration = { readonly type: string; readonly report: Json; readonly own: boolean }
type Part = { readonly type: string; readonly model: string | undefined; readonly input: Segment['meters']; output: OutputCounts }

/** The iterations that are billed: all of them, or the fallbacks alone where there are any, for these equal the top level. A list without a count says nothing. */
function iterationsOf(raw: RawUsage): Iteration[] {
  const listed = Array.isArray(raw.iterations) ? (raw.iterations as readonly Json[]) : []
  const iterations = listed.filter(isObject).map((report): Iteration => {
    const type = typeof report.type === 'string' ? report.type : ''
    return { type, report, own: ownModel[type] ?? true }
  })
  if (!iterations.some(({ report }) => typeof at(report, 'input_tokens') === 'number' || typeof at(report, 'output_tokens') === 'number'))
    return []
  const fallbacks = iterations.filter((iteration) => iteration.type === fallback)
  return fallbacks.length > 0 ? fallbacks : iterations
}

function partOf({ type, report, own }: Iteration, dialect: UsageDialect, counts: Counts): Part {
  const inconsistent = (): void => counts.flag('usage_inconsistent')
  const input: InputCounts = {
    total: counts.read(report, ['input_tokens']),
    text: 0,
    byModality: none,
    missed: 0,
    read: counts.read(report, dialect.cacheRead) ?? 0,
    writes: splitWrites(
      counts.read(report, dialect.cacheWrite),
      counts.read(report, ['cache_creation.ephemeral_5m_input_tokens']) ?? 0,
      counts.read(report, ['cache_creation.ephemeral_1h_input_tokens']) ?? 0,
      inconsistent,
    ),
    cacheInInput: dialect.cacheInInput,
    cacheOverlap: dialect.cacheOverlap,
  }
  const output: OutputCounts = {
    total: counts.read(report, ['output_tokens']),
    text: 0,
    byModality: none,
    reasoning: 0,
    citation: counts.read(report, dialect.citation) ?? 0,
    reasoningInOutput: dialect.reasoningInOutput,
  }
  return { type, model: own ? nonEmptyText(at(report, 'model')) : undefined, input: inputMeters(input, inconsistent), output }
}

const none = { image: 0, audio: 0, video: 0 } as const

/** Takes the thinking, which only the top level counts, out of the outputs of one type in order. Gives back what fits nowhere. */
function spreadThinking(parts: readonly Part[], type: string, thinking: number): number {
  let rest = thinking
  for (const part of parts) {
    if (part.type !== type) continue
    const bounded = part.output.reasoningInOutput && part.output.total !== undefined
    const reasoning = bounded ? Math.min(rest, outputTotal(part.output)) : rest
    part.output = { ...part.output, reasoning }
    rest -= reasoning
  }
  return rest
}
