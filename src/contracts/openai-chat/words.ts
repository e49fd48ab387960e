/** The words of chat completions: which members of a request are understood, and what its names mean in a call. */

import type { StopReason } from '../../core/call.ts'
import type { Json } from '../../core/json.ts'

export const requestMembers: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'reasoning_effort',
  'reasoning',
  'response_format',
  'user',
  'safety_identifier',
  'metadata',
  'service_tier',
  'stream',
  'stream_options',
])

/** Members that another contract has no word for, and why. */
export const unsayable: Readonly<Record<string, string>> = {
  logit_bias: 'its tokens are those of one model',
  logprobs: 'no other contract reports them',
  top_logprobs: 'no other contract reports them',
  prediction: 'no other contract takes one',
  modalities: 'answers are text only in translation',
  audio: 'answers are text only in translation',
  store: 'answers are not stored in translation',
  web_search_options: "a provider's own tools are not translated",
  prompt_cache_key: 'no other contract takes one',
  prompt_cache_retention: 'no other contract takes one',
  verbosity: 'no other contract has a word for it',
}

/** Values that say what is so anyway. */
export const idle: Readonly<Record<string, (value: Json) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  store: (value) => value === false,
  logit_bias: (value) => JSON.stringify(value) === '{}',
  modalities: (value) => JSON.stringify(value) === '["text"]',
}

/** Members that change what the call is, and what to send instead. */
export const refused: Readonly<Record<string, string>> = {
  n: 'asks for several answers, and a translated call has one. Send 1, or several requests',
  functions: 'is the old form of tools. Send "tools"',
  function_call: 'is the old form of a tool choice. Send "tool_choice"',
}

export const stopReasons: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tool-call',
  function_call: 'tool-call',
  content_filter: 'content-filter',
  error: 'error',
}

/** What a caller is told. A reason that has no word here goes by the nearest, with a warning where that misleads. */
export const finishReasons: Readonly<Record<StopReason, { readonly word: string; readonly lost?: string }>> = {
  end: { word: 'stop' },
  length: { word: 'length' },
  'stop-sequence': { word: 'stop' },
  'tool-call': { word: 'tool_calls' },
  refusal: { word: 'content_filter' },
  'content-filter': { word: 'content_filter' },
  pause: { word: 'stop', lost: 'the provider paused its turn; this contract has no word for it' },
  'context-length': { word: 'length' },
  error: { word: 'error' },
  other: { word: 'stop', lost: 'the provider gave a reason that no contract knows' },
}

/** A caller's tier as this contract has it. Any other word goes as it is. */
export const serviceTiers: Readonly<Record<string, string>> = { standard: 'default', standard_only: 'default' }
