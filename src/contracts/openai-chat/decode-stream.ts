/** The events of a streamed chat completion as events of a reply. */

import type { ReplyEvent, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { StreamDecoder } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { refusedAnswer, warnOfUntold } from '../fields.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { readableReasoning, thoughtOf } from './decode-answer.ts'
import { answerMembers, choiceMembers, createdAtOf, messageMembers, refuseError, stopReasonOf, tierOf } from './decode-response.ts'
import { usageIn } from './response.ts'
import { assembleCalls } from './stream-calls.ts'
import { assembleReasoning } from './stream-reasoning.ts'
import { normaliseUsage } from './usage.ts'

const none: readonly ReplyEvent[] = []

/** Parts stay open to the end, for a provider may come back to any of them. */
export function streamDecoder(dialect: Dialect, heard: Warn): StreamDecoder {
  const warn = once(heard)
  let id = ''
  let started = false
  let over = false
  let finish: Json | undefined
  let usage: RawUsage | undefined
  let tier: string | undefined
  let parts = 0
  const spoken = { text: -1, refusal: -1 }
  const nextPart = (): number => parts++
  const calls = assembleCalls(nextPart, () => id, warn)
  const reasoning = assembleReasoning(nextPart)

  const start = (payload: JsonObject, events: ReplyEvent[]): void => {
    started = true
    id = typeof payload.id === 'string' ? payload.id : ''
    const model = typeof payload.model === 'string' ? payload.model : ''
    events.push({ type: 'start', id, model, createdAt: createdAtOf(payload), usage: null })
  }

  const say = (type: 'text' | 'refusal', text: Json | undefined, events: ReplyEvent[]): void => {
    if (typeof text !== 'string' || text === '') return
    if (spoken[type] < 0) {
      spoken[type] = nextPart()
      events.push({ type: 'part-start', index: spoken[type], part: { type } })
    }
    events.push({ type: 'part-delta', index: spoken[type], delta: { text } })
  }

  const takeContent = (content: readonly Json[], events: ReplyEvent[]): void => {
    for (const part of content) {
      if (!isObject(part)) continue
      if (part.type === 'text') say('text', part.text, events)
      else if (part.type === 'refusal') say('refusal', part.refusal, events)
      else if (part.type === 'thinking') reasoning.take(thoughtOf(part), noDetails, events)
      else warn({ field: 'choices.0.delta.content', reason: 'no other contract has such a part' })
    }
  }

  const takeDelta = (delta: JsonObject, events: ReplyEvent[]): void => {
    warnOfUntold(delta, messageMembers, 'choices.0.delta', warn)
    const readable = readableReasoning(delta, dialect.reasoning.read)
    if (readable !== '' || delta.reasoning_details !== undefined) reasoning.take(readable, delta, events)
    if (Array.isArray(delta.content)) takeContent(delta.content as readonly Json[], events)
    else say('text', delta.content, events)
    say('refusal', delta.refusal, events)
    if (Array.isArray(delta.tool_calls)) calls.take(delta.tool_calls as readonly Json[], events)
  }

  const takeChoice = (choice: Json, events: ReplyEvent[]): void => {
    if (!isObject(choice)) throw refusedAnswer('choices.0', 'is no object')
    if (typeof choice.index === 'number' && choice.index > 0)
      return warn({ field: 'choices.1', reason: 'only the first answer is translated' })
    warnOfUntold(choice, choiceMembers, 'choices.0', warn)
    const delta = choice.delta ?? choice.message
    if (isObject(delta)) takeDelta(delta, events)
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') finish = choice.finish_reason
  }

  const close = (): ReplyEvent[] => {
    over = true
    if (!started) throw refusedAnswer('choices', 'never came')
    const events: ReplyEvent[] = []
    reasoning.end(events)
    for (const index of Object.values(spoken)) if (index >= 0) events.push({ type: 'part-end', index })
    calls.end(events)
    const stopReason = stopReasonOf(finish, calls.any, warn)
    const counted = usage === undefined ? null : normaliseUsage(usage, dialect.usage)
    events.push(present({ type: 'end' as const, stopReason, usage: counted, serviceTier: tier }))
    return events
  }

  return {
    take(frame, payload) {
      if (over) {
        warn({ field: 'stream', reason: 'what came behind its end was not read' })
        return none
      }
      if (payload === undefined) {
        const data = frame.data.trim()
        if (data === '[DONE]') return close()
        if (data === '') return none
      }
      if (!isObject(payload)) throw refusedAnswer('stream', 'holds an event that is no JSON object')
      refuseError(payload, dialect)
      warnOfUntold(payload, answerMembers, '', warn)
      usage = usageIn(payload, dialect.usage.at) ?? usage
      tier = tierOf(payload) ?? tier
      const { choices } = payload
      if (!Array.isArray(choices) || choices.length === 0) return none
      const events: ReplyEvent[] = []
      if (!started) start(payload, events)
      for (const choice of choices as readonly Json[]) takeChoice(choice, events)
      return events
    },
    end() {
      if (!over) throw refusedAnswer('stream', 'ended before its last event')
      return none
    },
  }
}

const noDetails: JsonObject = {}
