/** Arbitrary calls and replies within a vocabulary: everything that the contract can say, and nothing that it cannot. */

import fc, { type Arbitrary } from 'fast-check'
import type {
  AssistantPart,
  CacheMark,
  Call,
  DocumentPart,
  ImagePart,
  Media,
  Message,
  OutputShape,
  Reasoning,
  ReasoningPart,
  Reply,
  Seal,
  StopReason,
  TextPart,
  Tool,
  ToolCallPart,
  ToolChoice,
  ToolResultPart,
  UserPart,
} from '../../src/core/call.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Meter } from '../../src/core/meters.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { CallField, CallWords, ReplyWords } from './vocabulary.ts'

/** Text that a provider takes: not blank, and of every script. */
export const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
    fc.constantFrom('Grüße', '日本語', '🙂👩‍👩‍👧', 'a\nb', '{"a":1}', '<b>'),
  )
  .filter((said) => said.trim() !== '')
const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/)
/** Some providers' ids have characters that others refuse. */
const oddIds = ['functions.look:0', 'call|1', 'ü', 'a b', 'escaped_Zg', '__proto__']
const callId = fc.oneof({ weight: 5, arbitrary: fc.stringMatching(/^(call|toolu)_[A-Za-z0-9]{4,10}$/) }, fc.constantFrom(...oddIds))
const base64 = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('base64'))
const cacheMark: Arbitrary<CacheMark> = fc.record({ ttl: fc.constantFrom('5m' as const, '1h' as const) })

const plainObject: Arbitrary<JsonObject> = fc
  .dictionary(word, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
const jsonSchema: Arbitrary<JsonObject> = fc
  .uniqueArray(word, { maxLength: 3 })
  .map((names) => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])), required: names }))
const argumentsOf = (words: { readonly arguments: 'any text' | 'objects' }): Arbitrary<string> => {
  const object = fc.oneof(
    { weight: 9, arbitrary: plainObject.map((value) => JSON.stringify(value)) },
    fc.constant('{"id":1234567890123456789}'),
  )
  return words.arguments === 'objects' ? object : fc.oneof(object, fc.constantFrom('', '{', '[1]', 'no JSON', '{"a": 1, "a": 2}'), text)
}

/** The members that may be left out, left out sometimes; never there and undefined. */
function optionally<Needed extends object, Free extends object>(
  needed: { [K in keyof Needed]: Arbitrary<Needed[K]> },
  free: { [K in keyof Free]: Arbitrary<Free[K]> | undefined | false },
): Arbitrary<Needed & { [K in keyof Free]?: Free[K] }> {
  const present = Object.fromEntries(Object.entries(free).filter(([, arbitrary]) => arbitrary))
  const all = { ...needed, ...present } as Record<string, Arbitrary<unknown>>
  return fc.record(all, { requiredKeys: Object.keys(needed) }) as Arbitrary<Needed & { [K in keyof Free]?: Free[K] }>
}

function media(kinds: readonly Media['type'][], mediaTypes: readonly string[], origin: string): Arbitrary<Media> {
  const each: Record<Media['type'], Arbitrary<Media>> = {
    url: word.map((name) => ({ type: 'url', url: `https://files.example/${name}` })),
    base64: fc.record({ type: fc.constant('base64' as const), mediaType: fc.constantFrom(...mediaTypes), data: base64 }),
    file: word.map((id) => ({ type: 'file', id: `file_${id}`, origin })),
  }
  return fc.oneof(...kinds.map((kind) => each[kind]))
}

