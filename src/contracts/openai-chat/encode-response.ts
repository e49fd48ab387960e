/** A reply as a whole chat completion. */

import type { Reply, StopReason, Warn } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { present } from '../present.ts'
import { totalsOf } from '../totals.ts'
import { once } from '../warnings.ts'
import { byKind, callOf } from './encode-answer.ts'
import { detailOf } from './reasoning-details.ts'
import { finishReasons, serviceTiers } from './words.ts'

export function encodeResponse(reply: Reply, heard: Warn): Json {
  const warn = once(heard)
  const { reasoning, text, refusal, calls, disordered } = byKind(reply.parts)
  if (disordered) warn({ field: 'content', reason: orderLost })
  const thought = reasoning.map((part) => part.text).join('')
  const silent = text.length === 0 && (calls.length > 0 || refusal !== '')
  const message = present({
    role: 'assistant',
    content: silent ? null : text.map((part) => part.text).join(''),
    refusal: refusal === '' ? null : refusal,
    reasoning_content: thought === '' ? undefined : thought,
    reasoning_details: reasoning.length > 1 || reasoning.some(({ seal }) => seal) ? reasoning.map(detailOf) : undefined,
    tool_calls: calls.length === 0 ? undefined : calls.map((call) => callOf(call)),
  })
  return present({
    id: reply.id,
    object: 'chat.completion',
    created: createdOf(reply.createdAt),
    model: reply.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReasonOf(reply, refusal !== '', warn) }],
    usage: reply.usage === null ? undefined : usageOf(reply.usage),
    service_tier: tierOf(reply.serviceTier),
  })
}

export const orderLost = 'what stood behind a tool call is told before it'

export function finishReasonOf(
  { stopReason, stopSequence }: { readonly stopReason: StopReason; readonly stopSequence?: string },
  refused: boolean,
  warn: Warn,
): string {
  const { word, lost } = finishReasons[stopReason]
  if (lost !== undefined) warn({ field: 'stop_reason', reason: lost })
  if (stopSequence !== undefined) warn({ field: 'stop_sequence', reason: 'this contract does not say which sequence it was' })
  return stopReason === 'refusal' && refused ? 'stop' : word
}

/** Seconds; 0 where the provider told no time. */
export function createdOf(createdAt: number | null): number {
  return createdAt === null ? 0 : Math.floor(createdAt / 1000)
}

export function tierOf(tier: string | undefined): string | undefined {
  return tier === undefined || !Object.hasOwn(serviceTiers, tier) ? tier : serviceTiers[tier]
}

/** Totals with the cache and the reasoning inside. */
export function usageOf(usage: Usage): JsonObject {
  const totals = totalsOf(usage)
  const input = details({
    cached_tokens: totals.of('cache_read_tokens', 'cache_read_audio_tokens', 'cache_read_image_tokens', 'cache_read_video_tokens'),
    cache_write_tokens: totals.of('cache_write_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens'),
    audio_tokens: totals.of('input_audio_tokens', 'tool_input_audio_tokens', 'cache_read_audio_tokens'),
    image_tokens: totals.of('input_image_tokens', 'tool_input_image_tokens', 'cache_read_image_tokens'),
    video_tokens: totals.of('input_video_tokens', 'tool_input_video_tokens', 'cache_read_video_tokens'),
  })
  const output = details({
    reasoning_tokens: totals.of('reasoning_tokens'),
    audio_tokens: totals.of('output_audio_tokens'),
    image_tokens: totals.of('output_image_tokens'),
    video_tokens: totals.of('output_video_tokens'),
  })
  return {
    prompt_tokens: totals.input,
    completion_tokens: totals.output,
    total_tokens: totals.input + totals.output,
    prompt_tokens_details: { cached_tokens: 0, ...input },
    completion_tokens_details: { reasoning_tokens: 0, ...output },
  }
}

function details(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
