/** Reasoning out of the deltas of a stream: the readable text as it comes, the seals where they are whole or at the end. */

import type { ReplyEvent, Seal } from '../../core/call.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { detailsIn, isWhole, partOfDetail, sealOfDetail, textOfDetail } from './reasoning-details.ts'

export interface ReasoningAssembly {
  /** Takes what one delta says: its readable text, and the items beside it. */
  take(readable: string, delta: JsonObject, events: ReplyEvent[]): void
  /** Closes what is open, with the seals that came in pieces. */
  end(events: ReplyEvent[]): void
}

/** A provider's item, put together from its pieces. */
type Gathered = { part: number; detail: Record<string, Json> }

export function assembleReasoning(nextPart: () => number): ReasoningAssembly {
  /** The part that text goes to, -1 where none is open. */
  let current = -1
  let currentKey: string | undefined
  const open = new Set<number>()
  const gathered = new Map<string, Gathered>()

  const begin = (events: ReplyEvent[]): number => {
    const index = nextPart()
    open.add(index)
    events.push({ type: 'part-start', index, part: { type: 'reasoning' } })
    return index
  }

  const say = (index: number, text: string, events: ReplyEvent[]): void => {
    if (text !== '') events.push({ type: 'part-delta', index, delta: { text } })
  }

  const finish = (index: number, seal: Seal | undefined, events: ReplyEvent[]): void => {
    if (seal) events.push({ type: 'part-delta', index, delta: { seal } })
    events.push({ type: 'part-end', index })
    open.delete(index)
  }

  /** A whole item seals the text that came before it, which it repeats. */
  const takeWhole = (detail: JsonObject, events: ReplyEvent[]): void => {
    const { text, seal } = partOfDetail(detail)
    if (current < 0) {
      current = begin(events)
      say(current, text, events)
    }
    finish(current, seal, events)
    current = -1
    currentKey = undefined
  }

  const takePiece = (detail: JsonObject, events: ReplyEvent[]): void => {
    const key = `${String(detail.index ?? 0)} ${String(detail.type)}`
    const known = gathered.get(key)
    const entry = known ?? { part: -1, detail: {} }
    if (!known) gathered.set(key, entry)
    merge(entry.detail, detail)
    const text = textOfDetail(detail)
    if (text === '') return
    if (current < 0 || currentKey !== key) current = open.has(entry.part) ? entry.part : begin(events)
    currentKey = key
    entry.part = current
    say(current, text, events)
  }

  return {
    take(readable, delta, events) {
      const details = detailsIn(delta)
      if (readable !== '' && !details.some((detail) => !isWhole(detail) && textOfDetail(detail) !== '')) {
        if (current < 0) current = begin(events)
        say(current, readable, events)
      }
      for (const detail of details) {
        if (isWhole(detail)) takeWhole(detail, events)
        else takePiece(detail, events)
      }
    },
    end(events) {
      for (const { part, detail } of gathered.values()) finish(open.has(part) ? part : begin(events), sealOfDetail(detail), events)
      for (const index of [...open]) finish(index, undefined, events)
    },
  }
}

/** Texts grow, everything else is what it was said to be last. */
const growing: ReadonlySet<string> = new Set(['text', 'summary', 'data'])

function merge(into: Record<string, Json>, piece: JsonObject): void {
  for (const [name, value] of Object.entries(piece)) {
    const before = into[name]
    const grows = growing.has(name) && typeof before === 'string' && typeof value === 'string'
    if (value !== null || before === undefined)
      Object.defineProperty(into, name, { value: grows ? before + value : value, enumerable: true, writable: true, configurable: true })
  }
}
