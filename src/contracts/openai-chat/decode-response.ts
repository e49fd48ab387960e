/** A provider's whole chat completion as a reply. */

import type { Reply, StopReason, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { providerError } from '../faults.ts'
import { objectIn, objectsIn, type Reading, refusedAnswer, warnOfUntold } from '../fields.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { answerParts } from './decode-answer.ts'
import { usageIn } from './response.ts'
import { normaliseUsage } from './usage.ts'
import { stopReasons } from './words.ts'

export function decodeResponse(body: Json, dialect: Dialect, heard: Warn): Reply {
  const warn = once(heard)
  const reading: Reading = { refuse: refusedAnswer, warn }
  if (!isObject(body)) throw refusedAnswer('body', 'is no JSON object')
  refuseError(body, dialect)
  const [choice, second] = objectsIn(body, 'choices', '', reading)
  const message = choice && objectIn(choice.value, 'message', choice.path, reading)
  if (!choice || !message) throw refusedAnswer('choices.0.message', 'is missing')
  if (second) warn({ field: second.path, reason: 'only the first answer is translated' })
  warnOfUntold(body, answerMembers, '', warn)
  warnOfUntold(choice.value, choiceMembers, choice.path, warn)
  warnOfUntold(message, messageMembers, 'choices.0.message', warn)
  const id = typeof body.id === 'string' ? body.id : ''
  const parts = answerParts(message, 'choices.0.message', dialect.reasoning.read, id, reading)
  const calls = parts.some((part) => part.type === 'tool-call')
  const usage = usageIn(body, dialect.usage.at)
  return present({
    id,
    model: typeof body.model === 'string' ? body.model : '',
    createdAt: createdAtOf(body),
    parts,
    stopReason: stopReasonOf(choice.value.finish_reason, calls, warn),
    usage: usage === undefined ? null : normaliseUsage(usage, dialect.usage),
    serviceTier: tierOf(body),
  })
}

/** Some providers report a failure inside a plain 200, or as an event of a stream. */
export function refuseError(body: JsonObject, dialect: Dialect): void {
  if (isObject(body.error) || (typeof body.error === 'string' && body.error !== ''))
    throw providerError({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) }, dialect.errors)
}

/** An answer that calls tools ends for them: with a forced tool, providers say `stop`, and some say nothing at all. */
export function stopReasonOf(said: Json | undefined, calls: boolean, warn: Warn): StopReason {
  const reason = typeof said === 'string' && Object.hasOwn(stopReasons, said) ? stopReasons[said]! : 'other'
  if (reason === 'other') warn({ field: 'choices.0.finish_reason', reason: 'unknown reason' })
  return calls && (reason === 'end' || reason === 'other') ? 'tool-call' : reason
}

/** Seconds on the wire. Zero is no time. */
export function createdAtOf(body: JsonObject): number | null {
  return typeof body.created === 'number' && body.created > 0 ? body.created * 1000 : null
}

export function tierOf(body: JsonObject): string | undefined {
  return typeof body.service_tier === 'string' && body.service_tier !== '' ? body.service_tier : undefined
}

/** Beside what is carried: what says how the answer was made, and nothing of what it is. */
export const answerMembers: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'service_tier',
  'system_fingerprint',
  'provider',
  'request_id',
  'user_id',
  'x_groq',
  'usage_breakdown',
  'time_info',
  'metrics',
  'obfuscation',
  'prompt_filter_results',
])

export const choiceMembers: ReadonlySet<string> = new Set([
  'index',
  'message',
  'delta',
  'finish_reason',
  'native_finish_reason',
  'content_filter_results',
  'stop_reason',
  'seed',
  'token_ids',
  'routed_experts',
])

export const messageMembers: ReadonlySet<string> = new Set([
  'role',
  'content',
  'refusal',
  'tool_calls',
  'reasoning',
  'reasoning_content',
  'reasoning_details',
])