function parts(words: CallWords, origin: string) {
  const cache = words.cacheMarks && cacheMark
  const textPart: Arbitrary<TextPart> = optionally({ type: fc.constant('text' as const), text }, { cache })
  const imagePart: Arbitrary<ImagePart> = optionally(
    { type: fc.constant('image' as const), source: media(words.images, ['image/png', 'image/jpeg'], origin) },
    { detail: words.imageDetail && fc.constantFrom('low' as const, 'high' as const, 'auto' as const), cache },
  )
  const documentSources = words.documents.filter((kind) => kind !== 'text')
  const source: Arbitrary<DocumentPart['source']> = fc.oneof(
    media(documentSources, ['application/pdf'], origin),
    ...(words.documents.includes('text') ? [text.map((said) => ({ type: 'text' as const, text: said }))] : []),
  )
  const name = word.map((said) => `${said}.pdf`)
  const documentPart: Arbitrary<DocumentPart> =
    words.documentNames === 'always'
      ? source.chain((from) => {
          const named = { type: fc.constant('document' as const), source: fc.constant(from) }
          return from.type === 'file' ? fc.record(named) : fc.record({ ...named, name })
        })
      : optionally({ type: fc.constant('document' as const), source }, { name, cache })
  const inside = { text: textPart, image: imagePart, document: documentPart }
  const toolResult: Arbitrary<ToolResultPart> = optionally(
    {
      type: fc.constant('tool-result' as const),
      callId,
      parts: fc.array(fc.oneof(...words.resultParts.map((kind): Arbitrary<ToolResultPart['parts'][number]> => inside[kind])), {
        minLength: 1,
        maxLength: 2,
      }),
      isError: words.resultErrors ? fc.boolean() : fc.constant(false),
    },
    { cache },
  )
  const user: Record<UserPart['type'], Arbitrary<UserPart>> = {
    text: textPart,
    image: imagePart,
    document: documentPart,
    audio: fc.record({ type: fc.constant('audio' as const), format: fc.constantFrom('wav', 'mp3'), data: base64 }),
    'tool-result': toolResult,
  }
  return { textPart, user, assistant: assistantParts(words, cache, [origin], words.sealedOnly) }
}

type AssistantArbitraries = Record<AssistantPart['type'], Arbitrary<AssistantPart>>

function assistantParts(
  words: { readonly arguments: 'any text' | 'objects' },
  cache: Arbitrary<CacheMark> | false,
  seals: readonly string[],
  sealedOnly = false,
): AssistantArbitraries {
  const seal: Arbitrary<Seal> = fc.record({ origin: fc.constantFrom(...seals), signature: base64 })
  const thought = { type: fc.constant('reasoning' as const), text }
  const readable: Arbitrary<ReasoningPart> = sealedOnly ? fc.record({ ...thought, seal }) : optionally(thought, { seal })
  const hidden: Arbitrary<ReasoningPart> = fc.record({
    type: fc.constant('reasoning' as const),
    text: fc.constant(''),
    seal: fc.record({ origin: fc.constantFrom(...seals), encrypted: base64 }),
  })
  const toolCall: Arbitrary<ToolCallPart> = optionally(
    { type: fc.constant('tool-call' as const), id: callId, name: word, arguments: argumentsOf(words) },
    { cache },
  )
  return {
    text: optionally({ type: fc.constant('text' as const), text }, { cache }),
    reasoning: seals.length === 0 ? fc.record({ type: fc.constant('reasoning' as const), text }) : fc.oneof(readable, hidden),
    refusal: fc.record({ type: fc.constant('refusal' as const), text }),
    'tool-call': toolCall,
  }
}

const kindOrder: readonly AssistantPart['type'][] = ['reasoning', 'text', 'refusal', 'tool-call']

function assistantTurn(
  of: AssistantArbitraries,
  kinds: readonly AssistantPart['type'][],
  order: 'free' | 'by kind',
): Arbitrary<readonly AssistantPart[]> {
  if (order === 'free')
    return fc.uniqueArray(fc.oneof(...kinds.map((kind) => of[kind])), { minLength: 1, maxLength: 4, selector: identityOf })
  const each = kindOrder
    .filter((kind) => kinds.includes(kind))
    .map((kind) => fc.uniqueArray(of[kind], { maxLength: kind === 'tool-call' ? 3 : 1, selector: identityOf }))
  return fc
    .tuple(...each)
    .map((found) => found.flat())
    .filter((found) => found.length > 0)
}

/** Two calls of one turn never have one id. */
function identityOf(part: AssistantPart): unknown {
  return part.type === 'tool-call' ? part.id : part
}

/** Records are drawn without a prototype, which no value that was parsed lacks. */
function plain<T>(drawn: T): T {
  return structuredClone(drawn)
}

