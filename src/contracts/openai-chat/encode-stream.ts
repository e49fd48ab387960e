/** The events of a reply as a streamed chat completion, each written with one call of `JSON.stringify`. */

import type { PartDelta, ReplyEvent, Seal, StartedPart, Warn } from '../../core/call.ts'
import type { Json } from '../../core/json.ts'
import type { StreamEncoder, StreamSettings } from '../contract.ts'
import { present } from '../present.ts'
import { once } from '../warnings.ts'
import { createdOf, finishReasonOf, orderLost, tierOf, usageOf } from './encode-response.ts'
import { detailOf } from './reasoning-details.ts'

type Start = Extract<ReplyEvent, { type: 'start' }>
type End = Extract<ReplyEvent, { type: 'end' }>
type Thought = { readonly place: number; text: string; seal: Seal | undefined }

const none: readonly Uint8Array[] = []
const done = Buffer.from('data: [DONE]\n\n')

export function streamEncoder(settings: StreamSettings, heard: Warn): StreamEncoder {
  return new Encoder(settings, once(heard))
}

class Encoder implements StreamEncoder {
  readonly #settings: StreamSettings
  readonly #warn: Warn
  readonly #kinds = new Map<number, StartedPart['type']>()
  /** The place of each call in the list of tool calls. */
  readonly #calls = new Map<number, number>()
  readonly #thoughts = new Map<number, Thought>()
  /** Reasoning whose item is not told yet. */
  #untold: Thought[] = []
  /** Every event up to its `choices`. */
  #head = ''
  #refused = false

  constructor(settings: StreamSettings, warn: Warn) {
    this.#settings = settings
    this.#warn = warn
  }

  take(event: ReplyEvent): readonly Uint8Array[] {
    switch (event.type) {
      case 'start':
        return this.#start(event)
      case 'part-start':
        return this.#open(event.index, event.part)
      case 'part-delta':
        return this.#say(event.index, event.delta)
      case 'part-end':
        return this.#close(event.index)
      case 'end':
        return this.#end(event)
    }
  }

  #start({ id, model, createdAt }: Start): readonly Uint8Array[] {
    const about = JSON.stringify({ id, object: 'chat.completion.chunk', created: createdOf(createdAt), model })
    this.#head = `data: ${about.slice(0, -1)},"choices":`
    return [this.#delta('{"role":"assistant","content":""}')]
  }

  #open(index: number, part: StartedPart): readonly Uint8Array[] {
    this.#kinds.set(index, part.type)
    if (part.type === 'refusal') this.#refused = true
    if (part.type !== 'tool-call' && this.#calls.size > 0) this.#warn({ field: 'content', reason: orderLost })
    if (part.type === 'reasoning') {
      const earlier = this.#detailsNow()
      const thought: Thought = { place: this.#thoughts.size, text: '', seal: undefined }
      this.#thoughts.set(index, thought)
      this.#untold.push(thought)
      return earlier
    }
    if (part.type !== 'tool-call') return none
    const place = this.#calls.size
    this.#calls.set(index, place)
    const { id, name } = part
    return [this.#delta(JSON.stringify({ tool_calls: [{ index: place, id, type: 'function', function: { name, arguments: '' } }] }))]
  }

  #say(index: number, delta: PartDelta): readonly Uint8Array[] {
    const thought = this.#thoughts.get(index)
    if ('seal' in delta) {
      if (thought) thought.seal = { ...thought.seal, ...delta.seal }
      return none
    }
    const text = JSON.stringify(delta.text)
    if (thought) {
      thought.text += delta.text
      return [this.#delta(`{"reasoning_content":${text}}`)]
    }
    const place = this.#calls.get(index)
    if (place !== undefined) return [this.#delta(`{"tool_calls":[{"index":${place},"function":{"arguments":${text}}}]}`)]
    return [this.#delta(this.#kinds.get(index) === 'refusal' ? `{"refusal":${text}}` : `{"content":${text}}`)]
  }

  /** A seal is told when its reasoning is whole, together with the text that it seals. */
  #close(index: number): readonly Uint8Array[] {
    return this.#thoughts.get(index)?.seal === undefined ? none : this.#detailsNow()
  }

  /** The items of all reasoning so far that has none yet. */
  #detailsNow(): readonly Uint8Array[] {
    const items = this.#untold.map(({ text, seal, place }) => detailOf(present({ type: 'reasoning' as const, text, seal }), place))
    this.#untold = []
    return items.length === 0 ? none : [this.#delta(JSON.stringify({ reasoning_details: items }))]
  }

  #end(end: End): readonly Uint8Array[] {
    const reason = finishReasonOf(end, this.#refused, this.#warn)
    const tier = tierOf(end.serviceTier)
    const last = this.#chunk(
      `[{"index":0,"delta":{},"finish_reason":${JSON.stringify(reason)}}]`,
      tier === undefined ? {} : { service_tier: tier },
    )
    if (!this.#settings.includeUsage || end.usage === null) return [last, done]
    return [last, this.#chunk('[]', { usage: usageOf(end.usage) }), done]
  }

  #delta(delta: string): Uint8Array {
    return Buffer.from(`${this.#head}[{"index":0,"delta":${delta},"finish_reason":null}]}\n\n`)
  }

  #chunk(choices: string, more: Readonly<Record<string, Json>>): Uint8Array {
    const rest = JSON.stringify(more)
    return Buffer.from(`${this.#head}${choices}${rest === '{}' ? '}' : `,${rest.slice(1)}`}\n\n`)
  }
}
