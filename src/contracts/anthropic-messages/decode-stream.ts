/** The events of a streamed message as events of a reply. */

import type { ReplyEvent, StartedPart, Warn } from '../../core/call.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { StreamDecoder } from '../contract.ts'
import type { Dialect } from '../dialect.ts'
import { refusedAnswer, warnOfUntold } from '../fields.ts'
import { present } from '../present.ts'
import { textOfArguments } from '../tool-arguments.ts'
import { unescapedId } from '../tool-ids.ts'
import { once } from '../warnings.ts'
import { sealOf } from './decode-blocks.ts'
import { answerMembers, refuseError, stopReasonOf, stopSequenceOf, tierOf } from './decode-response.ts'
import { mergeUsage, normaliseUsage } from './usage.ts'
import { providerBlock } from './words.ts'

const none: readonly ReplyEvent[] = []

/** An open block. `part` is -1 where nothing of it is translated; `input` is what a call's arguments are if no text of them comes. */
type Block = { readonly part: number; readonly type: StartedPart['type'] | undefined; input: string; signature: string }

export function streamDecoder(dialect: Dialect, heard: Warn): StreamDecoder {
  return new Decoder(dialect, once(heard))
}

class Decoder implements StreamDecoder {
  readonly #dialect: Dialect
  readonly #warn: Warn
  readonly #blocks = new Map<number, Block>()
  #started = false
  #over = false
  #parts = 0
  #usage: RawUsage | undefined
  #ending: JsonObject = {}

  constructor(dialect: Dialect, warn: Warn) {
    this.#dialect = dialect
    this.#warn = warn
  }

  take(frame: { readonly data: string }, payload: Json | undefined): readonly ReplyEvent[] {
    if (this.#over) {
      this.#warn({ field: 'stream', reason: 'what came behind its end was not read' })
      return none
    }
    if (payload === undefined && frame.data.trim() === '') return none
    if (!isObject(payload)) throw refusedAnswer('stream', 'holds an event that is no JSON object')
    refuseError(payload, this.#dialect)
    if (payload.type === 'message_start') return this.#start(payload)
    if (payload.type === 'ping') return none
    if (!this.#started) throw refusedAnswer('message_start', 'never came')
    switch (payload.type) {
      case 'content_block_delta':
        return this.#say(payload)
      case 'content_block_start':
        return this.#open(payload)
      case 'content_block_stop':
        return this.#close(indexOf(payload))
      case 'message_delta':
        return this.#note(payload)
      case 'message_stop':
        return this.#end()
    }
    this.#warn({ field: 'stream', reason: 'an event of an unknown type was not translated' })
    return none
  }

  end(): readonly ReplyEvent[] {
    if (!this.#over) throw refusedAnswer('stream', 'ended before its last event')
    return none
  }

  #start(payload: JsonObject): readonly ReplyEvent[] {
    if (this.#started) throw refusedAnswer('message_start', 'came twice')
    this.#started = true
    const message = isObject(payload.message) ? payload.message : {}
    const usage = this.#count(message.usage)
    const id = typeof message.id === 'string' ? message.id : ''
    const model = typeof message.model === 'string' ? message.model : ''
    return [{ type: 'start', id, model, createdAt: null, usage }]
  }

  #open(payload: JsonObject): readonly ReplyEvent[] {
    const index = indexOf(payload)
    if (this.#blocks.has(index)) throw refusedAnswer(`content.${index}`, 'was opened twice')
    const block = isObject(payload.content_block) ? payload.content_block : {}
    const type = typeof block.type === 'string' && Object.hasOwn(kinds, block.type) ? kinds[block.type] : undefined
    if (type === undefined) {
      this.#warn({ field: `content.${index}.type`, reason: providerBlock })
      this.#blocks.set(index, { part: -1, type, input: '', signature: '' })
      return none
    }
    const part = this.#parts++
    this.#blocks.set(index, { part, type, input: type === 'tool-call' ? inputOf(block) : '', signature: '' })
    const started: StartedPart =
      type === 'tool-call' ? { type, id: unescapedId(named(block, 'id', index)), name: named(block, 'name', index) } : { type }
    const events: ReplyEvent[] = [{ type: 'part-start', index: part, part: started }]
    const early = block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : undefined
    if (typeof early === 'string' && early !== '') events.push({ type: 'part-delta', index: part, delta: { text: early } })
    if (typeof block.signature === 'string') this.#blocks.get(index)!.signature = block.signature
    if (typeof block.data === 'string' && type === 'reasoning')
      events.push({ type: 'part-delta', index: part, delta: { seal: { origin: 'anthropic-messages', encrypted: block.data } } })
    return events
  }

  #say(payload: JsonObject): readonly ReplyEvent[] {
    const index = indexOf(payload)
    const block = this.#blocks.get(index)
    if (block === undefined) throw refusedAnswer(`content.${index}`, 'was spoken of while it was not open')
    const { delta } = payload
    if (block.part < 0 || !isObject(delta)) return none
    const field = typeof delta.type === 'string' && Object.hasOwn(texts, delta.type) ? texts[delta.type]! : undefined
    if (field !== undefined) {
      const text = delta[field]
      if (typeof text !== 'string' || text === '') return none
      if (block.type === 'tool-call') block.input = ''
      return [{ type: 'part-delta', index: block.part, delta: { text } }]
    }
    if (delta.type === 'signature_delta' && typeof delta.signature === 'string') block.signature += delta.signature
    else this.#warn({ field: `content.${index}.${String(delta.type)}`, reason: 'it is not translated' })
    return none
  }

  #close(index: number): readonly ReplyEvent[] {
    const block = this.#blocks.get(index)
    if (block === undefined) throw refusedAnswer(`content.${index}`, 'was closed while it was not open')
    this.#blocks.delete(index)
    if (block.part < 0) return none
    const events: ReplyEvent[] = []
    if (block.input !== '') events.push({ type: 'part-delta', index: block.part, delta: { text: block.input } })
    if (block.signature !== '') events.push({ type: 'part-delta', index: block.part, delta: { seal: sealOf(block.signature) } })
    events.push({ type: 'part-end', index: block.part })
    return events
  }

  #note(payload: JsonObject): readonly ReplyEvent[] {
    if (isObject(payload.delta)) this.#ending = { ...this.#ending, ...payload.delta }
    this.#count(payload.usage)
    return none
  }