/** A call within the words. `origin` is the contract's id: files and seals are of its own provider. */
export function callWithin(words: CallWords, origin: string): Arbitrary<Call> {
  return fc
    .tuple(messages(words, origin), fc.boolean(), fields(words))
    .map(([said, stream, rest]) => plain({ messages: said, stream, streamUsage: usageAsked(words, stream), ...rest }))
}

/** A provider that is streamed from is always asked for its usage, so that a call read back from the wire has asked too. */
function usageAsked(words: CallWords, stream: boolean): boolean {
  return words.streamUsage === 'always' || stream
}

function messages(words: CallWords, origin: string): Arbitrary<readonly Message[]> {
  const { textPart, user, assistant } = parts(words, origin)
  const name = words.names && word
  const freeParts = words.userParts.filter((kind) => words.toolResults === 'among parts' || kind !== 'tool-result')
  const said = fc.array(fc.oneof(...freeParts.map((kind) => user[kind])), { minLength: 1, maxLength: 3 })
  const spoken: Arbitrary<Message> = optionally({ role: fc.constant('user' as const), parts: said }, { name })
  const results: Arbitrary<Message> = fc.record({ role: fc.constant('user' as const), parts: user['tool-result'].map((part) => [part]) })
  const userTurn = words.userParts.includes('tool-result') && words.toolResults === 'alone' ? fc.oneof(spoken, spoken, results) : spoken
  const answered: Arbitrary<Message> = optionally(
    { role: fc.constant('assistant' as const), parts: assistantTurn(assistant, words.assistantParts, words.order) },
    { name },
  )
  const system: Arbitrary<Message> = fc.record({
    role: fc.constant('system' as const),
    parts: fc.array(textPart, { minLength: 1, maxLength: 2 }),
  })
  const opening = fc.option(system, { nil: undefined }).map((message) => (message === undefined ? [] : [message]))
  if (words.turns === 'alternating') {
    const turns = fc.tuple(fc.array(fc.tuple(userTurn, answered), { maxLength: 2 }), userTurn)
    return fc.tuple(opening, turns).map(([first, [pairs, last]]) => [...first, ...pairs.flat(), last])
  }
  const kinds = words.system === 'anywhere' ? [userTurn, answered, system] : [userTurn, answered]
  return fc.tuple(opening, fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 5 })).map(([first, rest]) => [...first, ...rest])
}

/** In eighths, so that no reader of numbers can differ. */
const eighths = (most: number): Arbitrary<number> => fc.integer({ min: 0, max: most * 8 }).map((count) => count / 8)

function fields(words: CallWords): Arbitrary<Partial<Call>> {
  const cache = words.cacheMarks && cacheMark
  const tool: Arbitrary<Tool> = optionally(
    { name: word, parameters: jsonSchema },
    { description: text, strict: words.toolStrict && fc.boolean(), cache },
  )
  const toolNames = (tools: readonly Tool[]): Arbitrary<ToolChoice> =>
    fc.oneof(
      fc.record({ type: fc.constantFrom('auto' as const, 'none' as const, 'required' as const) }),
      fc.record({ type: fc.constant('tool' as const), name: fc.constantFrom(...tools.map((one) => one.name)) }),
    )
  const schema: Arbitrary<OutputShape> = words.outputNames
    ? optionally({ type: fc.constant('schema' as const), name: word, schema: jsonSchema }, { description: text, strict: fc.boolean() })
    : fc.record({ type: fc.constant('schema' as const), schema: jsonSchema })
  const outputs: Record<'json' | 'schema', Arbitrary<OutputShape>> = { json: fc.constant({ type: 'json' as const }), schema }
  const single: { readonly [F in Exclude<CallField, 'tools' | 'toolChoice' | 'parallelTools'>]: Arbitrary<NonNullable<Call[F]>> } = {
    maxTokens: fc.integer({ min: 1, max: 100_000 }),
    temperature: eighths(words.highestTemperature),
    topP: eighths(1),
    topK: fc.integer({ min: 1, max: 100 }),
    stop: fc.array(text, { minLength: 1, maxLength: 4 }),
    seed: fc.integer(),
    frequencyPenalty: eighths(2),
    presencePenalty: eighths(2),
    reasoning: reasoningWithin(words),
    output: words.outputs.length === 0 ? fc.constant({ type: 'json' as const }) : fc.oneof(...words.outputs.map((kind) => outputs[kind])),
    user: word,
    metadata: fc.dictionary(word, word, { minKeys: 1, maxKeys: 2 }),
    serviceTier: fc.constantFrom(...words.serviceTiers),
  }
  const sayable = (name: string): boolean => words.fields.includes(name as CallField) && (name !== 'output' || words.outputs.length > 0)
  const said = Object.entries(single).filter(([name]) => sayable(name))
  const requiredKeys = words.alwaysCapped ? ['maxTokens'] : []
  const others = fc.record(Object.fromEntries(said) as Record<string, Arbitrary<unknown>>, { requiredKeys })
  const tools: Arbitrary<Partial<Call>> = fc
    .uniqueArray(tool, { minLength: 1, maxLength: 3, selector: (one) => one.name })
    .chain((listed) => optionally({ tools: fc.constant(listed) }, { toolChoice: toolNames(listed), parallelTools: fc.boolean() }))
    .map((chosen) => (words.parallelTools === 'free' ? chosen : withoutStrayParallel(chosen)))
  return fc.tuple(others, fc.option(tools, { nil: {} })).map(([some, withTools]) => ({ ...some, ...withTools }))
}

