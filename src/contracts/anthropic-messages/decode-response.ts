/** A provider's whole message as a reply. */

import type { Reply, StopReason, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Dialect } from '../dialect.ts'
import { providerError } from '../faults.ts'
import { type Reading, refusedAnswer, warnOfUntold } from '../fields.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { answerBlocks } from './decode-blocks.ts'
import { normaliseUsage } from './usage.ts'
import { stopReasons } from './words.ts'

export function decodeResponse(body: Json, dialect: Dialect, heard: Warn): Reply {
  const warn = once(heard)
  const reading: Reading = { refuse: refusedAnswer, warn }
  if (!isObject(body)) throw refusedAnswer('body', 'is no JSON object')
  refuseError(body, dialect)
  if (!Array.isArray(body.content)) throw refusedAnswer('content', 'is no list of blocks')
  warnOfUntold(body, answerMembers, '', warn)
  const usage = isObject(body.usage) ? body.usage : undefined
  return present({
    id: typeof body.id === 'string' ? body.id : '',
    model: typeof body.model === 'string' ? body.model : '',
    createdAt: null,
    parts: answerBlocks(body, '', reading),
    stopReason: stopReasonOf(body.stop_reason, warn),
    stopSequence: stopSequenceOf(body),
    usage: usage === undefined ? null : normaliseUsage(usage, dialect.usage),
    serviceTier: tierOf(usage),
  })
}

export const answerMembers: ReadonlySet<string> = new Set([
  'id',
  'type',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'usage',
  'request_id',
])

export function refuseError(body: JsonObject, dialect: Dialect): void {
  if (body.type === 'error' || isObject(body.error))
    throw providerError({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(body)) }, dialect.errors)
}

export function stopReasonOf(said: Json | undefined, warn: Warn): StopReason {
  if (typeof said === 'string' && Object.hasOwn(stopReasons, said)) return stopReasons[said]!
  warn({ field: 'stop_reason', reason: 'unknown reason' })
  return 'other'
}

export function stopSequenceOf(body: JsonObject): string | undefined {
  return typeof body.stop_sequence === 'string' ? body.stop_sequence : undefined
}

export function tierOf(usage: JsonObject | undefined): string | undefined {
  const tier = usage?.service_tier
  return typeof tier === 'string' && tier !== '' ? tier : undefined
}
