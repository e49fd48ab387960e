/** The only interface that a contract meets. A contract is a wire format; a codec is that format as one provider speaks it. */

import type { Call, Reply, ReplyEvent, Warn } from '../core/call.ts'
import type { PurserError } from '../core/errors.ts'
import type { Json } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { PriceContext, RawUsage, Report, Usage } from '../core/usage.ts'
import type { Fault, Frame, Headers, WireRequest } from '../core/wire.ts'

/** What a contract is asked for. Only a billable endpoint leaves a ledger row. */
export type Endpoint = { readonly id: 'generate' | 'countTokens' | 'listModels'; readonly billable: boolean }

export interface Contract {
  readonly id: ContractId
  readonly endpoints: readonly Endpoint[]
  /** The endpoint that a caller's method and path (mount prefix taken off) reach, if any. */
  match(method: string, path: string): Endpoint | undefined
  /** The contract as one provider speaks it, refined for one of its models. Throws, by field name, on a dialect it does not understand. */
  codec(dialect?: Json, model?: string): Codec
}

/** Contract ids that may stand in a provider row. One without a codec yet is listed as not yet callable. */
export const contractIds = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini-generate',
  'bedrock-converse',
  'mistral-chat',
  'cohere-chat',
] as const
export type ContractId = (typeof contractIds)[number]

/** A profile's parameters: they fill what the caller left unset, and never overrule him. */
export type Defaults = {
  readonly systemPrompt?: string
  readonly temperature?: number
  readonly maxTokens?: number
  /** Further top-level fields of the provider's contract, by name. */
  readonly params?: Readonly<Record<string, Json>>
}

/** A caller's request aimed at one provider: what is sent, without the credential. */
export type Retargeted = {
  readonly method: string
  /** Appended to the provider's base URL. Starts with a slash; carries the query. */
  readonly path: string
  /** Headers to forward: the contract's allow list, content type included, no credential. */
  readonly headers: Headers
  readonly body: Uint8Array
  /** True where the codec asked for a usage frame that the caller did not ask for: the relay takes that one frame out again. */
  readonly askedForUsage: boolean
}

/** How a translated stream is written for its caller. */
export type StreamSettings = { readonly includeUsage: boolean }

/** Takes the provider's events one by one and says what they mean. `end` throws `provider_malformed` where the answer was not complete. */
export interface StreamDecoder {
  take(frame: Frame, payload: Json | undefined): readonly ReplyEvent[]
  end(): readonly ReplyEvent[]
}

/** Takes what is meant and writes it in the caller's own events. */
export interface StreamEncoder {
  take(event: ReplyEvent): readonly Uint8Array[]
}

/** What a frame is to a relay. `usage` is a frame that carries a usage report and nothing a caller would miss. */
export type FrameKind = 'content' | 'usage' | 'terminal' | 'error'

/** How long a caller is to be shown a model for `listModels`. */
export type ListedModel = { readonly name: string; readonly provider: string; readonly createdAt: number }

export interface Codec {
  /** The model asked for and whether a stream is. Throws `invalid_request` by field name. */
  peek(request: WireRequest): { readonly model: string; readonly stream: boolean }
  /** The same request for another model: the caller's bytes kept, defaults inserted where the caller was silent. */
  retarget(request: WireRequest, set: { readonly model: string; readonly defaults: Defaults }): Retargeted
  /** The headers by which this provider wants its credential. None for auth `none`. */
  authorise(secret: Secret | null, origin: string): Headers
  frameKind(frame: Frame, payload: Json | undefined): FrameKind
  /** What one payload says for the books: a plain answer's body, or one parsed event of a stream. Never throws. */
  reportOf(payload: Json): Report
  /** Two raw reports of one attempt into one, as this contract reports (last wins, later non-null wins, …). */
  mergeUsage(earlier: RawUsage, later: RawUsage): RawUsage
  /** The merged report as disjoint meters, or null where nothing known was reported. Never throws: clamps and flags. */
  normaliseUsage(raw: RawUsage): Usage | null
  /** Tier, speed, region and the like: from the response, else the request, else the dialect. */
  priceContext(responseContext: Json | undefined, request: Json | undefined): PriceContext
  /** UTF-8 bytes a token, for estimates. */
  readonly bytesPerToken: number
  /** Region prefixes of model ids that this provider knows (`us.`), each with its region: a price lookup may take one off. */
  readonly modelPrefixes: Readonly<Record<string, string>>
  /** A caller's request in no provider's words. Throws `invalid_request` by field name; warns of what it cannot carry. */
  decodeRequest(request: WireRequest, warn: Warn): Call
  /** The call as this provider is to receive it. Warns of what this contract, or this dialect, cannot say. */
  encodeRequest(call: Call, model: string, warn: Warn): Retargeted
  /** A provider's whole answer. Throws `provider_malformed` by field name. */
  decodeResponse(body: Json, warn: Warn): Reply
  encodeResponse(reply: Reply, warn: Warn): Json
  streamDecoder(warn: Warn): StreamDecoder
  streamEncoder(settings: StreamSettings, warn: Warn): StreamEncoder
  decodeError(fault: Fault): PurserError
  encodeError(error: PurserError, requestId: string): Fault
  /** The error as one event of a running stream, ready to be written. */
  encodeStreamError(error: PurserError, requestId: string): Uint8Array
  encodeModels(models: readonly ListedModel[]): Fault
}