/** Where parallel tools are said inside the choice, they are said only with one that lets tools be called. */
function withoutStrayParallel(chosen: Partial<Call>): Partial<Call> {
  const { parallelTools, ...rest } = chosen
  const sayable = parallelTools === false && chosen.toolChoice !== undefined && chosen.toolChoice.type !== 'none'
  return sayable ? chosen : rest
}

function reasoningWithin(words: CallWords): Arbitrary<Reasoning> {
  const kinds: Arbitrary<Reasoning>[] = [fc.record({ effort: fc.constantFrom(...words.efforts) })]
  if (words.budgets) kinds.push(fc.record({ budgetTokens: fc.integer({ min: 1024, max: 32_000 }) }))
  if (words.adaptive)
    kinds.push(
      optionally(
        { adaptive: fc.constant(true as const) },
        { effort: fc.constantFrom(...words.efforts.filter((effort) => effort !== 'none')) },
      ),
    )
  return fc.oneof(...kinds)
}

/** A reply within the words. */
export function replyWithin(words: ReplyWords): Arbitrary<Reply> {
  const turn = assistantTurn(assistantParts(words, false, words.seals), words.parts, words.order)
  const others = words.stopReasons.filter((reason) => reason !== 'stop-sequence')
  const ending: Arbitrary<Pick<Reply, 'stopReason' | 'stopSequence'>> = fc.oneof(
    fc.record({ stopReason: fc.constantFrom(...others) }),
    ...(words.stopSequence ? [fc.record({ stopReason: fc.constant('stop-sequence' as const), stopSequence: text })] : []),
  )
  const whole = optionally(
    {
      id: fc.stringMatching(/^(msg|chatcmpl)_[A-Za-z0-9]{4,10}$/),
      model: word,
      createdAt: words.createdAt ? fc.integer({ min: 1, max: 4_000_000 }).map((seconds) => seconds * 1000) : fc.constant(null),
      parts: turn,
      usage: words.alwaysCounted ? usageWithin(words.meters) : fc.option(usageWithin(words.meters), { nil: null }),
    },
    { serviceTier: fc.constantFrom(...words.serviceTiers) },
  )
  return fc
    .tuple(whole, ending)
    .map(([reply, end]) => plain({ ...reply, ...end, stopReason: consistent(end.stopReason, reply.parts) } as Reply))
}

/** An answer that ends in calls of tools says so, and no other does. */
function consistent(reason: StopReason, said: readonly AssistantPart[]): StopReason {
  const calls = said.some((part) => part.type === 'tool-call')
  if (calls) return reason === 'end' ? 'tool-call' : reason
  return reason === 'tool-call' ? 'end' : reason
}

/** One segment of the answer's own model, without zeros. */
export function usageWithin(meters: readonly Meter[]): Arbitrary<Usage> {
  const amounts = Object.fromEntries(meters.map((meter) => [meter, fc.bigInt({ min: 1n, max: 100_000n })]))
  return fc.record(amounts, { requiredKeys: [] }).map((counted) => ({ segments: [{ meters: counted }], flags: [] }))
}
