/** From what a provider counted to disjoint meters: what is inside what, and what gives way where the parts exceed their total. */

import type { Meter } from '../core/meters.ts'
import type { Segment } from '../core/usage.ts'

export const modalities = ['image', 'audio', 'video'] as const
export type ByModality = Readonly<Record<(typeof modalities)[number], number>>

export type InputCounts = {
  /** Undefined where the report has no such field. */
  readonly total: number | undefined
  /** Used only where the total is missing. */
  readonly text: number
  /** All input of that modality, cached or not. */
  readonly byModality: ByModality
  /** Fresh input by another name, where the total is missing. */
  readonly missed: number
  readonly read: number
  readonly writes: Writes
  readonly cacheInInput: boolean | 'auto'
  readonly cacheOverlap: boolean
}

/** Written tokens by lifetime: none stated, five minutes, one hour. */
export type Writes = { readonly plain: number; readonly fiveMinutes: number; readonly oneHour: number }

export type OutputCounts = {
  readonly total: number | undefined
  readonly text: number
  readonly byModality: ByModality
  readonly reasoning: number
  readonly citation: number
  readonly reasoningInOutput: boolean
}

type Amounts = Segment['meters']
type Part = readonly [Meter, number]

/** Calls back where the parts did not fit their total. */
type Inconsistent = () => void

/** The whole input of one provider call, whether or not its report counts the cache into it. */
export function inputTotal(counts: InputCounts): number {
  const cached = counts.read + written(counts.writes)
  const listed = counts.text + sum(counts.byModality)
  const inside = counts.cacheInInput === 'auto' ? counts.total === undefined || cached <= counts.total : counts.cacheInInput
  const reported = counts.total ?? (listed > 0 || !inside ? listed : cached + counts.missed)
  return inside ? reported : reported + cached
}

/**
 * Reads are taken from text first, then from image, audio and video; writes, which have no modality, from what is left in the same
 * order. Where the parts exceed the total, the total wins: the parts are cut to fit, the dearest kept first.
 */
export function inputMeters(counts: InputCounts, inconsistent: Inconsistent): Amounts {
  const total = inputTotal(counts)
  const overlapping = counts.cacheOverlap && counts.cacheInInput !== false
  const all = written(counts.writes)
  const read = overlapping ? Math.min(counts.read, total) : counts.read
  const writes = overlapping ? writesWithin(counts.writes, total) : counts.writes
  const shared = overlapping ? Math.min(read, written(writes)) : 0
  const fresh = { text: total - sum(counts.byModality), ...counts.byModality }
  let fits = read === counts.read && written(writes) === all && fresh.text >= 0
  fresh.text = Math.max(fresh.text, 0)
  const cached = taken(fresh, read)
  const unfound = read - cached.text - cached.image - cached.audio - cached.video
  const paid = written(writes) - shared
  const found = taken(fresh, paid)
  if (unfound > 0 || found.text + found.image + found.audio + found.video < paid) fits = false
  const parts: Part[] = [
    ['cache_write_1h_tokens', writes.oneHour],
    ['cache_write_5m_tokens', writes.fiveMinutes],
    ['cache_write_tokens', writes.plain],
    ['input_video_tokens', fresh.video],
    ['input_audio_tokens', fresh.audio],
    ['input_image_tokens', fresh.image],
    ['cache_read_tokens', cached.text + unfound],
    ['cache_read_image_tokens', cached.image],
    ['cache_read_audio_tokens', cached.audio],
    ['cache_read_video_tokens', cached.video],
  ]
  if (!fits) inconsistent()
  return filled(total + shared, parts, 'input_tokens')
}

/** The whole output of one provider call, reasoning and citations included. */
export function outputTotal(counts: OutputCounts): number {
  const hidden = counts.reasoning + counts.citation
  const reported = counts.total ?? counts.text + sum(counts.byModality) + (counts.reasoningInOutput ? hidden : 0)
  return counts.reasoningInOutput ? reported : reported + hidden
}

/** Where the parts exceed the total, the total wins, and the visible text is the rest. */
export function outputMeters(counts: OutputCounts, inconsistent: Inconsistent): Amounts {
  const total = outputTotal(counts)
  if (sum(counts.byModality) + counts.reasoning + counts.citation > total) inconsistent()
  const parts: Part[] = [
    ['output_image_tokens', counts.byModality.image],
    ['output_video_tokens', counts.byModality.video],
    ['output_audio_tokens', counts.byModality.audio],
    ['citation_tokens', counts.citation],
    ['reasoning_tokens', counts.reasoning],
  ]
  return filled(total, parts, 'output_tokens')
}

/** Meters joined into one segment's, without the zeros. */
export function joinedMeters(...each: readonly Amounts[]): Amounts {
  const joined: { [M in Meter]?: bigint } = {}
  for (const amounts of each) {
    for (const name in amounts) {
      const meter = name as Meter
      const amount = amounts[meter] ?? 0n
      if (amount > 0n) joined[meter] = (joined[meter] ?? 0n) + amount
    }
  }
  return joined
}

/** A total of writes that is split by lifetime in part: what the split leaves is of five minutes, what exceeds the total is cut. */
export function splitWrites(total: number | undefined, fiveMinutes: number, oneHour: number, inconsistent: Inconsistent): Writes {
  const all = total ?? fiveMinutes + oneHour
  if (fiveMinutes + oneHour > all) inconsistent()
  const kept = Math.min(oneHour, all)
  return { plain: 0, fiveMinutes: all - kept, oneHour: kept }
}

/** Each part as far as the room allows, in order; the rest is of the last meter. */
function filled(total: number, parts: readonly Part[], rest: Meter): Amounts {
  const amounts: { [M in Meter]?: bigint } = {}
  let room = total
  for (const [meter, amount] of parts) {
    const kept = Math.min(amount, room)
    room -= kept
    if (kept > 0) amounts[meter] = BigInt(kept)
  }
  if (room > 0) amounts[rest] = BigInt(room)
  return amounts
}

type Fresh = { text: number; image: number; audio: number; video: number }

/** Takes the amount out of what is fresh, text first, and says what was found where. */
function taken(fresh: Fresh, amount: number): Fresh {
  const found: Fresh = { text: 0, image: 0, audio: 0, video: 0 }
  let wanted = amount
  for (const kind of ['text', ...modalities] as const) {
    found[kind] = Math.min(fresh[kind], wanted)
    fresh[kind] -= found[kind]
    wanted -= found[kind]
  }
  return found
}

function writesWithin(writes: Writes, total: number): Writes {
  const oneHour = Math.min(writes.oneHour, total)
  const fiveMinutes = Math.min(writes.fiveMinutes, total - oneHour)
  return { oneHour, fiveMinutes, plain: Math.min(writes.plain, total - oneHour - fiveMinutes) }
}

function written(writes: Writes): number {
  return writes.plain + writes.fiveMinutes + writes.oneHour
}

function sum(by: ByModality): number {
  return by.image + by.audio + by.video
}
