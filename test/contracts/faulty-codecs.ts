/** Codecs with one fault each: what the laws must see. */

import type { Codec } from '../../src/contracts/contract.ts'
import type { Reply, ReplyEvent } from '../../src/core/call.ts'
import type { Json } from '../../src/core/json.ts'
import type { Meter } from '../../src/core/meters.ts'
import type { Usage } from '../../src/core/usage.ts'

export type Fault = (sound: Codec) => Codec

export const droppedField: Fault = (sound) => ({
  ...sound,
  encodeRequest: ({ topP: _, ...call }, model, warn) => sound.encodeRequest(call, model, warn),
})

export const droppedOnReading: Fault = (sound) => ({
  ...sound,
  decodeRequest: (request, warn) => {
    const { stop: _, ...call } = sound.decodeRequest(request, warn)
    return call
  },
})

export const wordlessWarning: Fault = (sound) => ({ ...sound, encodeRequest: (call, model) => sound.encodeRequest(call, model, () => {}) })

export const driftingText: Fault = (sound) => ({
  ...sound,
  decodeRequest: (request, warn) => {
    const call = sound.decodeRequest(request, warn)
    return { ...call, maxTokens: (call.maxTokens ?? 0) + 1 }
  },
})

export const lostLastFrame: Fault = (sound) => ({
  ...sound,
  streamEncoder: (settings, warn) => {
    const encoder = sound.streamEncoder(settings, warn)
    return { take: (event) => (event.type === 'end' ? encoder.take(event).slice(0, -1) : encoder.take(event)) }
  },
})

export const lostLastDelta: Fault = (sound) => ({
  ...sound,
  streamDecoder: (warn) => {
    const decoder = sound.streamDecoder(warn)
    let held: ReplyEvent | undefined
    const withoutLast = (events: readonly ReplyEvent[]): ReplyEvent[] =>
      events.flatMap((event) => {
        if (event.type === 'part-end') held = undefined
        if (event.type !== 'part-delta') return [event]
        const before = held
        held = event
        return before === undefined ? [] : [before]
      })
    return { take: (frame, payload) => withoutLast(decoder.take(frame, payload)), end: () => withoutLast(decoder.end()) }
  },
})

export const forgivenBreak: Fault = (sound) => ({
  ...sound,
  streamDecoder: (warn) => {
    const decoder = sound.streamDecoder(warn)
    const open = new Set<number>()
    let state: 'before' | 'within' | 'after' = 'before'
    const watched = (events: readonly ReplyEvent[]): readonly ReplyEvent[] => {
      for (const event of events) {
        if (event.type === 'part-start') open.add(event.index)
        if (event.type === 'part-end') open.delete(event.index)
        state = event.type === 'end' ? 'after' : 'within'
      }
      return events
    }
    return {
      take: (frame, payload) => watched(decoder.take(frame, payload)),
      end: () => {
        try {
          return watched(decoder.end())
        } catch (error) {
          if (state !== 'within') throw error
          return [...[...open].map((index): ReplyEvent => ({ type: 'part-end', index })), { type: 'end', stopReason: 'end', usage: null }]
        }
      },
    }
  },
})

export const readsOn: Fault = (sound) => ({
  ...sound,
  streamDecoder: (warn) => {
    let decoder = sound.streamDecoder(warn)
    return {
      take: (frame, payload) => {
        const events = decoder.take(frame, payload)
        if (sound.frameKind(frame, payload) !== 'terminal') return events
        const last = [...events, ...decoder.end()]
        decoder = sound.streamDecoder(warn)
        return last
      },
      end: () => [],
    }
  },
})

export const swappedArguments: Fault = (sound) => ({
  ...sound,
  encodeResponse: (reply, warn) => sound.encodeResponse(swapped(reply), warn),
  decodeRequest: (request, warn) => {
    const call = sound.decodeRequest(request, warn)
    return { ...call, messages: call.messages.map((message) => (message.role === 'assistant' ? swapped(message) : message)) }
  },
})

/** The arguments of the first call are those of the last, and the reverse. */
function swapped<T extends Pick<Reply, 'parts'>>(said: T): T {
  const calls = said.parts.filter((part) => part.type === 'tool-call')
  const [first, last] = [calls[0], calls.at(-1)]
  const parts = said.parts.map((part) => {
    if (part === first) return { ...first!, arguments: last!.arguments }
    return part === last ? { ...last!, arguments: first!.arguments } : part
  })
  return { ...said, parts }
}

export const doubledUsage: Fault = (sound) => ({
  ...sound,
  encodeResponse: (reply, warn) => sound.encodeResponse({ ...reply, usage: doubled(reply.usage) }, warn),
})

export const addedUsage: Fault = (sound) => ({
  ...sound,
  streamEncoder: (settings, warn) => {
    const encoder = sound.streamEncoder(settings, warn)
    return { take: (event) => encoder.take(event.type === 'end' ? { ...event, usage: doubled(event.usage) } : event) }
  },
})

function doubled(usage: Usage | null): Usage | null {
  const twice = (counted: Partial<Record<Meter, bigint>>): Partial<Record<Meter, bigint>> =>
    Object.fromEntries(Object.entries(counted).map(([meter, amount]) => [meter, amount * 2n]))
  return usage === null ? null : { ...usage, segments: usage.segments.map((segment) => ({ ...segment, meters: twice(segment.meters) })) }
}

export const carelessRelay: Fault = (sound) => ({
  ...sound,
  retarget: (request, set) => {
    const sent = sound.retarget(request, set)
    const { temperature: _, ...body } = JSON.parse(Buffer.from(sent.body).toString()) as Record<string, Json>
    return { ...sent, body: Buffer.from(JSON.stringify(body)) }
  },
})
