/** What a contract can say, as data: arbitraries of calls and replies are drawn from it, and the laws hold on exactly that. */

import type { AssistantPart, Call, Effort, Media, StopReason, ToolResultPart, UserPart } from '../../src/core/call.ts'
import type { Meter } from '../../src/core/meters.ts'

export type CallField = Exclude<keyof Call, 'messages' | 'stream' | 'streamUsage'>

export type Vocabulary = {
  readonly call: CallWords
  readonly reply: ReplyWords
}

export type CallWords = {
  readonly fields: readonly CallField[]
  /** The contract does not do without. */
  readonly alwaysCapped: boolean
  readonly cacheMarks: boolean
  /** Users and assistants may have a name. */
  readonly names: boolean
  /** `anywhere`: a system message may stand between turns. `opening`: one, at the start. */
  readonly system: 'anywhere' | 'opening'
  /** `alternating`: the user begins, and no two turns of one role follow each other. */
  readonly turns: 'free' | 'alternating'
  readonly userParts: readonly UserPart['type'][]
  readonly images: readonly Media['type'][]
  readonly imageDetail: boolean
  readonly documents: readonly (Media['type'] | 'text')[]
  /** A file without a name has none; a contract may need one. */
  readonly documentNames: 'free' | 'always'
  /** `alone`: the results of a turn's calls are user messages without anything else. */
  readonly toolResults: 'alone' | 'among parts'
  readonly resultParts: readonly ToolResultPart['parts'][number]['type'][]
  readonly resultErrors: boolean
  readonly assistantParts: readonly AssistantPart['type'][]
  readonly order: PartOrder
  /** Earlier reasoning goes back only under its seal. */
  readonly sealedOnly: boolean
  readonly arguments: 'any text' | 'objects'
  readonly toolStrict: boolean
  readonly efforts: readonly Effort[]
  readonly budgets: boolean
  readonly adaptive: boolean
  readonly outputs: readonly ('json' | 'schema')[]
  /** A schema has a name, and may have a description and `strict`. */
  readonly outputNames: boolean
  readonly metadata: boolean
  readonly highestTemperature: number
  readonly serviceTiers: readonly string[]
  /** Parallel tools are said beside a choice of tool, or only together with it. */
  readonly parallelTools: 'free' | 'with a choice'
  /** What a decoded call says of usage in its stream. */
  readonly streamUsage: 'when streamed' | 'always'
}

/** `by kind`: reasoning, then text, then a refusal, then tool calls, each kind but the last at most once. */
export type PartOrder = 'free' | 'by kind'

export type ReplyWords = {
  readonly parts: readonly AssistantPart['type'][]
  readonly order: PartOrder
  readonly arguments: 'any text' | 'objects'
  /** Contracts whose sealed reasoning an answer can carry. */
  readonly seals: readonly string[]
  readonly stopReasons: readonly StopReason[]
  readonly stopSequence: boolean
  readonly createdAt: boolean
  /** An answer cannot leave its usage unsaid. */
  readonly alwaysCounted: boolean
  readonly meters: readonly Meter[]
  readonly serviceTiers: readonly string[]
}

