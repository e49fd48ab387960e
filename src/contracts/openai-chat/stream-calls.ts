/** Tool calls out of the deltas of a stream: by index, by id where there is no index, in any order, with names and ids repeated or late. */

import type { ReplyEvent, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { refusedAnswer } from '../fields.ts'
import { argumentsOf, generatedId } from './decode-answer.ts'

export interface CallAssembly {
  /** Takes the list of one delta; what follows is put behind the events. */
  take(deltas: readonly Json[], events: ReplyEvent[]): void
  /** Closes what is open. Throws where a call never got a name. */
  end(events: ReplyEvent[]): void
  readonly any: boolean
}

type OpenCall = {
  /** Its part, once it has begun. */
  part: number
  readonly ordinal: number
  id: string
  name: string
  /** Arguments that came before the name. */
  early: string
}

/** `nextPart` gives the index of the next part of the answer; `replyId` names calls that have no id. */
export function assembleCalls(nextPart: () => number, replyId: () => string, warn: Warn): CallAssembly {
  const calls: OpenCall[] = []
  const byIndex = new Map<number, OpenCall>()
  const byId = new Map<string, OpenCall>()
  let last: OpenCall | undefined

  const opened = (index: number | undefined): OpenCall => {
    const call: OpenCall = { part: -1, ordinal: calls.length, id: '', name: '', early: '' }
    calls.push(call)
    if (index !== undefined) byIndex.set(index, call)
    return call
  }

  /** Some providers give every whole call the index 0: another id with a name is another call. */
  const callFor = (index: number | undefined, id: string, name: string): OpenCall => {
    if (index === undefined) {
      const known = id === '' ? (name === '' ? last : undefined) : byId.get(id)
      return known ?? opened(undefined)
    }
    const known = byIndex.get(index)
    const another = known !== undefined && id !== '' && known.id !== '' && known.id !== id && name !== ''
    return known === undefined || another ? opened(index) : known
  }

  const begin = (call: OpenCall, events: ReplyEvent[]): void => {
    if (call.id === '') call.id = generatedId(replyId(), call.ordinal)
    call.part = nextPart()
    events.push({ type: 'part-start', index: call.part, part: { type: 'tool-call', id: call.id, name: call.name } })
    if (call.early !== '') events.push({ type: 'part-delta', index: call.part, delta: { text: call.early } })
    call.early = ''
  }

  const takeOne = (delta: JsonObject, events: ReplyEvent[]): void => {
    const called = isObject(delta.function) ? delta.function : {}
    const id = typeof delta.id === 'string' ? delta.id : ''
    const name = typeof called.name === 'string' ? called.name : ''
    const call = callFor(typeof delta.index === 'number' ? delta.index : undefined, id, name)
    last = call
    if (call.id === '' && id !== '') {
      call.id = id
      byId.set(id, call)
    }
    if (call.name === '') call.name = name
    const text = argumentsOf(called, 'arguments')
    if (call.part >= 0) {
      if (text !== '') events.push({ type: 'part-delta', index: call.part, delta: { text } })
      return
    }
    call.early += text
    if (call.name !== '') begin(call, events)
  }

  return {
    take(deltas, events) {
      for (const delta of deltas) {
        if (isObject(delta)) takeOne(delta, events)
        else warn({ field: 'choices.0.delta.tool_calls', reason: 'an entry is no object' })
      }
    },
    end(events) {
      for (const call of calls) {
        if (call.part < 0) throw refusedAnswer(`choices.0.delta.tool_calls.${call.ordinal}.function.name`, 'never came')
        events.push({ type: 'part-end', index: call.part })
      }
    },
    get any() {
      return calls.length > 0
    },
  }
}
