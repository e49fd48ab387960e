/** A call and its reply in no provider's words: what codecs translate from and to. Every field is something that a contract can say. */

import type { JsonObject } from './json.ts'
import type { Usage } from './usage.ts'

/** Marks the end of a prefix that the provider may cache, and for how long. */
export type CacheMark = { readonly ttl: '5m' | '1h' }

export type Media =
  | { readonly type: 'url'; readonly url: string }
  | { readonly type: 'base64'; readonly mediaType: string; readonly data: string }
  /** A file that the provider holds under an id of its own: it means nothing to another provider. */
  | { readonly type: 'file'; readonly id: string; readonly origin: string }

/**
 * Reasoning whose truth its maker has sealed. It survives only on its way back to `origin` (the contract's id);
 * elsewhere it is dropped with a warning.
 */
export type Seal = { readonly origin: string; readonly signature?: string; readonly encrypted?: string }

export type TextPart = { readonly type: 'text'; readonly text: string; readonly cache?: CacheMark }
export type ImagePart = {
  readonly type: 'image'
  readonly source: Media
  readonly detail?: 'low' | 'high' | 'auto'
  readonly cache?: CacheMark
}
export type DocumentPart = {
  readonly type: 'document'
  readonly source: Media | { readonly type: 'text'; readonly text: string }
  readonly name?: string
  readonly cache?: CacheMark
}
export type AudioPart = { readonly type: 'audio'; readonly format: string; readonly data: string }
/** `text` is empty where the provider hides it. */
export type ReasoningPart = { readonly type: 'reasoning'; readonly text: string; readonly seal?: Seal }
export type RefusalPart = { readonly type: 'refusal'; readonly text: string }
/** `arguments` is JSON text as the model wrote it, sound or not. */
export type ToolCallPart = {
  readonly type: 'tool-call'
  readonly id: string
  readonly name: string
  readonly arguments: string
  readonly cache?: CacheMark
}
export type ToolResultPart = {
  readonly type: 'tool-result'
  readonly callId: string
  readonly parts: readonly (TextPart | ImagePart | DocumentPart)[]
  readonly isError: boolean
  readonly cache?: CacheMark
}

export type UserPart = TextPart | ImagePart | DocumentPart | AudioPart | ToolResultPart
export type AssistantPart = TextPart | ReasoningPart | RefusalPart | ToolCallPart

/** A system message may stand anywhere; those that open the conversation are its system prompt. */
export type Message =
  | { readonly role: 'system'; readonly parts: readonly TextPart[] }
  | { readonly role: 'user'; readonly parts: readonly UserPart[]; readonly name?: string }
  | { readonly role: 'assistant'; readonly parts: readonly AssistantPart[]; readonly name?: string }

/** A function that the client runs. `parameters` is a JSON Schema. */
export type Tool = {
  readonly name: string
  readonly description?: string
  readonly parameters: JsonObject
  readonly strict?: boolean
  readonly cache?: CacheMark
}

export type ToolChoice = { readonly type: 'auto' | 'none' | 'required' } | { readonly type: 'tool'; readonly name: string }

/** `none` asks for no reasoning. An absent field asks for nothing at all. */
export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export type Reasoning = { readonly effort?: Effort; readonly budgetTokens?: number; readonly adaptive?: true }

export type OutputShape =
  | { readonly type: 'json' }
  | {
      readonly type: 'schema'
      readonly name?: string
      readonly description?: string
      readonly schema: JsonObject
      readonly strict?: boolean
    }

/** Absent fields were not said. `null` never stands here. */
export type Call = {
  readonly messages: readonly Message[]
  readonly tools?: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelTools?: boolean
  /** Tokens, reasoning included. */
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly reasoning?: Reasoning
  readonly output?: OutputShape
  /** An opaque id of the caller's own end user. */
  readonly user?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly serviceTier?: string
  readonly stream: boolean
  /** The caller wants the usage told within the stream. */
  readonly streamUsage: boolean
}

export type StopReason =
  | 'end'
  | 'length'
  | 'stop-sequence'
  | 'tool-call'
  | 'refusal'
  | 'content-filter'
  | 'pause'
  | 'context-length'
  | 'error'
  | 'other'

export type Reply = {
  /** The provider's id of the answer. */
  readonly id: string
  readonly model: string
  readonly createdAt: number | null
  readonly parts: readonly AssistantPart[]
  readonly stopReason: StopReason
  readonly stopSequence?: string
  readonly usage: Usage | null
  readonly serviceTier?: string
}

/** A stream of a reply. Parts may be open side by side; a delta goes to the part of its index. Joined, the events are the reply. */
export type ReplyEvent =
  | { readonly type: 'start'; readonly id: string; readonly model: string; readonly createdAt: number | null; readonly usage: Usage | null }
  | { readonly type: 'part-start'; readonly index: number; readonly part: StartedPart }
  | { readonly type: 'part-delta'; readonly index: number; readonly delta: PartDelta }
  | { readonly type: 'part-end'; readonly index: number }
  | {
      readonly type: 'end'
      readonly stopReason: StopReason
      readonly stopSequence?: string
      readonly usage: Usage | null
      readonly serviceTier?: string
    }

export type StartedPart =
  | { readonly type: 'text' | 'refusal' | 'reasoning' }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string }
/** `text` goes to text, refusal, reasoning and to a tool call's arguments alike; `seal` to reasoning. */
export type PartDelta = { readonly text: string } | { readonly seal: Seal }

/** Something that the other side cannot be told: where it stood, and why it is gone. */
export type Warning = { readonly field: string; readonly reason: string }
export type Warn = (warning: Warning) => void