  #end(): readonly ReplyEvent[] {
    this.#over = true
    const open = [...this.#blocks.keys()].flatMap((index) => this.#close(index))
    warnOfUntold(this.#ending, answerMembers, '', this.#warn)
    const end = present({
      type: 'end' as const,
      stopReason: stopReasonOf(this.#ending.stop_reason, this.#warn),
      stopSequence: stopSequenceOf(this.#ending),
      usage: this.#usage === undefined ? null : normaliseUsage(this.#usage, this.#dialect.usage),
      serviceTier: tierOf(this.#usage),
    })
    return [...open, end]
  }

  /** Puts a report over the earlier ones, and says what all of them count. */
  #count(report: Json | undefined): ReturnType<typeof normaliseUsage> {
    if (!isObject(report)) return null
    this.#usage = this.#usage === undefined ? report : mergeUsage(this.#usage, report)
    return normaliseUsage(this.#usage, this.#dialect.usage)
  }
}

const kinds: Readonly<Record<string, StartedPart['type']>> = {
  text: 'text',
  thinking: 'reasoning',
  redacted_thinking: 'reasoning',
  tool_use: 'tool-call',
}

/** Where each kind of delta has its text. */
const texts: Readonly<Record<string, string>> = { text_delta: 'text', thinking_delta: 'thinking', input_json_delta: 'partial_json' }

function indexOf(payload: JsonObject): number {
  if (typeof payload.index === 'number') return payload.index
  throw refusedAnswer('index', 'is missing')
}

function named(block: JsonObject, name: string, index: number): string {
  const value = block[name]
  if (typeof value === 'string' && value !== '') return value
  throw refusedAnswer(`content.${index}.${name}`, 'is missing')
}

function inputOf(block: JsonObject): string {
  return textOfArguments(isObject(block.input) ? block.input : {})
}
