/** Bodies taken from one contract to another, for tests that show single cases: what is sent, and what was warned of. */

import type { Call, Reply, ReplyEvent, Warning } from '../../src/core/call.ts'
import { type Json, type JsonObject, parseJson } from '../../src/core/json.ts'
import { createFramer } from '../../src/core/sse.ts'
import { joined } from '../support/reply-events.ts'
import { codecFor, frame, paths, request, type Spoken } from './requests.ts'

export type Crossed<T> = { readonly value: T; readonly warnings: readonly Warning[] }

export function decoded(id: Spoken, body: Json): Crossed<Call> {
  const warnings: Warning[] = []
  const value = codecFor(id).decodeRequest(request(paths[id], JSON.stringify(body)), (warning) => warnings.push(warning))
  return { value, warnings }
}

/** What a provider is sent, as JSON. */
export function encoded(id: Spoken, call: Call, dialect?: Json, model = 'm'): Crossed<JsonObject> {
  const warnings: Warning[] = []
  const sent = codecFor(id, dialect, model).encodeRequest(call, model, (warning) => warnings.push(warning))
  return { value: JSON.parse(Buffer.from(sent.body).toString()) as JsonObject, warnings }
}

/** A caller's body as the provider of the other contract gets it. */
export function crossed(from: Spoken, to: Spoken, body: Json, dialect?: Json, model = 'm'): Crossed<JsonObject> {
  const call = decoded(from, body)
  const sent = encoded(to, call.value, dialect, model)
  return { value: sent.value, warnings: [...call.warnings, ...sent.warnings] }
}

export function fieldsOf(warnings: readonly Warning[]): readonly string[] {
  return warnings.map(({ field }) => field)
}

/** A provider's answer as the caller of the other contract gets it. */
export function answered(from: Spoken, to: Spoken, body: Json, dialect?: Json): Crossed<JsonObject> {
  const warnings: Warning[] = []
  const reply = codecFor(from, dialect).decodeResponse(body, (warning) => warnings.push(warning))
  const value = codecFor(to).encodeResponse(reply, (warning) => warnings.push(warning)) as JsonObject
  return { value: JSON.parse(JSON.stringify(value)) as JsonObject, warnings }
}

/** The events of a provider's stream, given as payloads; a text is put into a frame as it is. */
export function streamed(id: Spoken, payloads: readonly (JsonObject | string)[], dialect?: Json): Crossed<ReplyEvent[]> {
  const warnings: Warning[] = []
  const decoder = codecFor(id, dialect).streamDecoder((warning) => warnings.push(warning))
  const events = payloads.flatMap((payload) => {
    const data = typeof payload === 'string' ? payload : JSON.stringify(payload)
    return [...decoder.take(frame(data), parseJson(data))]
  })
  return { value: [...events, ...decoder.end()], warnings }
}

export function streamedReply(id: Spoken, payloads: readonly (JsonObject | string)[], dialect?: Json): Reply {
  return joined(streamed(id, payloads, dialect).value)
}

/** What a caller is sent for these events, as the payloads of its frames. */
export function written(id: Spoken, events: readonly ReplyEvent[], includeUsage = true): Crossed<JsonObject[]> {
  const warnings: Warning[] = []
  const encoder = codecFor(id).streamEncoder({ includeUsage }, (warning) => warnings.push(warning))
  const bytes = Buffer.concat(events.flatMap((event) => [...encoder.take(event)]))
  const frames = createFramer().push(bytes)
  return { value: frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as JsonObject), warnings }
}