const callFields: readonly CallField[] = [
  'tools',
  'toolChoice',
  'parallelTools',
  'maxTokens',
  'temperature',
  'topP',
  'topK',
  'stop',
  'seed',
  'frequencyPenalty',
  'presencePenalty',
  'reasoning',
  'output',
  'user',
  'metadata',
  'serviceTier',
]
const efforts: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** Every word there is. */
export const everything: Vocabulary = {
  call: {
    fields: callFields,
    alwaysCapped: false,
    cacheMarks: true,
    names: true,
    system: 'anywhere',
    turns: 'free',
    userParts: ['text', 'image', 'document', 'audio', 'tool-result'],
    images: ['url', 'base64', 'file'],
    imageDetail: true,
    documents: ['url', 'base64', 'file', 'text'],
    documentNames: 'free',
    toolResults: 'among parts',
    resultParts: ['text', 'image', 'document'],
    resultErrors: true,
    assistantParts: ['text', 'reasoning', 'refusal', 'tool-call'],
    order: 'free',
    sealedOnly: false,
    arguments: 'any text',
    toolStrict: true,
    efforts,
    budgets: true,
    adaptive: true,
    outputs: ['json', 'schema'],
    outputNames: true,
    metadata: true,
    highestTemperature: 2,
    serviceTiers: ['auto', 'default', 'flex', 'priority', 'standard_only'],
    parallelTools: 'free',
    streamUsage: 'when streamed',
  },
  reply: {
    parts: ['text', 'reasoning', 'refusal', 'tool-call'],
    order: 'free',
    arguments: 'any text',
    seals: ['openai-chat', 'anthropic-messages', 'gemini-generate'],
    stopReasons: ['end', 'length', 'stop-sequence', 'tool-call', 'refusal', 'content-filter', 'pause', 'context-length', 'error', 'other'],
    stopSequence: true,
    createdAt: true,
    alwaysCounted: false,
    meters: [
      'input_tokens',
      'input_audio_tokens',
      'input_image_tokens',
      'cache_read_tokens',
      'cache_write_tokens',
      'cache_write_5m_tokens',
      'cache_write_1h_tokens',
      'output_tokens',
      'output_audio_tokens',
      'reasoning_tokens',
      'citation_tokens',
      'web_searches',
      'web_fetches',
    ],
    serviceTiers: ['default', 'flex', 'priority', 'standard'],
  },
}

/** What each contract, as published, can say. A contract with a codec and without a row here fails the suite. */
export const vocabularies: Readonly<Record<string, Vocabulary>> = {
  'openai-chat': {
    call: {
      ...everything.call,
      fields: callFields.filter((field) => field !== 'topK'),
      cacheMarks: false,
      userParts: ['text', 'image', 'document', 'audio', 'tool-result'],
      images: ['url', 'base64'],
      documents: ['base64', 'file'],
      documentNames: 'always',
      toolResults: 'alone',
      resultParts: ['text'],
      resultErrors: false,
      assistantParts: ['text', 'refusal', 'tool-call'],
      order: 'by kind',
      efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
      budgets: false,
      adaptive: false,
      serviceTiers: ['auto', 'default', 'flex', 'priority'],
    },
    reply: {
      ...everything.reply,
      order: 'by kind',
      seals: ['anthropic-messages', 'gemini-generate'],
      stopReasons: ['end', 'length', 'tool-call', 'content-filter'],
      stopSequence: false,
      meters: [
        'input_tokens',
        'input_audio_tokens',
        'cache_read_tokens',
        'cache_write_tokens',
        'output_tokens',
        'output_audio_tokens',
        'reasoning_tokens',
      ],
      serviceTiers: ['default', 'flex', 'priority'],
    },
  },
  'anthropic-messages': {
    call: {
      ...everything.call,
      fields: [
        'tools',
        'toolChoice',
        'parallelTools',
        'maxTokens',
        'temperature',
        'topP',
        'topK',
        'stop',
        'reasoning',
        'output',
        'user',
        'serviceTier',
      ],
      alwaysCapped: true,
      names: false,
      system: 'opening',
      turns: 'alternating',
      userParts: ['text', 'image', 'document', 'tool-result'],
      imageDetail: false,
      assistantParts: ['text', 'reasoning', 'tool-call'],
      sealedOnly: true,
      arguments: 'objects',
      efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
      outputs: ['schema'],
      outputNames: false,
      metadata: false,
      highestTemperature: 1,
      serviceTiers: ['auto', 'standard_only'],
      parallelTools: 'with a choice',
      streamUsage: 'always',
    },
    reply: {
      ...everything.reply,
      parts: ['text', 'reasoning', 'tool-call'],
      arguments: 'objects',
      seals: ['anthropic-messages'],
      stopReasons: ['end', 'length', 'stop-sequence', 'tool-call', 'refusal', 'pause', 'context-length'],
      createdAt: false,
      alwaysCounted: true,
      meters: [
        'input_tokens',
        'cache_read_tokens',
        'cache_write_5m_tokens',
        'cache_write_1h_tokens',
        'output_tokens',
        'reasoning_tokens',
        'web_searches',
        'web_fetches',
      ],
      serviceTiers: ['standard', 'priority'],
    },
  },
}

