/** A reply as a whole message. */

import type { AssistantPart, ReasoningPart, Reply, Seal, StopReason, Warn } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import { present } from '../present.ts'
import { sealedEnvelope } from '../seals.ts'
import { totalsOf } from '../totals.ts'
import { once } from '../warnings.ts'
import { callBlock } from './encode-blocks.ts'
import { answeredTiers, stopWords } from './words.ts'

export function encodeResponse(reply: Reply, heard: Warn): Json {
  const warn = once(heard)
  const refused = reply.parts.some((part) => part.type === 'refusal')
  return {
    id: reply.id,
    type: 'message',
    role: 'assistant',
    model: reply.model,
    content: reply.parts.map((part, index) => blockOf(part, `content.${index}`, warn)).filter((block) => block !== undefined),
    stop_reason: stopWordOf(reply.stopReason, refused, warn),
    stop_sequence: reply.stopSequence ?? null,
    usage: usageOf(reply.usage, reply.serviceTier),
  }
}

/** A block without anything in it could not be sent back, so that it is not sent at all. */
function blockOf(part: AssistantPart, path: string, warn: Warn): JsonObject | undefined {
  if (part.type === 'tool-call') return callBlock(part, path, warn)
  if (part.type === 'reasoning') return thoughtBlock(part)
  if (part.type === 'refusal') warn(refusalAsText)
  return part.text === '' ? undefined : { type: 'text', text: part.text }
}

export const refusalAsText = { field: 'content', reason: 'this contract has no refusals beside text; it was written as text' } as const

function thoughtBlock({ text, seal }: ReasoningPart): JsonObject {
  const data = text === '' ? redactedData(seal) : undefined
  return data === undefined
    ? { type: 'thinking', thinking: text, signature: seal ? signatureOf(seal) : '' }
    : { type: 'redacted_thinking', data }
}

/** What this contract's own provider hid. */
export function redactedData(seal: Seal | undefined): string | undefined {
  return seal?.origin === 'anthropic-messages' ? seal.encrypted : undefined
}

/** A seal of another contract goes in an envelope, so that it comes back through a caller who knows signatures only. */
export function signatureOf(seal: Seal): string {
  const own = seal.origin === 'anthropic-messages' && seal.encrypted === undefined
  return own ? (seal.signature ?? '') : sealedEnvelope(seal)
}

/** An answer that refuses ends in a refusal, whatever its provider called it. */
export function stopWordOf(reason: StopReason, refused: boolean, warn: Warn): string {
  const { word, lost } = stopWords[reason]
  if (lost !== undefined) warn({ field: 'stop_reason', reason: lost })
  return refused && reason === 'end' ? 'refusal' : word
}

/** Fresh input apart from the cache. A usage must stand there: zeros where nothing is known. */
export function usageOf(usage: Usage | null, tier?: string): JsonObject {
  const service = tier === undefined ? {} : { service_tier: Object.hasOwn(answeredTiers, tier) ? answeredTiers[tier]! : tier }
  if (usage === null) return { input_tokens: 0, output_tokens: 0, ...service }
  const totals = totalsOf(usage)
  const reads = totals.of('cache_read_tokens', 'cache_read_audio_tokens', 'cache_read_image_tokens', 'cache_read_video_tokens')
  const oneHour = totals.of('cache_write_1h_tokens')
  const fiveMinutes = totals.of('cache_write_5m_tokens', 'cache_write_tokens')
  const thinking = totals.of('reasoning_tokens')
  const searches = totals.of('web_searches')
  const fetches = totals.of('web_fetches')
  return present({
    input_tokens: totals.input - reads - oneHour - fiveMinutes,
    cache_creation_input_tokens: oneHour + fiveMinutes,
    cache_read_input_tokens: reads,
    cache_creation: oneHour + fiveMinutes > 0 ? { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: oneHour } : undefined,
    output_tokens: totals.output,
    output_tokens_details: thinking > 0 ? { thinking_tokens: thinking } : undefined,
    server_tool_use: searches + fetches > 0 ? { web_search_requests: searches, web_fetch_requests: fetches } : undefined,
    ...service,
  })
}
