/** A reply as a stream of events, cut and interleaved in any way that a provider may, and a stream joined into its reply. */

import fc, { type Arbitrary } from 'fast-check'
import type { AssistantPart, Reply, ReplyEvent, Seal, StartedPart } from '../../src/core/call.ts'

/** Where each part's text is cut, and whose turn it is where tool calls are open side by side. */
export type Cuts = { readonly lengths: readonly number[]; readonly turns: readonly number[]; readonly sideBySide: boolean }

export const cuts: Arbitrary<Cuts> = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
  turns: fc.array(fc.nat({ max: 5 }), { maxLength: 12 }),
  sideBySide: fc.boolean(),
})

export function eventsOf(reply: Reply, how: Cuts): ReplyEvent[] {
  const { id, model, createdAt, usage, stopReason, stopSequence, serviceTier } = reply
  const each = reply.parts.map((part, index) => partEvents(part, index, how))
  const firstCall = how.sideBySide ? reply.parts.findIndex((_, index) => isCallsOnly(reply.parts, index)) : -1
  const inOrder = firstCall < 0 ? each : each.slice(0, firstCall)
  const open = firstCall < 0 ? [] : each.slice(firstCall)
  return [
    { type: 'start', id, model, createdAt, usage: null },
    ...inOrder.flat(),
    ...interleaved(open, how.turns),
    {
      type: 'end',
      stopReason,
      ...(stopSequence === undefined ? {} : { stopSequence }),
      usage,
      ...(serviceTier === undefined ? {} : { serviceTier }),
    },
  ]
}

/** From here on there are tool calls alone, which a provider may stream side by side. */
function isCallsOnly(parts: readonly AssistantPart[], from: number): boolean {
  return parts.slice(from).every((part) => part.type === 'tool-call')
}

function partEvents(part: AssistantPart, index: number, how: Cuts): ReplyEvent[] {
  const started: StartedPart = part.type === 'tool-call' ? { type: part.type, id: part.id, name: part.name } : { type: part.type }
  const said = part.type === 'tool-call' ? part.arguments : part.text
  const deltas = pieces(said, how.lengths).map((piece): ReplyEvent => ({ type: 'part-delta', index, delta: { text: piece } }))
  const seal: Seal | undefined = part.type === 'reasoning' ? part.seal : undefined
  return [
    { type: 'part-start', index, part: started },
    ...deltas,
    ...(seal === undefined ? [] : [{ type: 'part-delta' as const, index, delta: { seal } }]),
    { type: 'part-end', index },
  ]
}

/** Whole characters: no provider sends half of a surrogate pair. */
function pieces(said: string, lengths: readonly number[]): string[] {
  const characters = [...said]
  const cut: string[] = []
  for (let from = 0, turn = 0; from < characters.length; turn += 1) {
    const length = lengths[turn % lengths.length]!
    cut.push(characters.slice(from, from + length).join(''))
    from += length
  }
  return cut
}

/** The calls begin in their order; after that the turns say whose event is next. */
function interleaved(queues: readonly (readonly ReplyEvent[])[], turns: readonly number[]): ReplyEvent[] {
  const rest = queues.map((queue) => [...queue])
  const merged: ReplyEvent[] = rest.map((queue) => queue.shift()!)
  for (let turn = 0; rest.some((queue) => queue.length > 0); turn += 1) {
    const waiting = rest.filter((queue) => queue.length > 0)
    merged.push(waiting[(turns[turn % Math.max(turns.length, 1)] ?? 0) % waiting.length]!.shift()!)
  }
  return merged
}

/** Throws where the events are no stream of a reply: out of order, a part that never ended, something behind the end. */
export function joined(events: readonly ReplyEvent[]): Reply {
  const [start, ...rest] = events
  if (start?.type !== 'start') throw new Error(`A stream begins with ${start?.type ?? 'nothing'}.`)
  const parts = new Map<number, { started: StartedPart; text: string; seal: Seal | undefined; open: boolean }>()
  const end = rest.pop()
  if (end?.type !== 'end') throw new Error(`A stream ends with ${end?.type ?? 'nothing'}.`)
  for (const event of rest) {
    if (event.type === 'start' || event.type === 'end') throw new Error(`A second ${event.type} stands in a stream.`)
    const part = parts.get(event.index)
    if (event.type === 'part-start') {
      if (part) throw new Error(`Part ${event.index} begins twice.`)
      parts.set(event.index, { started: event.part, text: '', seal: undefined, open: true })
      continue
    }
    if (!part?.open) throw new Error(`${event.type} came for part ${event.index}, which is not open.`)
    if (event.type === 'part-end') part.open = false
    else if ('text' in event.delta) part.text += event.delta.text
    else part.seal = { ...part.seal, ...event.delta.seal }
  }
  const open = [...parts].find(([, part]) => part.open)
  if (open) throw new Error(`Part ${open[0]} never ended.`)
  return {
    id: start.id,
    model: start.model,
    createdAt: start.createdAt,
    parts: [...parts].sort(([a], [b]) => a - b).map(([, part]) => wholePart(part.started, part.text, part.seal)),
    stopReason: end.stopReason,
    ...(end.stopSequence === undefined ? {} : { stopSequence: end.stopSequence }),
    usage: end.usage ?? start.usage,
    ...(end.serviceTier === undefined ? {} : { serviceTier: end.serviceTier }),
  }
}

function wholePart(started: StartedPart, text: string, seal: Seal | undefined): AssistantPart {
  if (started.type === 'tool-call') return { ...started, arguments: text }
  if (started.type === 'reasoning') return { type: 'reasoning', text, ...(seal === undefined ? {} : { seal }) }
  return { type: started.type, text }
}