/** What both can say: what must pass from one to the other and back without a scratch. */
export function shared(a: Vocabulary, b: Vocabulary): Vocabulary {
  const both = <T>(one: readonly T[], other: readonly T[]): T[] => one.filter((word) => other.includes(word))
  const narrower = <T>(one: T, other: T, narrow: T): T => (one === narrow || other === narrow ? narrow : one)
  return {
    call: {
      fields: both(a.call.fields, b.call.fields),
      alwaysCapped: a.call.alwaysCapped || b.call.alwaysCapped,
      cacheMarks: a.call.cacheMarks && b.call.cacheMarks,
      names: a.call.names && b.call.names,
      system: narrower(a.call.system, b.call.system, 'opening'),
      turns: narrower(a.call.turns, b.call.turns, 'alternating'),
      userParts: both(a.call.userParts, b.call.userParts),
      images: both(a.call.images, b.call.images).filter((kind) => kind !== 'file'),
      imageDetail: a.call.imageDetail && b.call.imageDetail,
      documents: both(a.call.documents, b.call.documents).filter((kind) => kind !== 'file'),
      documentNames: narrower(a.call.documentNames, b.call.documentNames, 'always'),
      toolResults: narrower(a.call.toolResults, b.call.toolResults, 'alone'),
      resultParts: both(a.call.resultParts, b.call.resultParts),
      resultErrors: a.call.resultErrors && b.call.resultErrors,
      assistantParts: both(a.call.assistantParts, b.call.assistantParts).filter((kind) => kind !== 'reasoning'),
      order: narrower(a.call.order, b.call.order, 'by kind'),
      sealedOnly: a.call.sealedOnly || b.call.sealedOnly,
      arguments: narrower(a.call.arguments, b.call.arguments, 'objects'),
      toolStrict: a.call.toolStrict && b.call.toolStrict,
      efforts: both(a.call.efforts, b.call.efforts),
      budgets: a.call.budgets && b.call.budgets,
      adaptive: a.call.adaptive && b.call.adaptive,
      outputs: both(a.call.outputs, b.call.outputs).filter((kind) => kind === 'json' || a.call.outputNames === b.call.outputNames),
      outputNames: a.call.outputNames && b.call.outputNames,
      metadata: a.call.metadata && b.call.metadata,
      highestTemperature: Math.min(a.call.highestTemperature, b.call.highestTemperature),
      serviceTiers: both(a.call.serviceTiers, b.call.serviceTiers),
      parallelTools: narrower(a.call.parallelTools, b.call.parallelTools, 'with a choice'),
      streamUsage: 'always',
    },
    reply: {
      parts: both(a.reply.parts, b.reply.parts),
      order: narrower(a.reply.order, b.reply.order, 'by kind'),
      arguments: narrower(a.reply.arguments, b.reply.arguments, 'objects'),
      seals: both(a.reply.seals, b.reply.seals),
      stopReasons: both(a.reply.stopReasons, b.reply.stopReasons),
      stopSequence: a.reply.stopSequence && b.reply.stopSequence,
      createdAt: a.reply.createdAt && b.reply.createdAt,
      alwaysCounted: a.reply.alwaysCounted || b.reply.alwaysCounted,
      meters: both(a.reply.meters, b.reply.meters),
      serviceTiers: both(a.reply.serviceTiers, b.reply.serviceTiers),
    },
  }
}
