/** The events of a reply as a streamed message: blocks one after the other, each event written with one call of `JSON.stringify`. */

import type { PartDelta, ReplyEvent, StartedPart, Warn } from '../../core/call.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { StreamEncoder, StreamSettings } from '../contract.ts'
import { objectOf, unsoundArguments } from '../tool-arguments.ts'
import { escapedId } from '../tool-ids.ts'
import { once } from '../warnings.ts'
import { redactedData, refusalAsText, signatureOf, stopWordOf, usageOf } from './encode-response.ts'

type Start = Extract<ReplyEvent, { type: 'start' }>
type End = Extract<ReplyEvent, { type: 'end' }>

/** A part of the reply: `waiting` are deltas that came while a tool call was being written. */
type Part = { readonly started: StartedPart; begun: boolean; ended: boolean; waiting: PartDelta[]; arguments: string }

const none: readonly Uint8Array[] = []

export function streamEncoder(_settings: StreamSettings, heard: Warn): StreamEncoder {
  return new Encoder(once(heard))
}

/**
 * Parts may be open side by side, blocks may not. A tool call is written to its end before anything else, for its arguments cannot be
 * taken up again; a text or a thought gives way, and goes on in another block.
 */
class Encoder implements StreamEncoder {
  readonly #warn: Warn
  readonly #parts = new Map<number, Part>()
  /** Parts that wait for their turn, in order. */
  readonly #queue = new Set<Part>()
  /** What is being written, and the number of its block. */
  #current: Part | undefined
  #block = -1
  #out: string[] = []
  #refused = false
  #counted: Usage | null = null

  constructor(warn: Warn) {
    this.#warn = warn
  }

  take(event: ReplyEvent): readonly Uint8Array[] {
    this.#out = []
    switch (event.type) {
      case 'start':
        this.#start(event)
        break
      case 'part-start':
        this.#open(event.index, event.part)
        break
      case 'part-delta':
        this.#say(this.#parts.get(event.index)!, event.delta)
        break
      case 'part-end':
        this.#close(this.#parts.get(event.index)!)
        break
      case 'end':
        this.#end(event)
    }
    return this.#out.length === 0 ? none : [Buffer.from(this.#out.join(''))]
  }

  #start({ id, model, usage }: Start): void {
    this.#counted = usage
    const message = {
      id,
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: usageOf(usage),
    }
    this.#write('message_start', { type: 'message_start', message })
  }

  #open(index: number, started: StartedPart): void {
    const part: Part = { started, begun: false, ended: false, waiting: [], arguments: '' }
    this.#parts.set(index, part)
    if (started.type === 'refusal') {
      this.#refused = true
      this.#warn(refusalAsText)
    }
    if (started.type !== 'tool-call') return
    if (this.#busy()) this.#queue.add(part)
    else this.#begin(part, { type: 'tool_use', id: escapedId(started.id), name: started.name, input: {} })
  }

  /** A tool call is being written. */
  #busy(): boolean {
    return this.#current?.started.type === 'tool-call'
  }

  #begin(part: Part, block: JsonObject): void {
    this.#stop()
    this.#current = part
    part.begun = true
    this.#block += 1
    this.#write('content_block_start', { type: 'content_block_start', index: this.#block, content_block: block })
  }

  #stop(): void {
    if (this.#current === undefined) return
    if (!objectOf(this.#current.arguments).sound) this.#warn(unsoundArguments)
    this.#current = undefined
    this.#write('content_block_stop', { type: 'content_block_stop', index: this.#block })
  }

  #say(part: Part, delta: PartDelta): void {
    if (part !== this.#current && this.#busy()) {
      this.#queue.add(part)
      part.waiting.push(delta)
      return
    }
    if (part !== this.#current) {
      const data = 'seal' in delta ? redactedData(delta.seal) : undefined
      if (data !== undefined) return this.#begin(part, { type: 'redacted_thinking', data })
      this.#begin(part, part.started.type === 'reasoning' ? { type: 'thinking', thinking: '', signature: '' } : { type: 'text', text: '' })
    }
    if ('text' in delta && part.started.type === 'tool-call') part.arguments += delta.text
    const said = 'seal' in delta ? `"signature_delta","signature":${JSON.stringify(signatureOf(delta.seal))}` : textDelta(part, delta.text)
    this.#out.push(`event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#block},"delta":{"type":${said}}}\n\n`)
  }

  #close(part: Part): void {
    part.ended = true
    if (part === this.#current) {
      this.#stop()
      this.#drain()
    } else if (!part.begun && part.started.type === 'reasoning' && !this.#queue.has(part)) {
      if (this.#busy()) this.#queue.add(part)
      else this.#closeEmpty(part)
    }
  }

  /** Reasoning of which nothing was said, but that there was some. */
  #closeEmpty(part: Part): void {
    this.#begin(part, { type: 'thinking', thinking: '', signature: '' })
    this.#stop()
  }

  /** Those who waited, in order, up to a tool call that is still being told. */
  #drain(): void {
    for (const part of this.#queue) {
      if (this.#busy()) return
      this.#queue.delete(part)
      const { started, waiting } = part
      part.waiting = []
      if (started.type === 'tool-call') this.#begin(part, { type: 'tool_use', id: escapedId(started.id), name: started.name, input: {} })
      else if (started.type === 'reasoning' && waiting.length === 0) this.#closeEmpty(part)
      for (const delta of waiting) this.#say(part, delta)
      if (part.ended && part === this.#current) this.#stop()
    }
  }

  #end({ stopReason, stopSequence, usage, serviceTier }: End): void {
    this.#stop()
    this.#drain()
    const delta = { stop_reason: stopWordOf(stopReason, this.#refused, this.#warn), stop_sequence: stopSequence ?? null }
    this.#write('message_delta', { type: 'message_delta', delta, usage: usageOf(usage ?? this.#counted, serviceTier) })
    this.#write('message_stop', { type: 'message_stop' })
  }

  #write(name: string, data: JsonObject): void {
    this.#out.push(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
  }
}

function textDelta({ started }: Part, text: string): string {
  if (started.type === 'tool-call') return `"input_json_delta","partial_json":${JSON.stringify(text)}`
  if (started.type === 'reasoning') return `"thinking_delta","thinking":${JSON.stringify(text)}`
  return `"text_delta","text":${JSON.stringify(text)}`
}
